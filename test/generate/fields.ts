import { UNIT_NAMES } from "../../src/core/quantity.ts";

/** What a field's name says of its values, wherever it stands: one word is one thing in all messages. */
export const DECIMALS: readonly string[] = [
  ...["amount", "charged", "freed", "loss", "minimum", "quantity", "reserve", "reserved", "tax", "taxRate"],
  "unitPrice",
];
/** Whole numbers are the rule: money and quantities are decimals in strings. */
export const FRACTIONS: readonly string[] = ["loopLagMs", "temperatureC"];
/** ISO 8601 in UTC. `paidAt` is not among them: it stands as the payment service says it. */
export const TIMES: readonly string[] = [
  ...["at", "since", "closedAt", "deliveredAt", "expiresAt", "reservedAt", "selectedAt"],
];

/**
 * What the fields mean whose type says nothing of it, by name or by path; a path ends with the value of a field that
 * tells kinds of a message apart. A comment at the type goes before all of them.
 */
export const MEANINGS: Readonly<Record<string, string>> = {
  amount: "What the quantity costs, with tax.",
  amountMinor: "In minor units of the currency.",
  at: "When it was noticed.",
  atMs: "When it happened, in milliseconds since 1970 (UTC).",
  available: "A new customer can begin.",
  carried: "Too young to be missed: looked for again in the next period.",
  charged: "What the customer paid, with tax.",
  closedAt: "When it was settled, released or handed to a person.",
  amends:
    "True when it takes the place of the sale's earlier record: what became of the payment was learned after the hand-over. Left out otherwise.",
  code: "Of the fault.",
  command: "Its name.",
  currency: "ISO 4217.",
  deliveredAt: "When the delivery ended; null when there was none.",
  detail: "In words, for people.",
  differing: "On both sides, with different amounts.",
  due: "The local time it was due by; null when somebody asked for it.",
  expiresAt: "When the offer ends; null without one.",
  extendable: "The customer may ask for more time.",
  faults: "Those that concern the position.",
  freed: "Reserved and not charged.",
  invoiceReference: "The payment service's reference of the offer.",
  matched: "How many bookings are the same on both sides.",
  missingHere: "In the service's books, not in the journal.",
  missingThere: "In the journal, not in the service's books.",
  name: "As on the display.",
  outcome: "`needs-attention`: nobody knows yet what was paid, a person has to look.",
  oursMinor: "The amount in the journal, in minor units.",
  paidAt: "As the service says it.",
  paymentReference: "The payment service's reference of the payment.",
  periodId: "The payment service's name of the period.",
  position: "Its id.",
  product: "Its name.",
  quantity: "What was delivered, in `unit`.",
  reason: "Why nothing was charged or a person has to look; null when all went well.",
  receipt: "The payment service's part of the receipt; null when nothing was paid.",
  reference: "The payment service's reference; null when it gave none.",
  refundId: "Of the refund, in all its steps.",
  reserve: "The maxima that a customer may choose between.",
  reserved: "The amount held on the customer's account.",
  reservedAt: "When the amount was held; null when it never was.",
  saleId: "Of the sale; unique for ever.",
  selectedAt: "When the customer chose a maximum.",
  since: "When it began.",
  sku: "The product's number.",
  tax: "Contained in `charged`.",
  taxRate: "In percent.",
  theirsMinor: "The amount in the service's books, in minor units.",
  throughRefund: "Refunds up to this `seq` were looked at.",
  unit: `Of the quantity: ${UNIT_NAMES.map((unit) => `\`${unit}\``).join(", ")}.`,
  unitPrice: "For one unit, with tax.",
  "FaultsMessage.faults": "Empty when all is well.",
  "ReconciliationMessage.type.begun": "The payment service is asked to close its period.",
  "ReconciliationMessage.type.compared": "Its books of the period were held against the journal.",
  "ReconciliationMessage.type.failed": "It was given up.",
  "ReconciliationMessage.type.mark-unclear": "No clear answer: a period may have been closed whose name nobody knows.",
  "ReconciliationMessage.type.marked": "The period is closed.",
  "ReconciliationMessage.type.requested": "Somebody asked for one outside the schedule.",
  "RefundMessage.type.asked": "Noted before anything is sent.",
  "RefundMessage.type.made": "The money is given back.",
  "RefundMessage.type.refused": "The payment service said no.",
  "RefundMessage.type.unclear": "No clear answer: it may or may not have been made.",
  "StateMessage.charged": "What the customer paid; null until the sale is closed.",
  "StateMessage.freed": "Reserved and not charged; null until the sale is closed.",
  "StateMessage.id": "Of the position.",
  "StateMessage.product": "What is sold.",
  "StateMessage.quantity": "What has been delivered, in `product.unit`. While it flows, see the meter.",
  "StateMessage.reference": "The payment service's reference of the payment; null until it is paid.",
  "StateMessage.saleId": "The sale shown; null when there is none.",
  "StateMessage.state": "The phase of the sale shown; `idle` without one.",
  "StateMessage.timeout.at": "When the screen's time is over.",
  "TodayMessage.charged": "What the customers paid, with tax.",
  "StatusMessage.state.offline": "It is gone.",
  "StatusMessage.state.online": "It is connected.",
};
