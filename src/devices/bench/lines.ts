import {
  type Gpio,
  GpioError,
  type GpioInput,
  type GpioOutput,
  type InputOptions,
  type OutputOptions,
  type PulseCounter,
} from "../../platform/gpio/gpio.ts";
import { done } from "../../ports/outcome.ts";

/** The header's lines as the world outside sees them: high or low, whatever `activeLow` makes of it. */
export interface SimulatorLines {
  level(line: string): boolean;
  drive(line: string, high: boolean): void;
}

/** Lines without a board, for a device that has no bytes to speak: the daemon's end, and the world's. */
export class BenchLines implements Gpio, SimulatorLines {
  readonly backend = "libgpiod";
  readonly #levels = new Map<string, boolean>();
  readonly #taken = new Map<string, () => void>();
  readonly #inactive = new Map<string, boolean>();

  level(line: string): boolean {
    return this.#levels.get(line) ?? false;
  }

  drive(line: string, high: boolean): void {
    if (this.level(line) === high) return;
    this.#levels.set(line, high);
    this.#taken.get(line)?.();
  }

  async output(line: string, { activeLow = false }: OutputOptions = {}): Promise<GpioOutput> {
    this.#take(line, () => {});
    this.#inactive.set(line, activeLow);
    this.#levels.set(line, activeLow);
    return {
      set: async (active) => {
        this.#levels.set(line, active !== activeLow);
        return done(null);
      },
    };
  }

  async input(
    line: string,
    { activeLow = false }: InputOptions,
    changed: (active: boolean) => void,
  ): Promise<GpioInput> {
    const level = (): boolean => this.level(line) !== activeLow;
    this.#take(line, () => changed(level()));
    changed(level());
    return {
      get active() {
        return level();
      },
    };
  }

  async counter(line: string): Promise<PulseCounter> {
    throw new GpioError(`The line ${line} is simulated, and nothing counts on it. Take the rig for pulses.`);
  }

  onHeld(): void {}

  async close(): Promise<void> {
    for (const [line, level] of this.#inactive) this.#levels.set(line, level);
    this.#taken.clear();
  }

  #take(line: string, changed: () => void): void {
    if (this.#taken.has(line)) throw new GpioError(`The line ${line} is taken already. Give each use its own.`);
    this.#taken.set(line, changed);
  }
}
