import { COUNTED_W, type Reading } from "./meter.ts";
import { countsInReverse, energyRuns, powerBelowZero, powerStands } from "./texts.ts";

/** A reading alone may have been taken while the contactor moved. */
const READINGS = 2;
/** Over a longer time without a reading nobody knows what the power was. */
const LONGEST_MS = 2_000;
/** Meters tell a power that rises and falls over some time. */
const SETTLED_LAGS = 3;
/** Two figures of one meter differ by a few parts in a hundred when all is well. */
const TOLERANCE = 1.25;

export interface CrossCheckSettings {
  readonly maxPowerW: number;
  readonly lagMs: number;
  readonly stepWh: number;
  readonly isInverted: boolean;
}

/**
 * Holds the figures of one delivery against each other: what the energy register counts, what the power would have
 * made, and what is counted the other way. Each may be wrong by a step, and lag.
 */
export class CrossCheck {
  readonly #settings: CrossCheckSettings;
  #first: Reading | null = null;
  #newest: Reading | null = null;
  #mostWh = 0;
  #leastWh = 0;
  #mostW = 0;
  #longestMs = 0;
  #negatives = 0;

  constructor(settings: CrossCheckSettings) {
    this.#settings = settings;
  }

  /** What has been counted the other way, so that nobody pays for it. */
  get reverseWh(): number {
    return (this.#newest?.reverseBase ?? 0) - (this.#first?.reverseBase ?? 0);
  }

  /** What contradicts what, with what to do; null while nothing does. */
  look(reading: Reading): string | null {
    const before = this.#newest;
    this.#first ??= reading;
    this.#newest = reading;
    this.#longestMs = Math.max(this.#longestMs, reading.tookMs);
    return this.#looksReversed(reading) ?? (before === null ? null : this.#holdPower(before, reading));
  }

  #looksReversed({ toldW }: Reading): string | null {
    const { stepWh, isInverted } = this.#settings;
    this.#negatives = toldW !== null && toldW <= -COUNTED_W ? this.#negatives + 1 : 0;
    if (toldW !== null && this.#negatives >= READINGS) return powerBelowZero(toldW, isInverted);
    return this.reverseWh >= stepWh ? countsInReverse(this.reverseWh, isInverted) : null;
  }

  #holdPower(before: Reading, reading: Reading): string | null {
    if (before.toldW === null || reading.toldW === null || this.#first === null) return null;
    const { maxPowerW, lagMs, stepWh } = this.#settings;
    const hours = (reading.atMs - before.atMs) / 3_600_000;
    const isLong = reading.atMs - before.atMs > LONGEST_MS;
    this.#mostWh += hours * (isLong ? maxPowerW : Math.max(before.toldW, reading.toldW));
    this.#leastWh += isLong ? 0 : hours * Math.max(0, Math.min(before.toldW, reading.toldW));
    this.#mostW = Math.max(this.#mostW, reading.toldW);
    const energyWh = reading.totaliserBase - this.#first.totaliserBase;
    const lagHours = (SETTLED_LAGS * lagMs + this.#longestMs) / 3_600_000;
    const lateWh = Math.min(this.#mostW, maxPowerW) * lagHours;
    if (this.#leastWh > TOLERANCE * (energyWh + stepWh) + lateWh)
      return powerStands(Math.floor(this.#leastWh), energyWh);
    const mostWh = TOLERANCE * (this.#mostWh + stepWh) + maxPowerW * lagHours;
    return energyWh > mostWh ? energyRuns(Math.ceil(this.#mostWh), energyWh) : null;
  }
}
