import type { MdbVendingSettings } from "./settings.ts";

/** A machine that refuses all, or is refused all, does not go on for ever. */
const MOST_REFUSALS = 5;

/** What one reservation can still buy. */
export class Budget {
  readonly #cheapestBase: number;
  #leftBase: number;
  #vendsLeft: number;
  #refusals = 0;

  constructor(limitBase: number, { prices, flow, maxVends }: MdbVendingSettings) {
    this.#leftBase = limitBase;
    this.#cheapestBase = Math.min(...(prices?.values() ?? [1]));
    this.#vendsLeft = flow === "always-idle" ? 1 : maxVends;
  }

  get leftBase(): number {
    return this.#leftBase;
  }

  /** Whether anything can be bought with it. */
  get lasts(): boolean {
    return this.#leftBase >= this.#cheapestBase && this.#vendsLeft > 0 && this.#refusals < MOST_REFUSALS;
  }

  spend(priceBase: number): void {
    this.#leftBase -= priceBase;
    this.#vendsLeft--;
  }

  /** A vend came to nothing. */
  refuse(): void {
    this.#refusals++;
  }
}
