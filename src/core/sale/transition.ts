import { amended, stillHeldOf } from "./amend.ts";
import type { Effect } from "./effect.ts";
import type { EventOf, SaleEvent } from "./event.ts";
import { deliveryOf, limitOf } from "./metering.ts";
import { operationOf } from "./resolve.ts";
import type {
  Closed,
  Committing,
  Delivery,
  Dispensing,
  Hold,
  Offered,
  Offering,
  Open,
  Outcome,
  Reason,
  Releasing,
  Reserved,
  Sale,
  State,
  StopReason,
} from "./state.ts";
import { isOpen } from "./state.ts";
import { extendedOfferMs, holdOf, mustStopAtMs, offerOf } from "./timing.ts";

export type Step = readonly [State, readonly Effect[]];

/**
 * The whole life of a sale. An event that does not concern the current sale, or cannot happen in its state,
 * leaves the state as it is: the very same object, by which the engine sees that there is nothing to record.
 */
export function transition(state: State, event: SaleEvent): Step {
  const next = decide(state, event);
  return [next, next === state || goesOn(event) ? [] : owed(next)];
}

/** What is owed already stays owed, and is not begun anew. */
function goesOn(event: SaleEvent): boolean {
  return event.type === "metered" || event.type === "extended" || event.type === "attempt-declined";
}

/** The effects a state waits for: run when it is entered, and again after a restart. */
export function owed(state: State): readonly Effect[] {
  switch (state.phase) {
    case "idle":
    case "closed":
      return [];
    case "offering":
      return [{ type: "offer", state }];
    case "offered":
      return [{ type: "watch", state }];
    case "reserved":
      return [{ type: "start-meter", state }];
    case "dispensing":
      return [state.stopping === null ? { type: "arm", state, limitBase: limitOf(state) } : { type: "stop", state }];
    case "settling":
      return [state.aim === "commit" ? { type: "settle", state } : { type: "release", state }];
  }
}

function decide(state: State, event: SaleEvent): State {
  if (event.type === "selected") return isOpen(state) ? state : begin(event);
  if (state.phase !== "idle" && state.sale.id !== event.saleId) return state;
  if (event.type === "handed-over") return isOpen(state) ? handOver(state, event) : state;
  switch (state.phase) {
    case "idle":
      return state;
    case "closed":
      return event.type === "captured" || event.type === "released" ? amended(state, event) : state;
    case "offering":
      return whileOffering(state, event);
    case "offered":
      return whileOffered(state, event);
    case "reserved":
      return whileReserved(state, event);
    case "dispensing":
      return whileDispensing(state, event);
    case "settling":
      return whileSettling(state, event);
  }
}

function begin(event: EventOf<"selected">): Offering {
  const sale: Sale = { id: event.saleId, position: event.position, selectedAtMs: event.atMs, terms: event.terms };
  return { phase: "offering", sale };
}

function whileOffering(state: Offering, event: SaleEvent): State {
  switch (event.type) {
    case "offer-made":
      return { phase: "offered", sale: state.sale, offer: offerOf(state.sale, event) };
    case "offer-refused":
      return close(state, event, "released", refusalReason(event));
    case "offer-unanswered":
      return release(state, event, "service-silent");
    case "contradicted":
      return close(state, event, "needs-attention", "contradicted");
    case "restarted":
      return release(state, event, "restart");
    default:
      return state;
  }
}

function refusalReason({ customer, reason }: EventOf<"offer-refused">): Reason {
  if (reason === "amount") return "amount-refused";
  if (customer === "declined") return "payment-failed";
  return customer === "unavailable" ? "service-unavailable" : "refused";
}

function whileOffered(state: Offered, event: SaleEvent): State {
  switch (event.type) {
    case "reserved": {
      const hold = holdOf(state.sale, event);
      const held = { ...state, hold };
      if (limitOf(held) <= 0) return release(held, event, "hold-too-short");
      if (event.atMs >= mustStopAtMs(state.sale, hold)) return release(held, event, "hold-too-short");
      return { phase: "reserved", sale: state.sale, offer: state.offer, hold };
    }
    case "extended": {
      const expiresAtMs = extendedOfferMs(state, event.atMs);
      return expiresAtMs > state.offer.expiresAtMs ? { ...state, offer: { ...state.offer, expiresAtMs } } : state;
    }
    case "payment-ended":
      return close(state, event, "released", `payment-${event.how}`);
    case "captured":
      return close(state, event, "needs-attention", "captured-unasked");
    case "contradicted":
      return close(state, event, "needs-attention", "contradicted");
    case "abandoned":
      return release(state, event, event.reason);
    case "deadline-passed":
      return release(state, event, "offer-timeout");
    case "restarted":
      return release(state, event, "restart");
    default:
      return state;
  }
}

