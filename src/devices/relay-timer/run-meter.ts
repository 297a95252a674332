/** No look comes later than this unless the program stood still: nobody knows what the relay did meanwhile. */
const MOST_LOOK_MS = 500;

/**
 * Counts for how long something was so, by the monotonic clock. Of a delivery only whole seconds are ever told; what is
 * left of one at its end is the customer's.
 */
export class RunMeter {
  #totalS: number;
  #ms = 0;
  #mostMs = 0;
  #isCounting = false;
  #lookedMs = 0;

  constructor(totalS: number) {
    this.#totalS = totalS;
  }

  get totaliserS(): number {
    return this.#totalS + Math.floor(this.#ms / 1_000);
  }

  /** Of this delivery. */
  get ranMs(): number {
    return this.#ms;
  }

  get leftMs(): number {
    return this.#mostMs - this.#ms;
  }

  /** A delivery begins, of so many seconds at the most. */
  begin(mostS: number): void {
    this.settle();
    this.#mostMs = mostS * 1_000;
  }

  /**
   * To be called at each change, and now and then: time counts where it was so then and is so now. Gives how late the
   * look came, 0 where that is of no account.
   */
  look(nowMs: number, isSo: boolean): number {
    const sinceMs = nowMs - this.#lookedMs;
    const wasCounting = this.#isCounting;
    this.#lookedMs = nowMs;
    this.#isCounting = isSo;
    if (!wasCounting || !isSo) return 0;
    this.#ms = Math.min(this.#mostMs, this.#ms + Math.min(sinceMs, MOST_LOOK_MS));
    return sinceMs > MOST_LOOK_MS ? sinceMs : 0;
  }

  /** The delivery is over. */
  settle(): void {
    this.#totalS = this.totaliserS;
    this.#ms = 0;
    this.#mostMs = 0;
    this.#isCounting = false;
  }

  /** What ran outside a delivery. */
  add(seconds: number): void {
    this.#totalS += seconds;
  }
}
