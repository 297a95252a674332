import type { Sample } from "./controller.ts";

export const WS_PER_WH = 3_600;
/** From the reading after which a charger is sent to sleep until its relay is open. */
export const LEAD_MS = 6_000;
/** The meter counts in steps of a quarter second, and each question takes its time. */
const SLACK_MS = 2_000;

/**
 * The totaliser that the controller does not have. It adds a session to its total only when the session ends, whole
 * watt-hours of it, and goes on telling the ended session's energy until the next begins (`EnergyMeter.cpp`): so a
 * session counts while its car is connected. The sum then passes the end of a session without a step.
 */
export class EnergyRegister {
  readonly #maxPowerW: number;
  #last: { readonly totaliserBase: number; readonly atMs: number } | null = null;

  constructor(maxPowerW: number) {
    this.#maxPowerW = maxPowerW;
  }

  /** The totaliser in watt-hours; a text when it cannot be believed: a session's energy that is lost comes to neither. */
  take(sample: Sample, nowMs: number): number | string {
    const session = sample.carConnected ? Math.floor(sample.sessionWs / WS_PER_WH) : 0;
    const totaliserBase = sample.endedWh + session;
    if (this.#last !== null) {
      const rise = totaliserBase - this.#last.totaliserBase;
      if (rise < 0) return `the meter went back from ${this.#last.totaliserBase} to ${totaliserBase} Wh`;
      const mostRise = energyWh(this.#maxPowerW, nowMs - this.#last.atMs + SLACK_MS) + 1;
      if (rise > mostRise) return `the meter jumped from ${this.#last.totaliserBase} to ${totaliserBase} Wh`;
    }
    this.#last = { totaliserBase, atMs: nowMs };
    return totaliserBase;
  }

  /** What was believed no longer binds. */
  forget(): void {
    this.#last = null;
  }
}

/** Whole watt-hours, rounded up. */
export function energyWh(powerW: number, timeMs: number): number {
  return Math.ceil((powerW * timeMs) / 3_600_000);
}

/**
 * The limit to give to the controller, which takes only whole kilowatt-hours of a session: rounded down, so that a
 * charger left alone stops too early and not too late; once that is near, rounded up, because the driver then stops it
 * in between. Null beyond what fits into its eight bits.
 */
export function backstopKwh(sessionWs: number, remainingWh: number, leadWh: number): number | null {
  const sessionWh = sessionWs / WS_PER_WH;
  const below = Math.floor((sessionWh + remainingWh) / 1_000);
  const limitKwh = sessionWh + leadWh < below * 1_000 ? below : Math.ceil((sessionWh + remainingWh) / 1_000);
  return limitKwh > 255 ? null : Math.max(1, limitKwh);
}
