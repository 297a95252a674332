import { SETTLED_LAGS } from "./flow-since-open.ts";
import type { Reading } from "./meter.ts";
import { countsInReverse, energyRuns, powerBelowZero, powerStands } from "./texts.ts";

/** A reading alone may have been taken while the contactor moved. */
const READINGS = 2;
/** A car draws a hundred times as much; what a meter shows of no load may be a few watts below zero. */
const REVERSED_W = 100;
/** Over a longer time without a reading nobody knows what the power was. */
const LONGEST_MS = 2_000;
/** Two figures of one meter differ by a few parts in a hundred when all is well. */
const TOLERANCE = 1.25;

export interface CrossCheckSettings {
  readonly maxPowerW: number;
  readonly lagMs: number;
  readonly stepWh: number;
  readonly isInverted: boolean;
  /** When the contactor was told to close: what flows from then to the first reading is in the energy alone. */
  readonly closedMs: number;
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
  /** What the power that was told below 0 would have made at the least. */
  #leastReverseWh = 0;
  #mostW = 0;
  #isReversed = false;
  /** Contradicted otherwise than by being turned. */
  #isContradicted = false;
  #isPowerTold = true;
  #longestMs = 0;
  #negatives = 0;

  constructor(settings: CrossCheckSettings) {
    this.#settings = settings;
  }

  /** What has been counted the other way, so that nobody pays for it. */
  get reverseWh(): number {
    return (this.#newest?.reverseBase ?? 0) - (this.#first?.reverseBase ?? 0);
  }

  /**
   * Whether what came out is known though the meter is turned: nothing of it was counted on the register that is
   * charged by, and all that the power made stands on the other.
   */
  get isKnown(): boolean {
    if (!this.#isReversed || this.#isContradicted || this.#newest?.reverseBase == null) return false;
    const { stepWh } = this.#settings;
    const isOnOther = this.#leastReverseWh <= TOLERANCE * (this.reverseWh + stepWh) + this.#lateWh;
    return this.#energyWh === 0 && isOnOther;
  }

  /**
   * What is wrong where the energy is more than all power made that was told until now. True only of a delivery that is
   * over for so long that all its power was told.
   */
  get unexplained(): string | null {
    if (!this.#isPowerTold || this.#first === null) return null;
    const { maxPowerW, stepWh, closedMs } = this.#settings;
    // The power of a reading comes after its energy, and the contactor may have opened in between.
    const unseenMs = this.#first.atMs + this.#first.tookMs - closedMs + this.#longestMs;
    const mostWh = TOLERANCE * this.#mostWh + stepWh + (maxPowerW * unseenMs) / 3_600_000;
    return this.#energyWh > mostWh ? energyRuns(Math.ceil(this.#mostWh), this.#energyWh) : null;
  }

  /** What contradicts what, with what to do; null while nothing does. */
  look(reading: Reading): string | null {
    const before = this.#newest;
    this.#first ??= reading;
    this.#newest = reading;
    this.#isPowerTold &&= reading.toldW !== null;
    this.#longestMs = Math.max(this.#longestMs, reading.tookMs);
    const contradiction = before === null ? null : this.#holdPower(before, reading);
    this.#isContradicted ||= contradiction !== null;
    const reversed = this.#looksReversed(reading);
    this.#isReversed ||= reversed !== null;
    return reversed ?? contradiction;
  }

  get #energyWh(): number {
    return (this.#newest?.totaliserBase ?? 0) - (this.#first?.totaliserBase ?? 0);
  }

  get #lagHours(): number {
    return (SETTLED_LAGS * this.#settings.lagMs + this.#longestMs) / 3_600_000;
  }

  /** What the energy register may not show yet. */
  get #lateWh(): number {
    return Math.min(this.#mostW, this.#settings.maxPowerW) * this.#lagHours;
  }

  #looksReversed({ toldW }: Reading): string | null {
    const { stepWh, isInverted } = this.#settings;
    this.#negatives = toldW !== null && toldW <= -REVERSED_W ? this.#negatives + 1 : 0;
    if (toldW !== null && this.#negatives >= READINGS) return powerBelowZero(toldW, isInverted);
    return this.reverseWh >= stepWh ? countsInReverse(this.reverseWh, isInverted) : null;
  }

  #holdPower(before: Reading, reading: Reading): string | null {
    if (before.toldW === null || reading.toldW === null) return null;
    const { maxPowerW, stepWh } = this.#settings;
    const hours = (reading.atMs - before.atMs) / 3_600_000;
    const isLong = reading.atMs - before.atMs > LONGEST_MS;
    this.#mostWh += hours * (isLong ? maxPowerW : Math.max(0, before.toldW, reading.toldW));
    this.#leastWh += isLong ? 0 : hours * Math.max(0, Math.min(before.toldW, reading.toldW));
    this.#leastReverseWh += isLong ? 0 : hours * Math.max(0, Math.min(-before.toldW, -reading.toldW));
    this.#mostW = Math.max(this.#mostW, Math.abs(reading.toldW));
    const energyWh = this.#energyWh;
    if (this.#leastWh > TOLERANCE * (energyWh + stepWh) + this.#lateWh)
      return powerStands(Math.floor(this.#leastWh), energyWh);
    const mostWh = TOLERANCE * (this.#mostWh + stepWh) + maxPowerW * this.#lagHours;
    return energyWh > mostWh ? energyRuns(Math.ceil(this.#mostWh), energyWh) : null;
  }
}
