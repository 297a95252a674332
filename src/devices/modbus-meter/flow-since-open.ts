import type { Reading } from "./meter.ts";

/** A meter that has risen so often rises for good. */
export const RISES = 3;
/** So many readings in a row that tell power are no remainder of what flowed before. */
const TELLINGS = 3;
/** Meters tell a power that falls over some time: only after so many lags is what they tell what flows. */
export const SETTLED_LAGS = 3;

/**
 * Whether anything flows through a contactor since it was opened. A register steps by up to 10 Wh, which takes three
 * seconds at 11 kW, so that it stands still proves nothing while the meter tells power. Where the meter tells none, a
 * flow shows only as its register steps, which may be long after it was taken for still.
 */
export class FlowSinceOpen {
  readonly #openSinceMs: number;
  readonly #lagMs: number;
  #base: number | null = null;
  #rises = 0;
  #tellings = 0;

  constructor(openSinceMs: number, lagMs: number) {
    this.#openSinceMs = openSinceMs;
    this.#lagMs = lagMs;
  }

  look({ totaliserBase, isFlowing, atMs }: Reading): "still" | "flows" | "not-yet-known" {
    const openMs = atMs - this.#openSinceMs;
    if (openMs < this.#lagMs) return "not-yet-known";
    const before = this.#base;
    this.#base = totaliserBase;
    if (before !== null && totaliserBase > before) this.#rises += 1;
    this.#tellings = isFlowing && openMs >= SETTLED_LAGS * this.#lagMs ? this.#tellings + 1 : 0;
    if (this.#rises >= RISES || this.#tellings >= TELLINGS) return "flows";
    return totaliserBase === before && !isFlowing ? "still" : "not-yet-known";
  }
}
