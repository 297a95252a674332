import { blocks, type Fault, type FaultOwner, faultsAt, owner, type Severity, severity } from "../faults.ts";
import { formatAmount } from "../money.ts";
import { formatQuantity } from "../quantity.ts";
import { formatUnitPrice, priceMinor, type Tariff } from "../tariff.ts";
import { isoTime } from "../time.ts";
import type { CustomerHint } from "./event.ts";
import { type Closed, isOpen, type Offered, type Reason, type State, type StopReason } from "./state.ts";
import { codeUntilMs, isExtendable } from "./timing.ts";

/** What the display says, in the customer's language; the texts stand with the display. */
export type Message =
  | "choose"
  | "out-of-service"
  | "preparing"
  | "scan"
  /** The same, after a try to pay that did not go well. */
  | "scan-again"
  /** The code is down; whoever has scanned it may still confirm. */
  | "confirm"
  | "wait"
  | "begin"
  | "dispensing"
  | "stopping"
  | "settling"
  | "releasing"
  | "paid"
  | "in-review"
  /** What came out nobody can tell: not the payment is looked at, but the device. */
  | "staff-decides"
  | "canceled"
  | "declined"
  /** The payment service does no sale of the amount that was chosen. */
  | "amount-impossible"
  | "expired"
  | "nothing-dispensed"
  /** What was dispensed is too little to be charged. */
  | "too-little"
  | "unavailable"
  | "failed";

/** What a position sells now; a change takes effect with the next sale. */
export interface Goods {
  readonly position: string;
  readonly productName: string;
  readonly sku: string;
  readonly tariff: Tariff;
  /** The maxima that a customer may choose between. */
  readonly reserveMinor: readonly number[];
  /** Goods are chosen at the device, before the customer pays: a maximum chosen on a display could buy nothing. */
  readonly areChosenAtDevice?: boolean;
}

/** All that a display may draw and telemetry may publish. Amounts and quantities are plain decimals. */
export interface PositionView {
  readonly id: string;
  readonly state: State["phase"];
  readonly product: { readonly name: string; readonly sku: string; readonly unit: string };
  readonly currency: string;
  readonly unitPrice: string;
  readonly taxRate: string;
  /** The least that a purchase costs; null when there is no such amount. */
  readonly minimum: string | null;
  /** The maxima to choose between; empty where goods are chosen at the device. */
  readonly reserve: readonly string[];
  readonly available: boolean;
  readonly saleId: string | null;
  /** The maximum chosen, from the choice on. */
  readonly reserved: string | null;
  readonly quantity: string;
  readonly amount: string;
  readonly charged: string | null;
  readonly freed: string | null;
  /** The code's text while it may be scanned, else null (money rule 6). */
  readonly qr: string | null;
  readonly expiresAt: string | null;
  /** What the customer has to be warned of: when the screen's time is over, and whether they may have more. */
  readonly timeout: { readonly at: string; readonly extendable: boolean } | null;
  readonly reference: string | null;
  /** Who ended the delivery, where that was neither the customer nor the device itself: the customer is told why. */
  readonly stoppedBy: StopReason | null;
  /** When the sale was closed; null until then. */
  readonly closedAt: string | null;
  readonly faults: readonly FaultView[];
  readonly message: Message;
}

interface FaultView {
  readonly code: string;
  readonly severity: Severity;
  readonly owner: FaultOwner;
  readonly since: string;
}

/** What the engine knows beside the journaled state. */
export interface Live {
  /** The sale's clock. */
  readonly nowMs: number;
  /** The last reading. */
  readonly totaliserBase: number | null;
  /** Until when a closed sale is still shown. */
  readonly presentedUntilMs: number | null;
  /** When a delivery in which nothing flows will be ended; null while that is far. */
  readonly noFlowAtMs: number | null;
  /** What the payment service says of the customer's tries to pay an offer that is open still; null when nothing. */
  readonly tried: CustomerHint | null;
  /** Who ended the delivery that is shown; null where nobody did, and when that is forgotten. */
  readonly stoppedBy: StopReason | null;
}

