import type { Gpio as Onoff } from "onoff";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { done, unknown } from "../../../ports/outcome.ts";
import {
  type Bias,
  type CounterOptions,
  type Gpio,
  GpioError,
  type GpioInput,
  type GpioOutput,
  type InputOptions,
  type OutputOptions,
  type PulseCounter,
} from "../gpio.ts";
import { type CountedLine, findByRequest, interruptCount, readBootId } from "../interrupt-count.ts";
import { interruptTable } from "../interrupt-table.ts";
import { findSysfsLine, type SysfsLine } from "./chips.ts";
import type { CloseList } from "./close-list.ts";
import { attempt, driveInactive, type ExportedLine, expectFile, exportLine } from "./exported.ts";

/** The name that gpiolib-sysfs.c requests interrupts under, whoever exported the line. */
const SYSFS_CONSUMER = "gpiolib";

/** onoff's part: the level of an exported line and its changes. Active-low is ours, so that levels are the wire's. */
type OpenLine = (
  number: number,
  direction: "in" | "high" | "low",
  edge: "none" | "both",
  debounceMs: number,
) => Pick<Onoff, "readSync" | "writeSync" | "watch" | "unexport">;

/** Lines by /sys/class/gpio. What it exports stays exported: counters go on counting when the process is gone. */
export class SysfsGpio implements Gpio {
  readonly backend = "sysfs";
  readonly #root: string;
  readonly #headerChip: string | null;
  readonly #openLine: OpenLine;
  readonly #closeList: CloseList;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #taken = new Set<number>();
  readonly #closers: (() => void)[] = [];
  #open = true;

  constructor(
    { root, headerChip, closeList }: { root: string; headerChip: string | null; closeList: CloseList },
    openLine: OpenLine,
    clock: Clock,
    log: Log,
  ) {
    this.#root = root;
    this.#headerChip = headerChip;
    this.#closeList = closeList;
    this.#openLine = openLine;
    this.#clock = clock;
    this.#log = log;
  }

  async output(text: string, { activeLow = false }: OutputOptions = {}): Promise<GpioOutput> {
    const exported = await this.#take(text);
    const { line } = exported;
    driveInactive(exported, activeLow);
    this.#closeList.add(activeLow ? 1 : 0, exported.path("value"));
    const opened = attempt(line, () => this.#openLine(line.number, activeLow ? "high" : "low", "none", 0));
    const write = (active: boolean): void => opened.writeSync(active === activeLow ? 0 : 1);
    this.#closers.push(() => write(false));
    return {
      set: async (active) => {
        if (!this.#open) return unknown(`${line.description}: closed`);
        try {
          write(active);
          return done(null);
        } catch (error) {
          return unknown(`${line.description}: ${String(error)}`);
        }
      },
    };
  }

  async input(text: string, options: InputOptions, changed: (active: boolean) => void): Promise<GpioInput> {
    const { activeLow = false, debounceMs = 0 } = options;
    const exported = await this.#take(text, options.bias);
    const { line } = exported;
    exported.write("active_low", "0");
    const opened = attempt(line, () => this.#openLine(line.number, "in", "both", debounceMs));
    expectFile(exported, "direction", "in");
    expectFile(exported, "edge", "both");
    let active = attempt(line, () => opened.readSync()) === (activeLow ? 0 : 1);
    changed(active);
    opened.watch((_error, value) => {
      const now = value === (activeLow ? 0 : 1);
      if (now === active || !this.#open) return;
      active = now;
      changed(active);
    });
    this.#closers.push(() => opened.unexport());
    return {
      get active() {
        return active;
      },
    };
  }

  async counter(text: string, { edge = "rising", bias }: CounterOptions = {}): Promise<PulseCounter> {
    const exported = await this.#take(text, bias);
    const { line } = exported;
    if (!exported.has("edge")) throw new GpioError(`${line.description}: its chip has no interrupts. Choose another.`);
    const setUnless = (attribute: string, value: string): void => {
      if (exported.read(attribute) !== value) exported.write(attribute, value);
    };
    setUnless("direction", "in");
    setUnless("active_low", "0");
    const table = interruptTable(this.#root);
    const counted: CountedLine = { ...line, consumer: SYSFS_CONSUMER };
    const interrupt = findByRequest(table, counted, {
      request: () => setUnless("edge", edge),
      giveBack: () => exported.write("edge", "none"),
    });
    const count = interruptCount(table, interrupt, counted);
    this.#closers.push(() => count.close());
    this.#log.info({ line: line.description, interrupt: interrupt.irq, chip: interrupt.chipName }, "counts pulses");
    return {
      bootId: readBootId(this.#root),
      read: () => (this.#open ? count.read() : unknown(`${line.description}: closed`)),
    };
  }

  /** The kernel holds exported lines itself: none is lost. */
  onHeld(): void {}

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const close of this.#closers) {
      try {
        close();
      } catch (error) {
        this.#log.error({ error: String(error) }, "a GPIO line could not be closed");
      }
    }
  }

  async #take(text: string, bias: Bias = "as-is"): Promise<ExportedLine> {
    const line = findSysfsLine(this.#root, text, this.#headerChip);
    if (this.#taken.has(line.number)) {
      throw new GpioError(`${line.description} is taken already. Give each use a line of its own.`);
    }
    this.#taken.add(line.number);
    if (bias !== "as-is") this.#warnOfBias(line, bias);
    return exportLine(this.#root, line, this.#clock);
  }

  #warnOfBias(line: SysfsLine, bias: Bias): void {
    const pull = { "pull-up": "pu", "pull-down": "pd", disabled: "pn" }[bias as Exclude<Bias, "as-is">];
    const toDo = `sysfs sets no bias: see that config.txt has gpio=${line.offset}=ip,${pull}`;
    this.#log.warn({ line: line.description, bias }, toDo);
  }
}

/** Rejects with a GpioError where onoff's native part is not built. */
export async function onoffLines(): Promise<OpenLine> {
  try {
    const { Gpio: OnoffLine } = (await import("onoff")).default;
    return (number, direction, edge, debounceMs) =>
      new OnoffLine(number, direction, edge, { debounceTimeout: debounceMs });
  } catch (error) {
    throw new GpioError(`The package onoff does not load: install it anew where the daemon runs. (${String(error)})`);
  }
}
