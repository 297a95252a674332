/**
 * What the meter of a running delivery says. A reading is believed once the next one is not below it: one that was
 * wrong is charged to nobody. Two in a row below a believed one are a meter that went backwards.
 */
export class Readings {
  #newestBase: number | null = null;
  #believedBase = 0;
  #journaledAtMs = 0;
  readonly #stepMs: number | null;

  /** @param stepMs how often a meter that forgets is journaled; null when it does not forget */
  constructor(stepMs: number | null) {
    this.#stepMs = stepMs;
  }

  /** The newest one, believed or not; null while none was heard. */
  get newestBase(): number | null {
    return this.#newestBase;
  }

  /** What surely flowed lies between the delivery's start and this one; null while none was heard. */
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
   * Takes one in, and says whether the meter went on, and what has to be journaled now. A meter with a register has the
   * last word at the end; one that forgets has said all it will.
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

  /** The device says that it has finished: its newest reading was its last, and no other will bear it out. */
  confirm(): void {
    this.#believedBase = Math.max(this.#believedBase, this.#newestBase ?? 0);
  }
}
