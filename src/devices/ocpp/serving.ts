import type { Clock } from "../../ports/clock.ts";
import type { Account } from "./account.ts";
import { type Brake, LEAST_W, type SlowSettings } from "./brake.ts";
import { type Delivery, SLOW_MS, STOP_LATENCY_MS, silentMs } from "./delivery.ts";
import type { Evidence } from "./evidence.ts";
import type { Rest } from "./rest.ts";

export interface ServingSettings {
  readonly maxPowerW: number;
  readonly sampleMs: number;
  /** Null for a charger that takes no profiles. */
  readonly slow: SlowSettings | null;
}

interface Look {
  /** It must be stopped now, or what flows until a stop has its effect may go beyond the limit. */
  readonly isDue: boolean;
  /** Nobody knows any more what flows. */
  readonly isSilent: boolean;
  /** The charger is to be asked for a sample that has not come. */
  readonly wantsSample: boolean;
  /** So near to the limit that a lower current gets closer to it. */
  readonly wantsSlow: boolean;
}

/** A little more than the least current gives. */
const SLOW_W = LEAST_W * 1.3;

/** Looks after a delivery that runs, until it is due or nobody knows any more what flows. */
export class Serving {
  readonly #settings: ServingSettings;
  readonly #account: Account;
  readonly #brake: Brake;
  readonly #rest: Rest;
  readonly #clock: Clock;

  constructor(settings: ServingSettings, account: Account, brake: Brake, rest: Rest, clock: Clock) {
    this.#settings = settings;
    this.#account = account;
    this.#brake = brake;
    this.#rest = rest;
    this.#clock = clock;
  }

  look(delivery: Delivery): "on" | "due" | "silent" {
    const { evidence, settledBase, open } = this.#account;
    if (evidence === null || open === null) return "on";
    const nowMs = this.#clock.monotonicMs();
    const look = lookAt(delivery, evidence, settledBase, this.#settings, nowMs);
    if (look.isSilent) return "silent";
    if (look.isDue) return "due";
    if (look.wantsSlow) void this.#slowDown(delivery, open.id, nowMs);
    if (look.wantsSample) {
      delivery.askedSampleMs = nowMs;
      this.#rest.askFor("MeterValues");
    }
    return "on";
  }

  async #slowDown(delivery: Delivery, transactionId: number, nowMs: number): Promise<void> {
    delivery.slowedMs = nowMs;
    delivery.slowTaken = await this.#brake.slowDown(transactionId);
  }
}

/** One look at a delivery that runs. @param settledBase the totaliser at its start */
function lookAt(
  delivery: Delivery,
  evidence: Evidence,
  settledBase: number,
  { maxPowerW, sampleMs, slow }: ServingSettings,
  nowMs: number,
): Look {
  const limitWh = delivery.endBase - settledBase;
  const isSlow =
    delivery.slowTaken &&
    delivery.slowedMs !== null &&
    evidence.heardMs - delivery.slowedMs >= SLOW_MS &&
    evidence.powerW !== null &&
    evidence.powerW <= SLOW_W;
  const mostW = isSlow ? Math.min(maxPowerW, SLOW_W) : maxPowerW;
  const slowInMs = STOP_LATENCY_MS + sampleMs + SLOW_MS;
  const silenceMs = nowMs - evidence.heardMs;
  return {
    isDue: evidence.mostWh(nowMs + STOP_LATENCY_MS, mostW) >= limitWh,
    isSilent: silenceMs > silentMs(sampleMs),
    wantsSample: silenceMs > 2 * sampleMs && nowMs - delivery.askedSampleMs > 2 * sampleMs,
    wantsSlow:
      slow !== null &&
      delivery.slowedMs === null &&
      maxPowerW > SLOW_W &&
      evidence.mostWh(nowMs + slowInMs, maxPowerW) >= limitWh,
  };
}
