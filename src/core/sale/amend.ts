import type { EventOf } from "./event.ts";
import { type Closed, isOutOfReach } from "./state.ts";

/**
 * Whether a sale was handed to a person, and nobody knows yet what has become of its payment. Of a sale that is out of
 * reach nothing can be learned. A sale of an accepted journal may have been settled by events that were lost, so the
 * service is asked about it.
 */
export function awaitsTruth(closed: Closed): boolean {
  const { outcome, amends, receipt, reason } = closed;
  const isOver = reason === "reservation-lost" || isOutOfReach(reason);
  return outcome === "needs-attention" && amends !== true && receipt === null && !isOver;
}

/** What a service holds beside what it has taken. */
export function stillHeldOf(event: EventOf<"captured"> | null): Pick<Closed, "stillHeldMinor"> {
  const stillHeldMinor = event?.stillHeldMinor ?? 0;
  return stillHeldMinor > 0 ? { stillHeldMinor } : {};
}

/** What is learned after a hand-over completes the record. A sale that was paid or released as it should be needs nobody any more. */
export function amended(closed: Closed, event: EventOf<"captured" | "released">): Closed {
  if (!awaitsTruth(closed)) return closed;
  const { delivery } = closed;
  const dueMinor = delivery?.amountMinor ?? 0;
  const after: Closed = { ...closed, amends: true };
  if (event.type === "released") {
    if (dueMinor > 0) return { ...after, reason: "reservation-lost" };
    return delivery?.certain === false ? after : { ...after, outcome: "released" };
  }
  const chargedMinor = event.capturedMinor ?? dueMinor;
  const charged = { ...after, chargedMinor, ...stillHeldOf(event), receipt: event.receipt };
  if (dueMinor === 0) return { ...charged, reason: "captured-unasked" };
  if (chargedMinor !== dueMinor) return { ...charged, reason: "captured-differs" };
  return { ...charged, outcome: "paid", reason: null };
}
