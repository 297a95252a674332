import type { MoneyRules } from "../money-rules.ts";
import type { Tariff } from "../tariff.ts";

/** What was agreed when the customer chose; a later change of price or configuration never touches it. */
export interface Terms {
  readonly productName: string;
  readonly sku: string;
  readonly tariff: Tariff;
  /** The maximum that the customer chose. */
  readonly maximumMinor: number;
  /** How long an offer waits for the customer. */
  readonly offerTimeoutMs: number;
  /** How long the service keeps a reservation committable, counted from the offer to be on the safe side. */
  readonly commitTimeoutMs: number;
  /** How long before the end of the hold delivery stops, so that settling fits in with its retries. */
  readonly settleMarginMs: number;
  /** How long before the end of the hold an unresolved reservation is handed to a person. */
  readonly handoverMarginMs: number;
  /** The payment service that the offer is made at: no other one knows it. Absent in older journals, which knew one. */
  readonly provider?: string;
  /** The payment terminal that the offer is made at: no other one reaches it. Absent in older journals. */
  readonly terminal?: string;
  /** The device that meters it: readings of another one say nothing about this sale. Absent in older journals. */
  readonly meter?: string;
  /** What amounts the payment service takes. Absent where it takes every amount, and in older journals. */
  readonly rules?: MoneyRules;
  /**
   * What the configuration gave to the calls of the sale: a call that is repeated after a restart is the same, whatever
   * the configuration says by then. Only its provider reads it. Absent where it keeps nothing, and in older journals.
   */
  readonly frozen?: Frozen;
}

export type Frozen = Readonly<Record<string, string>>;

/** So many pairs, and so many characters in a key or a value, stand in every sale's first event. */
const FROZEN_PAIRS = 16;
const FROZEN_CHARS = 500;

export function isFrozenBounded(frozen: Frozen): boolean {
  const pairs = Object.entries(frozen);
  return pairs.length <= FROZEN_PAIRS && pairs.every((pair) => pair.every(({ length }) => length <= FROZEN_CHARS));
}

export interface Sale {
  /** Unique for ever; every key that is sent to the payment service derives from it. */
  readonly id: string;
  readonly position: string;
  readonly selectedAtMs: number;
  readonly terms: Terms;
}

export interface Offer {
  /** The payment service's handle. */
  readonly reference: string;
  /** The text of the code to show, unchanged as the service sent it. */
  readonly qrText: string;
  /** When the code is given up here. */
  readonly expiresAtMs: number;
  /** When the service ends the offer by itself; absent where it does not. */
  readonly endsAtMs?: number;
}

export interface Hold {
  readonly authorisedMinor: number;
  readonly reservedAtMs: number;
  /** Until when the service guarantees a commit. */
  readonly untilMs: number;
}

/** Totaliser values in base units of the product. */
interface Metering {
  readonly startBase: number;
  readonly lastBase: number;
  readonly startedAtMs: number;
}

export interface Delivery {
  readonly startBase: number;
  readonly endBase: number;
  readonly quantityBase: number;
  /** What is committed: the price of the quantity, never above the reservation. */
  readonly amountMinor: number;
  /** What was dispensed and is not committed: the merchant's loss. */
  readonly lossMinor: number;
  /** The part of the loss that the payment service does not take; the other part is beyond the reservation. */
  readonly waivedMinor?: number;
  /** False when the meter could not be read at the end and its last journaled value stands in. */
  readonly certain: boolean;
  readonly endedAtMs: number;
}

/** Why a delivery was told to stop; null while nobody did. */
export type StopReason = "customer" | "operator" | "deadline" | "no-flow" | "fault" | "restart";

