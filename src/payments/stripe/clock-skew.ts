import type { Clock } from "../../ports/clock.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { ServiceTime } from "../../ports/payment.ts";

/** A page's end is told in the kiosk's time, and the service wants it 30 minutes ahead of its own; three are to spare. */
const MOST_APART_MS = 60_000;
/** For so long the service's time is counted on from its last answer. */
const FRESH_MS = 60 * 60_000;

/** Why no offer can be made with this clock; null when it is near the service's, or nobody knows. */
export function clockProblem<T>(clock: Clock, heard: ServiceTime | null): Outcome<T> | null {
  if (heard === null) return null;
  const sinceMs = clock.monotonicMs() - heard.heardMs;
  const apartMs = clock.wallMs() - (heard.atMs + sinceMs);
  if (sinceMs > FRESH_MS || Math.abs(apartMs) <= MOST_APART_MS) return null;
  const apartS = Math.round(Math.abs(apartMs) / 1000);
  const detail = `this kiosk's clock is ${apartS} s ${apartMs > 0 ? "ahead of" : "behind"} Stripe's`;
  const advice = "Set the kiosk's clock, and see why it is not set over the network (timedatectl).";
  return { kind: "declined", reason: "rejected", detail, advice };
}
