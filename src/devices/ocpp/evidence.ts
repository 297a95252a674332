import type { Sample } from "./codec.ts";

/** What is on disk of a transaction's energy. All of the charger's own registers, in watt-hours. */
export interface Metered {
  /** As StartTransaction said it; null where it said nothing. */
  readonly meterStartWh: number | null;
  /** Where MeterValues stood before the start; null where nobody knows. */
  readonly restWh: number | null;
  /** From where the present run of samples counts; null before the first. */
  readonly baseWh: number | null;
  readonly lastWh: number | null;
  /** What earlier runs came to, of a register that began anew in between. */
  readonly carriedWh: number;
  /** The first sample fitted to no start value: what flowed before it no sample tells. */
  readonly isBaseless: boolean;
}

/** What a transaction came to, or why nobody can say. */
export type Verdict =
  | { readonly kind: "known"; readonly usedWh: number }
  | { readonly kind: "disputed"; readonly usedWh: number; readonly detail: string };

export interface EvidenceSettings {
  readonly maxPowerW: number;
  /** What one step of meterStart and meterStop is worth. */
  readonly stepWh: number;
}

/** Samples come late, and a transaction begins before it is told of. */
const LATE_MS = 10_000;
/** How long a transaction may have run that an earlier life of this program has seen. */
const UNSEEN_MS = 48 * 3_600_000;
/** By so much the two sources may differ: what a register rounds, and 1 %. */
const TOLERANCE_WH = 100;
/** A register of 32 bits that was read as a longer one, or has come to its end. */
const WRAP_WH = 2 ** 32;
/** From so much energy by its power on, a register that shows less than a fifth of it is in another unit. */
const LEAST_BY_POWER_WH = 100;
const UNIT_FACTOR = 5;

const MS_PER_H = 3_600_000;

/** What can flow in a time, with what lies between a reading and its message. */
export function possibleWh(maxPowerW: number, spanMs: number): number {
  return Math.ceil((maxPowerW * 1.02 * (Math.max(0, spanMs) + LATE_MS)) / MS_PER_H) + 1;
}

/**
 * Two sources tell what a transaction came to: meterStart and meterStop, and the samples between. Their registers need
 * not be the same one, and each may begin anew at any moment. So each is judged alone, by what can flow in a time, and
 * the one is held against the other in the end.
 */
export class Evidence {
  readonly #settings: EvidenceSettings;
  /** Null when it began before this program did. */
  readonly #startedMs: number | null;
  #metered: Metered;
  #heardMs: number;
  /** A reading that does not follow from the last; the next one may confirm it. */
  #doubted: { readonly wh: number; readonly ms: number } | null = null;
  #powerW: number | null = null;
  #powerMs: number;
  #byPowerWh = 0;

  constructor(settings: EvidenceSettings, metered: Metered, nowMs: number, isResumed: boolean) {
    this.#settings = settings;
    this.#metered = metered;
    this.#startedMs = isResumed ? null : nowMs;
    this.#heardMs = nowMs;
    this.#powerMs = nowMs;
  }

  get metered(): Metered {
    return this.#metered;
  }

  /** By its samples. */
  get usedWh(): number {
    const { carriedWh, baseWh, lastWh } = this.#metered;
    return carriedWh + (lastWh ?? 0) - (baseWh ?? 0);
  }

  /** As last told; null when it was not told for the last sample. */
  get powerW(): number | null {
    return this.#powerW;
  }