/** Why nothing was charged, or why a person has to look. */
export type Reason =
  | "customer"
  | "operator"
  | "offer-timeout"
  | "refused"
  | "service-unavailable"
  /** The service does no sale of this amount. */
  | "amount-refused"
  | "service-silent"
  | "payment-canceled"
  | "payment-failed"
  | "payment-expired"
  | "hold-too-short"
  | "dispenser-fault"
  | "fault"
  | "nothing-dispensed"
  /** What was dispensed is worth less than the payment service takes. */
  | "below-minimum"
  | "meter-unread"
  | "delivery-disputed"
  | "restart"
  | "reservation-lost"
  | "captured-differs"
  | "captured-unasked"
  | "settle-refused"
  | "release-refused"
  | "contradicted"
  | "deadline"
  | HandedOver;

const OUT_OF_REACH = ["position-gone", "provider-gone", "terminal-changed", "meter-changed"] as const;

/** What a changed configuration has put a sale out of the daemon's reach by. */
export type OutOfReach = (typeof OUT_OF_REACH)[number];

/** What closes an open sale for a person without another word to the service or to a device. */
export const HANDED_OVER = [...OUT_OF_REACH, "journal-accepted"] as const;

/** `journal-accepted`: somebody went on with a journal of which a part was lost, and of the sale there may be more. */
export type HandedOver = (typeof HANDED_OVER)[number];

export function isOutOfReach(reason: string | null): reason is OutOfReach {
  return OUT_OF_REACH.some((each) => each === reason);
}

export interface Receipt {
  /** The payment service's reference of the finished payment, printed and kept for refunds. */
  readonly paymentReference: string;
  readonly paidAt: string | null;
  /** What else the service said, as it said it. */
  readonly details: Readonly<Record<string, string>>;
}

export type Outcome = "paid" | "released" | "needs-attention";

export interface Idle {
  readonly phase: "idle";
}
export interface Offering {
  readonly phase: "offering";
  readonly sale: Sale;
}
export interface Offered {
  readonly phase: "offered";
  readonly sale: Sale;
  readonly offer: Offer;
}
export interface Reserved {
  readonly phase: "reserved";
  readonly sale: Sale;
  readonly offer: Offer;
  readonly hold: Hold;
}
export interface Dispensing {
  readonly phase: "dispensing";
  readonly sale: Sale;
  readonly offer: Offer;
  readonly hold: Hold;
  readonly metering: Metering;
  readonly stopping: StopReason | null;
}
/** What was delivered is committed. */
export interface Committing {
  readonly phase: "settling";
  readonly aim: "commit";
  readonly sale: Sale;
  readonly offer: Offer;
  readonly hold: Hold;
  readonly delivery: Delivery;
  /** How many calls were answered with no, and sent once more; absent while none was. */
  readonly declined?: number;
}
/** Nothing was delivered: whatever may be open at the service is released. */
export interface Releasing {
  readonly phase: "settling";
  readonly aim: "release";
  readonly sale: Sale;
  /** Null when the service's answer to the offer never came: an offer may or may not be open. */
  readonly offer: Offer | null;
  readonly hold: Hold | null;
  readonly delivery: Delivery | null;
  readonly reason: Reason;
  readonly sinceMs: number;
  /** As of a commit. */
  readonly declined?: number;
}
export interface Closed {
  readonly phase: "closed";
  readonly outcome: Outcome;
  readonly reason: Reason | null;
  readonly sale: Sale;
  readonly offer: Offer | null;
  readonly hold: Hold | null;
  readonly delivery: Delivery | null;
  readonly chargedMinor: number;
  /** What the service still held when it had taken the charge; absent where it held nothing. */
  readonly stillHeldMinor?: number;
  readonly receipt: Receipt | null;
  readonly closedAtMs: number;
  /** What became of the payment was learned only after the sale was closed, and recorded once before. */
  readonly amends?: true;
}

export type State = Idle | Offering | Offered | Reserved | Dispensing | Committing | Releasing | Closed;
export type Open = Exclude<State, Idle | Closed>;

export const IDLE: Idle = { phase: "idle" };

export function isOpen(state: State): state is Open {
  return state.phase !== "idle" && state.phase !== "closed";
}
