import type { Outcome } from "../../ports/outcome.ts";
import { possibleWh } from "./evidence.ts";

/** How long an order to stop may take until nothing flows any more. */
export const STOP_LATENCY_MS = 10_000;
/** A lower current shows in the power by then. */
export const SLOW_MS = 10_000;
/** How late a sample may come beyond two intervals. */
const SAMPLE_SLACK_MS = 5_000;

/** From the order to begin until the charger has said that it is over. */
export interface Delivery {
  /** Where the totaliser must not get beyond. */
  readonly endBase: number;
  phase: "waiting" | "starting" | "running" | "ending";
  /** The tag that the charger was told to begin with; null before. */
  tag: string | null;
  /** Told once the charger has begun, or will not. */
  begun: (outcome: Outcome<null>) => void;
  /** When a lower current was asked for; null before. */
  slowedMs: number | null;
  slowTaken: boolean;
  askedSampleMs: number;
  toldMs: number;
}

export function beginDelivery(startBase: number, limitBase: number, nowMs: number): Delivery {
  return {
    endBase: startBase + limitBase,
    phase: "waiting",
    tag: null,
    begun: () => {},
    slowedMs: null,
    slowTaken: false,
    askedSampleMs: nowMs,
    toldMs: Number.NEGATIVE_INFINITY,
  };
}

/** Less than so much cannot be sold: it could flow between a sample and the stop that follows from it. */
export function leastWh(maxPowerW: number, sampleMs: number): number {
  return Math.ceil((maxPowerW * (sampleMs + STOP_LATENCY_MS)) / 3_600_000);
}

/** After so long without a sample nobody knows what flows. */
export function silentMs(sampleMs: number): number {
  return 2 * sampleMs + SAMPLE_SLACK_MS;
}

/** In Wh a second, for readings that a restart finds: what can lie between them. */
export function mostBasePerS(maxPowerW: number): number {
  return possibleWh(maxPowerW, 3_600_000) / 3_600;
}
