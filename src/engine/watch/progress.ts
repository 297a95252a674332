import type { Clock } from "../../ports/clock.ts";
import { POLICY } from "../policy.ts";

/**
 * Whether the daemon still gets on with its work: every so often a piece of work that does nothing goes through each
 * queue and the journal. One that does not come back means that sales have stopped moving, whatever timers still run.
 */
export class Progress {
  readonly #clock: Clock;
  readonly #goThrough: () => Promise<unknown>;
  #sinceMs: number;
  #onItsWay = false;

  constructor(clock: Clock, goThrough: () => Promise<unknown>) {
    this.#clock = clock;
    this.#goThrough = goThrough;
    this.#sinceMs = clock.monotonicMs();
  }

  /** Sends the next one off when the last is back; false when that one has been away for too long. */
  check(): boolean {
    if (!this.#onItsWay) {
      this.#onItsWay = true;
      this.#sinceMs = this.#clock.monotonicMs();
      const back = (): void => {
        this.#onItsWay = false;
      };
      // A journal that refuses is one that answers; what follows from that is decided elsewhere.
      this.#goThrough().then(back, back);
    }
    return this.#clock.monotonicMs() - this.#sinceMs < POLICY.stuckMs;
  }
}
