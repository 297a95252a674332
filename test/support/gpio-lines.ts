import {
  type CounterOptions,
  type Gpio,
  GpioError,
  type GpioInput,
  type GpioOutput,
  type InputOptions,
  type OutputOptions,
  type PulseCounter,
} from "../../src/platform/gpio/gpio.ts";
import { done, unknown } from "../../src/ports/outcome.ts";

/** Lines on plain objects. Levels are those on the wire: true is high, whatever `activeLow` makes of it. */
export interface SimulatedLines {
  readonly gpio: Gpio;
  /** So many times high and low again. */
  pulse(line: string, count: number): void;
  level(line: string): boolean;
  drive(line: string, high: boolean): void;
  /** The process that held the lines died: nobody counts, outputs fall back to inactive. */
  lose(detail?: string): void;
  regain(): void;
  /** The daemon was killed, its lines kept by the kernel: levels stay, counting goes on. All may be taken anew. */
  crash(): void;
  /** Counts from 0 under another boot id; nothing is held any more. */
  reboot(): void;
}

interface Wire {
  high: boolean;
  pulses: number;
  counts: "rising" | "falling" | null;
  holder: Holder | null;
}

interface Holder {
  readonly inactiveHigh: boolean | null;
  levelChanged(): void;
}

const COUNT_MODULUS = 2 ** 32;

/** Counts begin at `firstCount`, to try what happens where they wrap. */
export function simulatedLines(firstCount = 0): SimulatedLines {
  const lines = new Lines(firstCount);
  return {
    gpio: lines,
    pulse: (line, count) => {
      for (let n = 0; n < count; n++) {
        lines.drive(line, true);
        lines.drive(line, false);
      }
    },
    level: (line) => lines.wire(line).high,
    drive: (line, high) => lines.drive(line, high),
    lose: (detail = "the process that held the lines died") => lines.hold(false, detail),
    regain: () => lines.hold(true, "all lines are held again"),
    crash: () => lines.crash(),
    reboot: () => lines.reboot(),
  };
}

class Lines implements Gpio {
  readonly backend = "sysfs";
  readonly #firstCount: number;
  readonly #wires = new Map<string, Wire>();
  #boots = 1;
  #held = true;
  #lost = "";
  #listeners: ((held: boolean, detail: string) => void)[] = [];

  constructor(firstCount: number) {
    this.#firstCount = firstCount;
  }

  async output(line: string, { activeLow = false }: OutputOptions = {}): Promise<GpioOutput> {
    const holder: Holder = { inactiveHigh: activeLow, levelChanged: () => {} };
    const wire = this.#take(line, holder);
    wire.counts = null;
    wire.high = activeLow;
    return {
      set: async (active) => {
        if (wire.holder !== holder || !this.#held) return unknown(`${line}: ${this.#lost || "not held"}`);
        wire.high = active !== activeLow;
        return done(null);
      },
    };
  }

  async input(line: string, options: InputOptions, changed: (active: boolean) => void): Promise<GpioInput> {
    let told: boolean | null = null;
    const level = (): boolean => wire.high !== (options.activeLow ?? false);
    const tell = (): void => {
      if (told === level()) return;
      told = level();
      changed(told);
    };
    const wire = this.#take(line, { inactiveHigh: null, levelChanged: tell });
    wire.counts = null;
    tell();
    return {
      get active() {
        return told ?? false;
      },
    };
  }

  async counter(line: string, { edge = "rising" }: CounterOptions = {}): Promise<PulseCounter> {
    const holder: Holder = { inactiveHigh: null, levelChanged: () => {} };
    const wire = this.#take(line, holder);
    wire.counts = edge;
    return {
      bootId: `boot-${this.#boots}`,
      read: () =>
        wire.holder === holder && this.#held
          ? done(wire.pulses % COUNT_MODULUS)
          : unknown(`${line}: ${this.#lost || "not held"}`),
    };
  }

  onHeld(listener: (held: boolean, detail: string) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#outputsOff();
    this.crash();
  }

  wire(line: string): Wire {
    const known = this.#wires.get(line);
    if (known !== undefined) return known;
    const wire: Wire = { high: false, pulses: this.#firstCount, counts: null, holder: null };
    this.#wires.set(line, wire);
    return wire;
  }

  drive(line: string, high: boolean): void {
    const wire = this.wire(line);
    if (wire.high === high) return;
    wire.high = high;
    if (this.#held && wire.counts === (high ? "rising" : "falling")) wire.pulses += 1;
    if (this.#held) wire.holder?.levelChanged();
  }

  hold(held: boolean, detail: string): void {
    if (held === this.#held) return;
    this.#held = held;
    this.#lost = held ? "" : detail;
    this.#outputsOff();
    if (held) for (const { holder } of this.#wires.values()) holder?.levelChanged();
    for (const listener of this.#listeners) listener(held, detail);
  }

  crash(): void {
    this.#held = true;
    this.#lost = "";
    this.#listeners = [];
    for (const wire of this.#wires.values()) wire.holder = null;
  }

  reboot(): void {
    this.crash();
    this.#boots += 1;
    this.#wires.clear();
  }

  #take(line: string, holder: Holder): Wire {
    const wire = this.wire(line);
    if (wire.holder !== null)
      throw new GpioError(`The line ${line} is taken already. Give each use a line of its own.`);
    wire.holder = holder;
    return wire;
  }

  #outputsOff(): void {
    for (const wire of this.#wires.values()) {
      const inactiveHigh = wire.holder?.inactiveHigh ?? null;
      if (inactiveHigh !== null) wire.high = inactiveHigh;
    }
  }
}
