import type { EventOf } from "./event.ts";
import type { Committing, Dispensing, Hold, Offer, Offered, Releasing, Sale, State, Terms } from "./state.ts";

/** A code is taken down this long before its offer ends, so that nobody scans what is gone a moment later. */
const CODE_MARGIN_MS = 30_000;
/** How long before a time-out the customer is warned, and may ask for more time. */
export const WARNING_MS = 20_000;
/** The least time that a customer who pays at the last moment of an offer is left to be served. */
const LEAST_SERVICE_MS = 30_000;
/** An offer is given up so long before the service ends it: its clock and ours may differ. */
const SERVICE_END_MARGIN_MS = 10_000;
/** A release is asked for so long after the service was to end the offer by itself. */
const AFTER_SERVICE_END_MS = 60_000;
/** No offer lives longer than this, whatever was told of it: a position is not kept for ever. */
const OFFER_MOST_MS = 25 * 3_600_000;

/** When the state must be left at the latest (wall clock), or null when it may stay for ever. */
export function deadlineMs(state: State): number | null {
  switch (state.phase) {
    case "idle":
    case "closed":
    case "offering":
      return null;
    case "offered":
      return state.offer.expiresAtMs;
    case "reserved":
      return mustStopAtMs(state.sale, state.hold);
    case "dispensing":
      return state.stopping === null ? mustStopAtMs(state.sale, state.hold) : mustBeReadAtMs(state);
    case "settling":
      return handoverAtMs(state);
  }
}

/** Whether an offer that the service ends then leaves time to show its code. */
export function leavesTime(nowMs: number, endsAtMs: number): boolean {
  return lastMs(endsAtMs) - CODE_MARGIN_MS > nowMs;
}

/** Whether the code of an offer that ends in so long is down already; null when it has no end. */
export function isCodeDown(leftMs: number | null): boolean {
  return leftMs !== null && leftMs <= CODE_MARGIN_MS;
}

/** Until when an offer's code may be shown. */
export function codeUntilMs({ offer }: Offered): number {
  return offer.expiresAtMs - CODE_MARGIN_MS;
}

/** The offer that was made at `event.atMs`: it is given up before the service ends it. */
export function offerOf(sale: Sale, { atMs, reference, qrText, endsAtMs }: EventOf<"offer-made">): Offer {
  const expiresAtMs = Math.min(atMs + sale.terms.offerTimeoutMs, lastMs(endsAtMs));
  return { reference, qrText, expiresAtMs, ...(endsAtMs === undefined ? {} : { endsAtMs }) };
}

/** The last moment at which an offer may be given up that the service ends by itself. */
function lastMs(endsAtMs: number | undefined): number {
  return endsAtMs === undefined ? Number.POSITIVE_INFINITY : endsAtMs - SERVICE_END_MARGIN_MS;
}

/** Whether an offer can be made to last longer at all. */
export function isExtendable({ sale, offer }: Offered): boolean {
  return offer.expiresAtMs < latestMs(sale, offer);
}

function latestMs(sale: Sale, { endsAtMs }: Offer): number {
  return Math.min(sale.selectedAtMs + latestOfferMs(sale.terms), lastMs(endsAtMs));
}

/** When the offer ends if the customer asks for more time at `atMs`; as before, unless they have been warned. */
export function extendedOfferMs(state: Offered, atMs: number): number {
  const { sale, offer } = state;
  if (!isExtendable(state) || atMs < codeUntilMs(state) - WARNING_MS) return offer.expiresAtMs;
  return Math.min(atMs + sale.terms.offerTimeoutMs, latestMs(sale, offer));
}

/** How long an offer may last at the longest, counted from the choice. */
export function latestOfferMs(terms: Pick<Terms, "commitTimeoutMs" | "settleMarginMs">): number {
  return terms.commitTimeoutMs - terms.settleMarginMs - LEAST_SERVICE_MS;
}

/** Counted from the choice of the amount, because the service does not say from when it counts. */
export function holdOf(sale: Sale, event: EventOf<"reserved">): Hold {
  const counted = sale.selectedAtMs + sale.terms.commitTimeoutMs;
  const untilMs = event.holdUntilMs === null ? counted : Math.min(counted, event.holdUntilMs);
  return { authorisedMinor: event.authorisedMinor, reservedAtMs: event.atMs, untilMs };
}

/** The last moment of a delivery that leaves time to settle (money rule 7). */
export function mustStopAtMs(sale: Sale, hold: Hold): number {
  return hold.untilMs - sale.terms.settleMarginMs;
}

/** Half of the time to settle is for a meter that does not answer; the other half is for settling. */
function mustBeReadAtMs({ sale, hold }: Dispensing): number {
  return hold.untilMs - Math.floor(sale.terms.settleMarginMs / 2);
}

/**
 * A person gets what is not resolved shortly before the hold ends. A release without a known hold gets
 * the whole of the commit time: until then the service may still be holding something. It also gets the time in which
 * the offer can still be paid at the service: waiting clears up what nobody pays.
 */
function handoverAtMs(state: Committing | Releasing): number {
  const { terms } = state.sale;
  if (state.hold !== null) return state.hold.untilMs - terms.handoverMarginMs;
  if (state.aim === "commit") return state.delivery.endedAtMs + terms.commitTimeoutMs;
  const overMs = state.offer?.endsAtMs === undefined ? 0 : state.offer.endsAtMs + AFTER_SERVICE_END_MS;
  return Math.max(state.sinceMs + terms.commitTimeoutMs, Math.min(overMs, state.sinceMs + OFFER_MOST_MS));
}

/** The longest time that an offer may wait for the customer where the service ends it after so long. */
export function longestOfferTimeoutMs(serviceMs: number): number {
  return serviceMs - SERVICE_END_MARGIN_MS;
}
