import type { State } from "../../core/sale/state.ts";
import { deadlineMs } from "../../core/sale/timing.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { POLICY } from "../policy.ts";
import type { SaleClock } from "./sale-clock.ts";

/** The moment at which a sale's state must be left, kept in monotonic time. */
export class Deadline {
  readonly #clock: Clock;
  readonly #time: SaleClock;
  readonly #passed: () => void;
  readonly #timeMoved: () => void;
  #cancel: Cancel = () => {};
  /** The state that is kept beyond its deadline until it was tried once to get out of it otherwise. */
  #graced: State | null = null;
  /** Monotonic; null while the state has no end. */
  #dueMs: number | null = null;

  /** @param timeMoved called when the sale's time was set anew while it runs: what hangs on it is due at another moment */
  constructor(clock: Clock, time: SaleClock, passed: () => void, timeMoved: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#passed = passed;
    this.#timeMoved = timeMoved;
  }

  /** Replaces the one before. */
  set(state: State): void {
    const nowMs = this.#clock.monotonicMs();
    const graced = state.phase === "settling" && this.#hasPassed(state);
    this.#await(state, nowMs + (graced ? POLICY.leastResolveMs : leastMs(state)));
    this.#graced = graced ? state : null;
  }

  /** What the state owes has been tried once. */
  tried(): void {
    const state = this.#graced;
    this.#graced = null;
    if (state !== null) this.#await(state, this.#clock.monotonicMs());
  }

  /** Null when the state has no end. */
  get leftMs(): number | null {
    return this.#dueMs === null ? null : Math.max(0, this.#dueMs - this.#clock.monotonicMs());
  }

  #await(state: State, leastAtMs: number): void {
    this.#cancel();
    const atMs = deadlineMs(state);
    this.#dueMs = null;
    if (atMs === null) return;
    const leftMs = this.#leftMs(atMs, leastAtMs);
    this.#dueMs = this.#clock.monotonicMs() + leftMs;
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

  #hasPassed(state: State): boolean {
    const atMs = deadlineMs(state);
    return atMs !== null && this.#leftMs(atMs, this.#clock.monotonicMs()) === 0;
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
