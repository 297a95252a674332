import { readFileSync } from "node:fs";
import { join } from "node:path";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { GpioError } from "./gpio.ts";
import type { Interrupt, InterruptTable } from "./interrupt-table.ts";

/** A line whose edges the kernel counts, and the name under which it was asked for. */
export interface CountedLine {
  /** As in errors. */
  readonly description: string;
  readonly chipLabel: string;
  readonly offset: number;
  readonly consumer: string;
}

/**
 * What the interrupts of a GPIO chip are called, by the chip's label: `MODULE_NAME` in the kernel's pinctrl-bcm2835.c,
 * which serves the BCM2711 too, and in pinctrl-rp1.c; `irq_sim` in kernel/irq/irq_sim.c, on which gpio-sim stands.
 */
const CHIP_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^pinctrl-bcm2(835|711)$/, "pinctrl-bcm2835"],
  [/^pinctrl-rp1$/, "pinctrl-rp1"],
  [/^gpio-sim[.]/, "irq_sim"],
];

/** The interrupts that could be the line's: its offset, its kind of chip where that is known, asked for by its consumer. */
function candidates(table: InterruptTable, line: CountedLine): readonly Interrupt[] {
  const chipName = knownChipName(line);
  return table
    .withHwirq(line.offset)
    .filter((entry) => entry.actions.includes(line.consumer) && (chipName ?? entry.chipName) === entry.chipName);
}

/**
 * The interrupt of a line whose consumer's name others bear too. It proves itself by appearing when the edge is
 * requested. One that was requested before, by an earlier process, is left alone, so that it misses nothing, as long
 * as it is the only one of its chip's known kind; otherwise the request is given back for a moment. Throws a GpioError.
 */
export function findByRequest(
  table: InterruptTable,
  line: CountedLine,
  edge: { request(): void; giveBack(): void },
): Interrupt {
  const look = (): readonly Interrupt[] => candidates(table, line);
  const before = look();
  edge.request();
  const after = look();
  const fresh = without(after, before);
  if (fresh.length > 0) return only(fresh, line);
  if (after.length === 1 && knownChipName(line) !== null) return only(after, line);
  edge.giveBack();
  const given = look();
  edge.request();
  return only(without(look(), given), line);
}

/** The interrupt of a line whose consumer's name nobody else bears. Throws a GpioError. */
export function findByConsumer(table: InterruptTable, line: CountedLine): Interrupt {
  return only(candidates(table, line), line);
}

/** What the kernel counted on the interrupt; `unknown` once it is not requested for this consumer any more. */
export function interruptCount(
  table: InterruptTable,
  { irq }: Interrupt,
  line: CountedLine,
): { read(): Outcome<number>; close(): void } {
  const open = table.open(irq);
  return {
    read: () => {
      try {
        const { count, actions } = open.read();
        if (actions.includes(line.consumer)) return done(count);
        return unknown(`${line.description}: nobody asks for its interrupt ${irq} any more, so nobody counts`);
      } catch (error) {
        return unknown(`${line.description}: interrupt ${irq} cannot be read: ${String(error)}`);
      }
    },
    close: () => open.close(),
  };
}

/** Changes with every start of the machine. Throws a GpioError. */
export function readBootId(root: string): string {
  const path = join(root, "/proc/sys/kernel/random/boot_id");
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new GpioError(`${path} cannot be read, so a count could not be told from one of before a restart: ${error}`);
  }
}

function knownChipName(line: CountedLine): string | null {
  return CHIP_NAMES.find(([label]) => label.test(line.chipLabel))?.[1] ?? null;
}

function without(all: readonly Interrupt[], known: readonly Interrupt[]): readonly Interrupt[] {
  return all.filter(({ irq }) => !known.some((entry) => entry.irq === irq));
}

function only(found: readonly Interrupt[], line: CountedLine): Interrupt {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const what = first === undefined ? "no interrupt" : `the interrupts ${found.map(({ irq }) => irq).join(", ")}`;
  throw new GpioError(
    `${line.description}: ${what} of /sys/kernel/irq could be the line's (offset ${line.offset}, requested as ` +
      `"${line.consumer}"), and pulses are only counted where there is no doubt. Choose a line of a pin controller ` +
      "whose lines have interrupts, and an offset that no other GPIO chip has in use.",
  );
}
