import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** An interrupt of the machine, as the kernel tells of it. */
export interface Interrupt {
  readonly irq: number;
  readonly chipName: string;
  /** Its number on that chip: for an interrupt of a GPIO line, the line's offset. */
  readonly hwirq: number;
  /** Who asked for it. */
  readonly actions: readonly string[];
}

/** An interrupt kept open. */
interface OpenInterrupt {
  /** What all processors counted together, modulo 2^32, and who asks for the interrupt afterwards. Throws when it is gone. */
  read(): { readonly count: number; readonly actions: readonly string[] };
  close(): void;
}

export interface InterruptTable {
  withHwirq(hwirq: number): readonly Interrupt[];
  open(irq: number): OpenInterrupt;
}

const COUNT_MODULUS = 2 ** 32;
const PAGE_BYTES = 4_096;
/** An attribute of sysfs is a page at most and comes at once; /proc/interrupts comes by pieces of a page at most. */
const ATTRIBUTE_READS = 1;
const PROC_READS = 128;

/** /sys/kernel/irq where the kernel has it, else /proc/interrupts with the same figures. */
export function interruptTable(root: string): InterruptTable {
  const folder = join(root, "/sys/kernel/irq");
  return existsSync(folder) ? sysfsTable(folder) : procTable(join(root, "/proc/interrupts"));
}

/** Documentation/ABI/testing/sysfs-kernel-irq: `actions` and `per_cpu_count` are comma separated. */
function sysfsTable(folder: string): InterruptTable {
  const attribute = (irq: number, name: string): string => {
    try {
      return readFileSync(join(folder, String(irq), name), "utf8").trim();
    } catch {
      return "";
    }
  };
  return {
    withHwirq: (hwirq) =>
      readdirSync(folder)
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((irq) => attribute(irq, "hwirq") === String(hwirq))
        .map((irq) => ({
          irq,
          hwirq,
          chipName: attribute(irq, "chip_name"),
          actions: list(attribute(irq, "actions")),
        })),
    open: (irq) => {
      const count = openAtStart(join(folder, String(irq), "per_cpu_count"), ATTRIBUTE_READS);
      const actions = openAtStart(join(folder, String(irq), "actions"), ATTRIBUTE_READS);
      return {
        read: () => ({ count: sum(list(count.read())), actions: list(actions.read()) }),
        close: () => {
          count.close();
          actions.close();
        },
      };
    },
  };
}

function procTable(file: string): InterruptTable {
  return {
    withHwirq: (hwirq) => parseProcInterrupts(readFileSync(file, "utf8")).filter((entry) => entry.hwirq === hwirq),
    open: (irq) => {
      const table = openAtStart(file, PROC_READS);
      return {
        read: () => {
          const entry = parseProcInterrupts(table.read()).find((candidate) => candidate.irq === irq);
          if (entry === undefined) throw new Error(`${file} has no interrupt ${irq}`);
          return entry;
        },
        close: () => table.close(),
      };
    },
  };
}

/**
 * A head with a column for each processor, then lines of number, counts, chip, number on the chip (x86 adds `-edge`),
 * the trigger on most machines, and who asked.
 */
export function parseProcInterrupts(text: string): (Interrupt & { readonly count: number })[] {
  const [head = "", ...lines] = text.split("\n");
  const processors = head.trim().split(/\s+/).length;
  return lines.flatMap((line) => {
    const [number = "", ...rest] = line.trim().split(/\s+/);
    const tail = /^(.+?) (\d+)(?:-\S+)?(?: (?:Edge|Level))?(?: (.*))?$/.exec(rest.slice(processors).join(" "));
    if (!/^\d+:$/.test(number) || tail === null) return [];
    const [, chipName = "", hwirq, actions = ""] = tail;
    const count = sum(rest.slice(0, processors));
    return [{ irq: Number.parseInt(number, 10), chipName, hwirq: Number(hwirq), actions: list(actions), count }];
  });
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function sum(counts: readonly string[]): number {
  if (counts.length === 0) throw new Error("the kernel gives no counts");
  return counts.reduce((total, text) => {
    if (!/^\d{1,10}$/.test(text)) throw new Error(`"${text}" is no count of interrupts`);
    return (total + Number(text)) % COUNT_MODULUS;
  }, 0);
}

/** A file of the kernel's that is made anew whenever it is read from its start: much faster than opening it each time. */
function openAtStart(path: string, mostReads: number): { read(): string; close(): void } {
  const file = openSync(path, "r");
  const buffer = Buffer.alloc(mostReads * PAGE_BYTES);
  return {
    read: () => {
      let length = 0;
      for (let reads = 0; reads < mostReads; reads++) {
        const bytes = readSync(file, buffer, length, PAGE_BYTES, length);
        if (bytes === 0) break;
        length += bytes;
      }
      return buffer.toString("latin1", 0, length);
    },
    close: () => closeSync(file),
  };
}
