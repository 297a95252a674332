import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import { within } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { unknown } from "../../ports/outcome.ts";

/** A line is set within milliseconds or not at all. */
const LONGEST_SET_MS = 500;

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
    const late = unknown<null>(`no answer within ${LONGEST_SET_MS} ms`);
    void within(this.#clock, LONGEST_SET_MS, this.#output.set(active)).then((outcome = late) => {
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
