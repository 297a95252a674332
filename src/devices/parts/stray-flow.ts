/** An occurrence is over after so much quiet; one that lasts is told of so often; only then all counts as well. */
const QUIET_MS = 2_000;
const TELL_MS = 10_000;
const WELL_MS = 10_000;

/** Watches the totaliser while nothing may flow. */
export class StrayFlow {
  #seenBase: number;
  #toldBase: number;
  #flowedAtMs: number | null = null;
  #toldAtMs: number | null = null;

  constructor(totaliserBase: number) {
    this.#seenBase = totaliserBase;
    this.#toldBase = totaliserBase;
  }

  /** All that has flowed until here is accounted for. */
  restart(totaliserBase: number): void {
    this.#seenBase = totaliserBase;
    this.#toldBase = totaliserBase;
    this.#flowedAtMs = null;
    this.#toldAtMs = null;
  }

  /** Whether it flows, or did a moment ago; and how much is to be told of now that was not told of before. */
  look(totaliserBase: number, nowMs: number): { readonly flows: boolean; readonly tellBase: number | null } {
    if (totaliserBase > this.#seenBase) {
      this.#seenBase = totaliserBase;
      this.#flowedAtMs = nowMs;
      this.#toldAtMs ??= nowMs;
    }
    if (this.#flowedAtMs === null || this.#toldAtMs === null) return { flows: this.#flowsAt(nowMs), tellBase: null };
    const quiet = nowMs - this.#flowedAtMs >= QUIET_MS;
    if (!quiet && nowMs - this.#toldAtMs < TELL_MS) return { flows: true, tellBase: null };
    const tellBase = this.#seenBase - this.#toldBase;
    this.#toldBase = this.#seenBase;
    this.#toldAtMs = quiet ? null : nowMs;
    return { flows: this.#flowsAt(nowMs), tellBase: tellBase > 0 ? tellBase : null };
  }

  #flowsAt(nowMs: number): boolean {
    return this.#flowedAtMs !== null && nowMs - this.#flowedAtMs < WELL_MS;
  }
}
