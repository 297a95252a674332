import { z } from "zod";
import type { ReconciliationEvent } from "../../core/reconcile.ts";
import type { RefundEvent } from "../../core/refund.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import type { Unaccounted } from "../../core/unaccounted.ts";
import { exactly } from "../../ports/exactly.ts";
import * as field from "./fields.ts";
import { decimal, kind, time } from "./fields.ts";

/** A record of the outbox, with its number in its stream: without gaps, and the same in every repetition. */
type Numbered<T> = { readonly seq: number } & T;

const seq = z.int().min(1).describe("The record's number in its stream.");

const receipt = z.strictObject({
  paymentReference: z
    .string()
    .describe("The payment service's reference of the finished payment, printed and kept for refunds."),
  paidAt: z.string().nullable().describe("As the service says it."),
  details: z.record(z.string(), z.string()).describe("What else the service said, as it said it."),
});

/** The broker takes no message as large as the record. */
interface Shortened {
  readonly shortened?: true;
}

const shortened = (what: string) =>
  z
    .literal(true)
    .exactOptional()
    .describe(`The broker takes no message as large as the record: ${what}. Left out otherwise.`);

const sale = exactly<Numbered<SaleRecord> & Shortened>()(
  z.strictObject({
    seq,
    saleId: field.saleId,
    position: field.position,
    outcome: z
      .enum(["paid", "released", "needs-attention"])
      .describe("`needs-attention`: nobody knows yet what was paid, a person has to look."),
    reason: z.string().nullable().describe("Why nothing was charged or a person has to look; null when all went well."),
    product: z.string().describe("Its name."),
    sku: field.sku,
    unit: field.unit,
    unitPrice: field.unitPrice,
    quantity: field.quantity,
    currency: field.currency,
    reserved: decimal.describe("The amount held on the customer's account."),
    charged: decimal.describe("What the customer paid, with tax."),
    freed: decimal.describe("Reserved and not charged."),
    tax: decimal.describe("Contained in `charged`."),
    loss: decimal.describe("Dispensed and not charged, at the merchant's cost."),
    waived: decimal
      .exactOptional()
      .describe("Of the loss what the payment service does not take: too small an amount, or a part of one."),
    meterCertain: z
      .boolean()
      .describe("False when the meter's last journaled value stands in for a reading that failed."),
    reference: z
      .string()
      .nullable()
      .describe("The payment service's reference of the payment; null when nothing was paid."),
    invoiceReference: z.string().nullable().describe("The payment service's reference of the offer."),
    receipt: receipt.nullable().describe("The payment service's part of the receipt; null when nothing was paid."),
    selectedAt: time.describe("When the customer chose a maximum."),
    reservedAt: time.nullable().describe("When the amount was held; null when it never was."),
    deliveredAt: time.nullable().describe("When the delivery ended; null when there was none."),
    closedAt: time.describe("When it was settled, released or handed to a person."),
    stillHeld: decimal
      .exactOptional()
      .describe(
        "What the payment service still held when the sale was closed, and frees by itself. Left out otherwise.",
      ),
    provider: z
      .string()
      .exactOptional()
      .describe("The payment service that it was paid at; left out by versions that knew only one."),
    amends: z
      .literal(true)
      .exactOptional()
      .describe(
        "Takes the place of the sale's earlier record: what became of the payment was learned after the hand-over. Left out otherwise.",
      ),
    shortened: shortened("`receipt` is null or has no `details`, whatever the payment service said"),
  }),
).describe("A closed sale: what was delivered, what was charged, and why not when nothing was.");

const terms = {
  position: field.position,
  paymentReference: z.string().describe("Of the payment that is given back."),
  amountMinor: field.amountMinor,
  currency: field.currency,
  provider: z
    .string()
    .exactOptional()
    .describe("The payment service that was paid at; left out as in the sale's record."),
};
const ofRefund = {
  refundId: z.string().describe("Of the refund, in all its steps."),
  saleId: field.saleId,
  atMs: field.atMs,
};

