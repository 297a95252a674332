/** How often what goes on failing is told again. */
const EVERY_MS = 5 * 60_000;
/** Causes that are told on their own meanwhile. */
const CAUSES_MAX = 4;

/** When the log tells of a repeated failure: the first time, at each new cause, and then now and then. */
export class Repeats {
  readonly #toldCauses = new Set<string>();
  #untold = 0;
  #all = 0;
  #sinceMs = 0;

  /** How often it has failed since it was last told, this time included; null when nobody need hear of it now. */
  failed(cause: string, nowMs: number): number | null {
    this.#all += 1;
    this.#untold += 1;
    if (this.#all > 1 && nowMs - this.#sinceMs >= EVERY_MS) this.#toldCauses.clear();
    if (this.#toldCauses.has(cause) || this.#toldCauses.size >= CAUSES_MAX) return null;
    if (this.#toldCauses.size === 0) this.#sinceMs = nowMs;
    this.#toldCauses.add(cause);
    const times = this.#untold;
    this.#untold = 0;
    return times;
  }

  /** How often it failed until now, when it is well again; 0 when it did not. */
  well(): number {
    const times = this.#all;
    this.#toldCauses.clear();
    this.#untold = 0;
    this.#all = 0;
    return times;
  }
}