  /** When a sample was believed last; the start before the first. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** The most that can have flowed by now, when no more than so many watts do. For the brake, never for the bill. */
  mostWh(nowMs: number, atMostW: number): number {
    return Math.max(this.usedWh, this.#byPowerWh) + (atMostW * (nowMs - this.#heardMs)) / MS_PER_H;
  }

  take({ registerWh, powerW }: Sample, nowMs: number): void {
    this.#byPowerWh += ((this.#powerW ?? 0) * (nowMs - this.#powerMs)) / MS_PER_H;
    this.#powerMs = nowMs;
    if (powerW !== null) this.#powerW = Math.min(powerW, this.#settings.maxPowerW);
    if (registerWh === null) return;
    const { lastWh } = this.#metered;
    if (lastWh === null) {
      this.#takeFirst(registerWh, nowMs);
      return;
    }
    const followed = this.#following(registerWh, lastWh, nowMs - this.#heardMs);
    if (followed !== null) {
      this.#believe({ ...this.#metered, lastWh: followed }, nowMs);
      return;
    }
    const doubted = this.#doubted;
    const confirmed = doubted === null ? null : this.#following(registerWh, doubted.wh, nowMs - doubted.ms);
    if (doubted === null || confirmed === null) {
      this.#doubted = { wh: registerWh, ms: nowMs };
      return;
    }
    // It began anew: from 0 where that fits into the time, or else nobody knows what lies between.
    const fromZero = doubted.wh < lastWh && doubted.wh <= this.#possibleWh(doubted.ms - this.#heardMs);
    const baseWh = fromZero ? 0 : doubted.wh;
    this.#believe({ ...this.#metered, carriedWh: this.usedWh, baseWh, lastWh: confirmed }, nowMs);
  }

  /** @param meterStopWh null where the charger said nothing, or never will */
  conclude(meterStopWh: number | null, nowMs: number): Verdict {
    const { stepWh, maxPowerW } = this.#settings;
    const pairWh = this.#pairWh(meterStopWh, nowMs);
    const hasSamples = this.#metered.lastWh !== null;
    const bySamplesWh = this.usedWh;
    const contradiction = this.#unitContradiction(Math.max(bySamplesWh, pairWh ?? 0));
    if (contradiction !== null)
      return { kind: "disputed", usedWh: Math.max(bySamplesWh, pairWh ?? 0), ...contradiction };
    if (pairWh === null) {
      if (hasSamples && !this.#metered.isBaseless) return { kind: "known", usedWh: bySamplesWh };
      return {
        kind: "disputed",
        usedWh: bySamplesWh,
        detail: "the charger told no energy at the start that can be true",
      };
    }
    if (!hasSamples) return { kind: "known", usedWh: pairWh };
    const toleranceWh = TOLERANCE_WH + Math.ceil(pairWh / 100) + (stepWh - 1);
    const unseenWh = this.#metered.isBaseless ? pairWh : possibleWh(maxPowerW, nowMs - this.#heardMs);
    if (pairWh < bySamplesWh - toleranceWh || pairWh > bySamplesWh + toleranceWh + unseenWh) {
      const detail = `the charger says ${pairWh} Wh from start to stop, and its readings in between come to ${bySamplesWh} Wh`;
      return { kind: "disputed", usedWh: Math.max(pairWh, bySamplesWh), detail };
    }
    return { kind: "known", usedWh: stepWh > 1 ? bySamplesWh : pairWh };
  }

  #takeFirst(registerWh: number, nowMs: number): void {
    const { restWh, meterStartWh } = this.#metered;
    const spanMs = nowMs - (this.#startedMs ?? nowMs - UNSEEN_MS);
    for (const baseWh of [restWh, meterStartWh, 0]) {
      const lastWh = baseWh === null ? null : this.#following(registerWh, baseWh, spanMs);
      if (lastWh !== null) {
        this.#believe({ ...this.#metered, baseWh, lastWh }, nowMs);
        return;
      }
    }
    this.#believe({ ...this.#metered, baseWh: registerWh, lastWh: registerWh, isBaseless: true }, nowMs);
  }

  #believe(metered: Metered, nowMs: number): void {
    this.#metered = metered;
    this.#heardMs = nowMs;
    this.#doubted = null;
  }

  /** The register as it goes on from another reading, with a wrap taken out; null when it does not. */
  #following(registerWh: number, fromWh: number, spanMs: number): number | null {
    const most = this.#possibleWh(spanMs);
    const found = [registerWh, registerWh - WRAP_WH, registerWh + WRAP_WH].find((wh) => {
      return wh >= fromWh && wh - fromWh <= most;
    });
    return found ?? null;
  }

  #possibleWh(spanMs: number): number {
    return possibleWh(this.#settings.maxPowerW, spanMs);
  }

  #pairWh(meterStopWh: number | null, nowMs: number): number | null {
    const { meterStartWh } = this.#metered;
    if (meterStartWh === null || meterStopWh === null || meterStopWh < meterStartWh) return null;
    const spanMs = this.#startedMs === null ? UNSEEN_MS : nowMs - this.#startedMs;
    const pairWh = meterStopWh - meterStartWh;
    return pairWh <= this.#possibleWh(spanMs) + this.#settings.stepWh ? pairWh : null;
  }

  #unitContradiction(usedWh: number): { readonly detail: string } | null {
    if (this.#byPowerWh < LEAST_BY_POWER_WH || usedWh * UNIT_FACTOR >= this.#byPowerWh) return null;
    const byPower = Math.round(this.#byPowerWh);
    return {
      detail: `the charger's register rose by ${usedWh} Wh, and by its power ${byPower} Wh flowed; a register in kilowatt-hours is told to the kiosk by registerUnit: kWh`,
    };
  }
}