export function positionView(goods: Goods, state: State, live: Live, allFaults: readonly Fault[]): PositionView {
  const shown: State = state.phase === "closed" && live.presentedUntilMs === null ? { phase: "idle" } : state;
  const faults = faultsAt(allFaults, goods.position);
  const blocked = faults.some(blocks);
  const sale = shown.phase === "idle" ? null : shown.sale;
  const tariff = sale?.terms.tariff ?? goods.tariff;
  const money = (amountMinor: number): string => formatAmount(amountMinor, tariff.currency);
  const delivered = deliveredBase(shown, live);
  const closed = shown.phase === "closed" ? shown : null;
  return {
    id: goods.position,
    state: shown.phase,
    product: {
      name: sale?.terms.productName ?? goods.productName,
      sku: sale?.terms.sku ?? goods.sku,
      unit: tariff.unit,
    },
    currency: tariff.currency,
    unitPrice: formatUnitPrice(tariff),
    taxRate: String(tariff.taxRateBps / 100),
    minimum: tariff.minimumMinor === 0 ? null : money(tariff.minimumMinor),
    reserve: goods.areChosenAtDevice === true ? [] : goods.reserveMinor.map(money),
    available: !isOpen(state) && !blocked,
    saleId: sale?.id ?? null,
    reserved: sale === null ? null : money(sale.terms.maximumMinor),
    quantity: formatQuantity(delivered, tariff.unit),
    amount: money(amountOf(shown, delivered)),
    charged: closed === null ? null : money(closed.chargedMinor),
    freed: closed === null ? null : money(freedMinor(closed)),
    qr: shown.phase === "offered" && !blocked && isScannable(shown, live) ? shown.offer.qrText : null,
    expiresAt: shown.phase === "offered" ? isoTime(shown.offer.expiresAtMs) : null,
    timeout: timeoutOf(shown, live),
    reference: closed?.receipt?.paymentReference ?? null,
    stoppedBy: live.stoppedBy === "customer" ? null : live.stoppedBy,
    closedAt: closed === null ? null : isoTime(closed.closedAtMs),
    faults: faults.map(({ code, sinceMs }) => {
      return { code, severity: severity(code), owner: owner(code), since: isoTime(sinceMs) };
    }),
    message: messageOf(shown, blocked, live),
  };
}

/** What was held and not charged. An unresolved reservation frees nothing that we could promise. */
export function freedMinor(closed: Closed): number {
  if (closed.hold === null || closed.outcome === "needs-attention") return 0;
  return Math.max(0, closed.hold.authorisedMinor - closed.chargedMinor - (closed.stillHeldMinor ?? 0));
}

function isScannable(state: Offered, { nowMs }: Live): boolean {
  return nowMs < codeUntilMs(state);
}

function timeoutOf(state: State, live: Live): PositionView["timeout"] {
  switch (state.phase) {
    case "offered": {
      const atMs = isScannable(state, live) ? codeUntilMs(state) : state.offer.expiresAtMs;
      return { at: isoTime(atMs), extendable: isExtendable(state) };
    }
    case "dispensing":
      if (live.noFlowAtMs === null || state.stopping !== null) return null;
      return { at: isoTime(live.noFlowAtMs), extendable: true };
    case "closed":
      return live.presentedUntilMs === null ? null : { at: isoTime(live.presentedUntilMs), extendable: true };
    default:
      return null;
  }
}

function deliveredBase(state: State, live: Live): number {
  if (state.phase === "dispensing") {
    const { startBase, lastBase } = state.metering;
    return Math.max(live.totaliserBase ?? lastBase, lastBase) - startBase;
  }
  return "delivery" in state ? (state.delivery?.quantityBase ?? 0) : 0;
}

function amountOf(state: State, delivered: number): number {
  if (state.phase === "dispensing") {
    return Math.min(priceMinor(state.sale.terms.tariff, delivered), state.sale.terms.maximumMinor);
  }
  return "delivery" in state ? (state.delivery?.amountMinor ?? 0) : 0;
}

function messageOf(state: State, blocked: boolean, live: Live): Message {
  switch (state.phase) {
    case "idle":
      return blocked ? "out-of-service" : "choose";
    case "offering":
      return "preparing";
    case "offered":
      if (!isScannable(state, live)) return "confirm";
      if (blocked) return "wait";
      return live.tried === null ? "scan" : "scan-again";
    case "reserved":
      return "begin";
    case "dispensing":
      return state.stopping === null ? "dispensing" : "stopping";
    case "settling":
      return state.aim === "commit" ? "settling" : "releasing";
    case "closed":
      return closedMessage(state);
  }
}

const RELEASED: Readonly<Partial<Record<Reason, Message>>> = {
  customer: "canceled",
  "payment-canceled": "canceled",
  "payment-failed": "declined",
  "payment-expired": "expired",
  "offer-timeout": "expired",
  "nothing-dispensed": "nothing-dispensed",
  "below-minimum": "too-little",
  "service-unavailable": "unavailable",
  "amount-refused": "amount-impossible",
};

function closedMessage(state: Closed): Message {
  if (state.outcome === "paid") return "paid";
  if (state.outcome === "needs-attention") return state.reason === "delivery-disputed" ? "staff-decides" : "in-review";
  return (state.reason === null ? undefined : RELEASED[state.reason]) ?? "failed";
}
