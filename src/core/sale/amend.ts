import type { EventOf } from "./event.ts";
import { type Closed, isOutOfReach } from "./state.ts";

/**
 * Whether nobody knows yet what has become of the payment of a sale that was handed to a person. Of one that is out of
 * reach nothing can be learned. One of an accepted journal may have been settled by what was lost: it is asked about.
 */
export function awaitsTruth(closed: Closed): boolean {
  const { outcome, amends, receipt, reason } = closed;
  const isOver = reason === "reservation-lost" || isOutOfReach(reason);
  return outcome === "needs-attention" && amends !== true && receipt === null && !isOver;
}

/** What is learned after a hand-over fills in the record; a sale that came out as it was meant needs nobody any more. */
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
  const charged = { ...after, chargedMinor, receipt: event.receipt };
  if (dueMinor === 0) return { ...charged, reason: "captured-unasked" };
  if (chargedMinor !== dueMinor) return { ...charged, reason: "captured-differs" };
  return { ...charged, outcome: "paid", reason: null };
}
