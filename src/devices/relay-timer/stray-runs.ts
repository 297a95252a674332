import { StrayFlow } from "../parts/stray-flow.ts";

/** Nobody has asked for what a delivery came to for so long: it is settled without. */
const OWED_MS = 60_000;

/**
 * What the machine ran for while its relay was off, beyond the time to run down. It is added to the totaliser only when
 * it is told of, so that no delivery whose end has yet to be read is charged for it.
 */
export class StrayRuns {
  readonly #coastMs: number;
  readonly #flow = new StrayFlow(0);
  #ms = 0;
  #lookedMs: number;
  #ran = false;
  #owedUntilMs: number;

  constructor(coastMs: number, nowMs: number) {
    this.#coastMs = coastMs;
    this.#lookedMs = nowMs;
    this.#owedUntilMs = nowMs + OWED_MS;
  }

  owe(): void {
    this.#owedUntilMs = Number.POSITIVE_INFINITY;
  }

  settled(): void {
    this.#owedUntilMs = Number.NEGATIVE_INFINITY;
  }

  /** While nothing is armed. @param offSinceMs since when the relay is off; null while nobody knows */
  look(
    runs: boolean,
    offSinceMs: number | null,
    nowMs: number,
  ): { readonly isRunning: boolean; readonly tellS: number | null } {
    if (this.#owedUntilMs === Number.POSITIVE_INFINITY) this.#owedUntilMs = nowMs + OWED_MS;
    const isRunning = runs && offSinceMs !== null && nowMs - offSinceMs >= this.#coastMs;
    const isCounted = isRunning && nowMs >= this.#owedUntilMs;
    if (isCounted && this.#ran) this.#ms += nowMs - this.#lookedMs;
    this.#ran = isCounted;
    this.#lookedMs = nowMs;
    return { isRunning, tellS: this.#flow.look(Math.floor(this.#ms / 1_000), nowMs).tellBase };
  }
}