const refund = exactly<Numbered<RefundEvent>>()(
  z.union([
    z.strictObject({
      seq,
      ...terms,
      type: kind("asked", "Noted before anything is sent."),
      by: z
        .string()
        .exactOptional()
        .describe("Who asked for it on the operator's page; left out for the command line."),
      reason: z.string().exactOptional().describe("Why, in their words."),
      ...ofRefund,
    }),
    z.strictObject({
      seq,
      ...terms,
      type: kind("made", "The money is given back."),
      reference: z.string().nullable().describe("The payment service's reference; null when it gave none."),
      byHand: z.literal(true).exactOptional().describe("Present when a person says so, not the payment service."),
      ...ofRefund,
    }),
    z.strictObject({
      seq,
      type: kind("refused", "The payment service said no."),
      detail: field.detail,
      ...ofRefund,
    }),
    z.strictObject({
      seq,
      type: kind("unclear", "No clear answer: it may or may not have been made."),
      detail: field.detail,
      ...ofRefund,
    }),
    z.strictObject({
      seq,
      ...terms,
      type: kind("returned", "It was made, and the customer's bank sent the money back later: it is not refunded."),
      detail: field.detail,
      ...ofRefund,
    }),
  ]),
).describe(
  "A step of a refund: asked for, then made, refused, or without a clear answer; what was made may come back.",
);

const paymentReference = z.string().describe("The payment service's reference of the payment.");
const periodId = z.string().describe("The payment service's name of the period.");
const ofPosition = { position: field.position, atMs: field.atMs };

const difference = z.strictObject({
  paymentReference,
  saleId: field.saleId.nullable().describe("Of the sale; unique for ever."),
  oursMinor: z.int().nullable().describe("The amount in the journal, in minor units."),
  theirsMinor: z.int().nullable().describe("The amount in the service's books, in minor units."),
});
const booking = z.strictObject({
  paymentReference,
  amountMinor: field.amountMinor,
  saleId: field.saleId,
  atMs: field.atMs,
});

const compared = z.strictObject({
  seq,
  type: kind("compared", "Its books of the period were held against the journal."),
  periodId,
  throughSale: z.int().describe("Our records up to this number were looked at."),
  throughRefund: z.int().describe("Refunds up to this `seq` were looked at."),
  matched: z.int().describe("How many bookings are the same on both sides."),
  gap: z.boolean().describe("True when a period before it was lost: what is missing there may only be unseen."),
  missingThere: z.array(difference).describe("In the journal, not in the service's books."),
  missingHere: z.array(difference).describe("In the service's books, not in the journal."),
  differing: z.array(difference).describe("On both sides, with different amounts."),
  carried: z.array(booking).describe("Too young to be missed: looked for again in the next period."),
  beyond: z
    .int()
    .min(0)
    .describe("How many more differences there were than are listed; absent when all are.")
    .exactOptional(),
  shortened: shortened("the lists are cut, and `beyond` counts the differences that are not listed"),
  ...ofPosition,
});

type Abridged<T> = T extends { readonly type: "compared" } ? T & Shortened : T;

const reconciliation = exactly<Numbered<Abridged<ReconciliationEvent>>>()(
  z.union([
    z.strictObject({
      seq,
      type: kind("requested", "Somebody asked for one outside the schedule."),
      ...ofPosition,
    }),
    z.strictObject({
      seq,
      type: kind("begun", "The payment service is asked to close its period."),
      due: z.string().nullable().describe("The local time it was due by; null when somebody asked for it."),
      ...ofPosition,
    }),
    z.strictObject({
      seq,
      type: kind("mark-unclear", "No clear answer: a period may have been closed whose name nobody knows."),
      detail: field.detail,
      ...ofPosition,
    }),
    z.strictObject({ seq, type: kind("marked", "The period is closed."), periodId, ...ofPosition }),
    compared,
    z.strictObject({ seq, type: kind("failed", "It was given up."), detail: field.detail, ...ofPosition }),
    z.strictObject({
      seq,
      type: kind("settled", "A person has looked into differences of any night until then."),
      paymentReference: paymentReference.nullable().describe("Of the payment; null stands for all that were open."),
      by: z.string().describe("Who has looked."),
      note: z.string().describe("What was found."),
      ...ofPosition,
    }),
  ]),
).describe("A step of holding the payment service's books against the journal.");

const unaccounted = exactly<Numbered<Unaccounted>>()(
  z.strictObject({
    seq,
    position: field.position,
    at: time.describe("When it was noticed."),
    unit: field.unit,
    quantity: decimal.nullable().describe("Null when nobody can say how much."),
    detail: field.detail,
  }),
).describe("What flowed, or may have, without a sale that it could be charged to.");

export type SaleMessage = z.output<typeof sale>;

/** What must not get lost, by the name that topics give it. */
export const RECORDS = {
  SaleMessage: sale,
  RefundMessage: refund,
  ReconciliationMessage: reconciliation,
  UnaccountedMessage: unaccounted,
} as const;
