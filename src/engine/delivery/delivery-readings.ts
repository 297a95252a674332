/**
 * The meter readings of a running delivery. A reading is believed once the next one is not below it, so that a single
 * wrong reading is charged to nobody. Two in a row below a believed one mean that the meter went backwards.
 */
export class DeliveryReadings {
  #newestBase: number | null = null;
  #believedBase = 0;
  #journaledAtMs = 0;
  readonly #stepMs: number | null;

  /** @param stepMs how often the readings of a meter without a persistent register are journaled; null with one */
  constructor(stepMs: number | null) {
    this.#stepMs = stepMs;
  }

  /** The newest reading, believed or not; null before the first. */
  get newestBase(): number | null {
    return this.#newestBase;
  }

  /** The newest believed reading, or the delivery's start when none is believed yet; null before the first reading. */
  get believedBase(): number | null {
    return this.#newestBase === null ? null : this.#believedBase;
  }

  begin(startBase: number, nowMs: number): void {
    this.#newestBase = null;
    this.#believedBase = startBase;
    this.#journaledAtMs = nowMs;
  }

  end(): void {
    this.#newestBase = null;
  }

  /**
   * Takes a reading. `wentOn` is false when the meter went backwards; `dueBase` is what has to be journaled now, or
   * null. With a persistent register the reading taken at the end counts. Without one there will be no further reading.
   */
  take(totaliserBase: number, nowMs: number): { readonly wentOn: boolean; readonly dueBase: number | null } {
    const confirmedBase = Math.min(this.#newestBase ?? this.#believedBase, totaliserBase);
    const wentOn = confirmedBase >= this.#believedBase;
    this.#newestBase = totaliserBase;
    if (wentOn) this.#believedBase = confirmedBase;
    const isDue = this.#stepMs !== null && nowMs - this.#journaledAtMs >= this.#stepMs;
    if (isDue) this.#journaledAtMs = nowMs;
    const isLost = !wentOn && this.#stepMs !== null;
    return { wentOn, dueBase: isDue || isLost ? this.#believedBase : null };
  }

  /** Believes the newest reading: the device has finished, so that no further reading will confirm it. */
  confirm(): void {
    this.#believedBase = Math.max(this.#believedBase, this.#newestBase ?? 0);
  }
}