function whileReserved(state: Reserved, event: SaleEvent): State {
  switch (event.type) {
    case "meter-started": {
      if (event.atMs >= mustStopAtMs(state.sale, state.hold)) return release(state, event, "hold-too-short");
      const startBase = event.totaliserBase;
      const metering = { startBase, lastBase: startBase, startedAtMs: event.atMs };
      return { ...state, phase: "dispensing", metering, stopping: null };
    }
    case "dispenser-failed":
      return release(state, event, "dispenser-fault");
    case "abandoned":
      return release(state, event, event.reason);
    case "deadline-passed":
      return release(state, event, "hold-too-short");
    case "restarted":
      return release(state, event, "restart");
    default:
      return state;
  }
}

function whileDispensing(state: Dispensing, event: SaleEvent): State {
  switch (event.type) {
    case "metered":
      if (event.totaliserBase <= state.metering.lastBase) return state;
      return { ...state, metering: { ...state.metering, lastBase: event.totaliserBase } };
    case "stop-requested":
    case "abandoned":
      return stop(state, event.reason);
    case "deadline-passed":
      return state.stopping === null ? stop(state, "deadline") : delivered(state, event, null);
    case "dispenser-failed":
      return stop(state, "fault");
    case "restarted":
      // Whatever else had stopped it: from here on the meter may have forgotten.
      return state.stopping === "restart" ? state : { ...state, stopping: "restart" };
    case "delivered":
      return delivered(state, event, event.totaliserBase);
    case "contradicted":
      return disputed(state, event);
    default:
      return state;
  }
}

function whileSettling(state: Committing | Releasing, event: SaleEvent): State {
  const committing = state.aim === "commit";
  switch (event.type) {
    case "captured": {
      if (state.aim === "release") return close(state, event, "needs-attention", "captured-unasked");
      const capturedMinor = event.capturedMinor ?? state.delivery.amountMinor;
      if (capturedMinor !== state.delivery.amountMinor)
        return close(state, event, "needs-attention", "captured-differs");
      return close(state, event, "paid", null);
    }
    case "released":
      if (committing) return close(state, event, "needs-attention", "reservation-lost");
      return close(state, event, "released", state.reason);
    case "attempt-declined":
      if (event.operation !== operationOf(state)) return state;
      return { ...state, declined: (state.declined ?? 0) + 1 };
    case "resolution-refused":
      return close(state, event, "needs-attention", committing ? "settle-refused" : "release-refused");
    case "contradicted":
      return close(state, event, "needs-attention", "contradicted");
    case "deadline-passed":
      return close(state, event, "needs-attention", "deadline");
    default:
      return state;
  }
}

/** Null when the meter could not be read. What nobody measured nobody can charge, nor call undelivered. */
function delivered(state: Dispensing, event: SaleEvent, totaliserBase: number | null): State {
  const delivery = deliveryOf(state, totaliserBase, event.atMs);
  if (delivery.amountMinor === 0 && !delivery.certain) {
    return close({ ...state, delivery }, event, "needs-attention", "meter-unread");
  }
  if (delivery.amountMinor === 0) {
    return release({ ...state, delivery }, event, delivery.lossMinor > 0 ? "below-minimum" : "nothing-dispensed");
  }
  const { sale, offer, hold } = state;
  return { phase: "settling", aim: "commit", sale, offer, hold, delivery };
}

/** Nobody but a person can say what came out. The reservation stays until its end, or until they settle it. */
function disputed(state: Dispensing, event: EventOf<"contradicted">): Closed {
  const delivery = deliveryOf(state, null, event.atMs);
  return close({ ...state, delivery }, event, "needs-attention", "delivery-disputed");
}

/** Nothing more is sent, and no meter is read: of a delivery counts what was journaled. */
function handOver(state: Open, event: EventOf<"handed-over">): Closed {
  const delivery = state.phase === "dispensing" ? deliveryOf(state, null, event.atMs) : null;
  return close(delivery === null ? state : { ...state, delivery }, event, "needs-attention", event.reason);
}

function stop(state: Dispensing, reason: StopReason): Dispensing {
  return state.stopping === null ? { ...state, stopping: reason } : state;
}

function release(
  state: { sale: Sale; offer?: Offered["offer"]; hold?: Hold; delivery?: Delivery },
  event: SaleEvent,
  reason: Reason,
): Releasing {
  return {
    phase: "settling",
    aim: "release",
    sale: state.sale,
    offer: state.offer ?? null,
    hold: state.hold ?? null,
    delivery: state.delivery ?? null,
    reason,
    sinceMs: event.atMs,
  };
}

function close(
  state: Open & { delivery?: Delivery | null },
  event: SaleEvent,
  outcome: Outcome,
  reason: Reason | null,
): Closed {
  const captured = event.type === "captured" ? event : null;
  const delivery = state.delivery ?? null;
  return {
    phase: "closed",
    outcome,
    reason,
    sale: state.sale,
    offer: "offer" in state ? state.offer : null,
    hold: "hold" in state ? state.hold : null,
    delivery,
    chargedMinor: captured === null ? 0 : (captured.capturedMinor ?? delivery?.amountMinor ?? 0),
    ...stillHeldOf(captured),
    receipt: captured?.receipt ?? null,
    closedAtMs: event.atMs,
  };
}
