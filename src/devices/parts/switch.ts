import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import { setLine } from "../../platform/gpio/set-line.ts";
import type { Clock } from "../../ports/clock.ts";

/** One output, and what is known of it. Told again and again what to be, it sets the line when that is news or had failed. */
export class Switch {
  readonly #output: GpioOutput;
  readonly #clock: Clock;
  readonly #failed: (detail: string) => void;
  #wanted = false;
  #known: boolean | null = false;
  #order = 0;
  #pending = false;

  /** The line is inactive, as it is when it has just been taken. */
  constructor(output: GpioOutput, clock: Clock, failed: (detail: string) => void) {
    this.#output = output;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The level that was confirmed last; null while it is not known. */
  get known(): boolean | null {
    return this.#known;
  }

  set(active: boolean): void {
    if (this.#wanted === active && (this.#pending || this.#known === active)) return;
    this.#wanted = active;
    this.#known = null;
    this.#pending = true;
    this.#order += 1;
    const order = this.#order;
    void setLine(this.#output, active, this.#clock).then((outcome) => {
      this.#end(order, outcome.kind === "done" ? null : outcome.detail);
    });
  }

  /** The line was lost, so its level is anybody's guess. */
  forget(): void {
    this.#order += 1;
    this.#pending = false;
    this.#known = null;
  }

  #end(order: number, problem: string | null): void {
    if (order !== this.#order || !this.#pending) return;
    this.#pending = false;
    if (problem === null) this.#known = this.#wanted;
    else this.#failed(problem);
  }
}
