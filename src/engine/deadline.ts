import type { State } from "../core/sale/state.ts";
import { deadlineMs } from "../core/sale/timing.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import { POLICY } from "./policy.ts";
import type { SaleClock } from "./sale-clock.ts";

/** The moment at which a sale's state must be left, kept in monotonic time. */
export class Deadline {
  readonly #clock: Clock;
  readonly #time: SaleClock;
  readonly #passed: () => void;
  readonly #timeMoved: () => void;
  #cancel: Cancel = () => {};

  /** @param timeMoved called when the sale's time was set anew while it runs: what hangs on it is due at another moment */
  constructor(clock: Clock, time: SaleClock, passed: () => void, timeMoved: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#passed = passed;
    this.#timeMoved = timeMoved;
  }

  /** Replaces the one before. */
  set(state: State): void {
    this.#await(state, this.#clock.monotonicMs() + leastMs(state));
  }

  #await(state: State, leastAtMs: number): void {
    this.clear();
    const atMs = deadlineMs(state);
    if (atMs === null) return;
    const leftMs = this.#leftMs(atMs, leastAtMs);
    if (leftMs <= POLICY.clockLookMs || this.#time.lostSinceMs === null) {
      this.#cancel = this.#clock.after(leftMs, this.#passed);
      return;
    }
    this.#cancel = this.#clock.after(POLICY.clockLookMs, () => {
      this.#time.follow(this.#time.nowMs());
      this.#await(state, leastAtMs);
      this.#timeMoved();
    });
  }

  clear(): void {
    this.#cancel();
  }

  /** Without knowing how long the machine was off, a deadline may be nearer than it seems. */
  #leftMs(atMs: number, leastAtMs: number): number {
    const { lostSinceMs } = this.#time;
    const nowMs = this.#clock.monotonicMs();
    const leftMs = atMs - this.#time.nowMs();
    const knownMs = lostSinceMs === null ? leftMs : Math.min(leftMs, lostSinceMs + POLICY.clockLostMs - nowMs);
    return Math.max(0, leastAtMs - nowMs, knownMs);
  }
}

/** A restart after the deadline still asks the meter before it gives it up. */
function leastMs(state: State): number {
  return state.phase === "dispensing" && state.stopping !== null ? POLICY.leastReadingMs : 0;
}
