import { z } from "zod";
import type { ReconciliationEvent } from "../../../../core/reconcile.ts";
import type { RefundEvent } from "../../../../core/refund.ts";
import type { RemainderEvent } from "../../../../core/remainder.ts";
import { exactly } from "../../../../ports/exactly.ts";
import type { Notes } from "../../../../ports/journal.ts";
import { decimal, isoText, name, signed, text, timeMs, whole } from "./fields.ts";

/**
 * What the table `note` holds, stream by stream. Whatever a released version wrote must fit for ever: a field that
 * comes later is optional here.
 */

const refundTerms = {
  position: name,
  paymentReference: text,
  amountMinor: whole,
  currency: text,
  provider: text.exactOptional(),
};

function refunded<const T extends RefundEvent["type"], const F extends z.ZodRawShape>(type: T, fields: F) {
  return z.strictObject({ type: z.literal(type), refundId: name, saleId: name, atMs: timeMs, ...fields });
}

const refund = z.discriminatedUnion("type", [
  refunded("asked", { by: text.exactOptional(), reason: text.exactOptional(), ...refundTerms }),
  refunded("made", { reference: text.nullable(), byHand: z.literal(true).exactOptional(), ...refundTerms }),
  refunded("refused", { detail: text }),
  refunded("unclear", { detail: text }),
  refunded("returned", { detail: text, ...refundTerms }),
]);

const difference = z.strictObject({
  paymentReference: text,
  saleId: name.nullable(),
  oursMinor: signed.nullable(),
  theirsMinor: signed.nullable(),
});
const ownBooking = z.strictObject({ paymentReference: text, amountMinor: signed, saleId: name, atMs: timeMs });

function reconciled<const T extends ReconciliationEvent["type"], const F extends z.ZodRawShape>(type: T, fields: F) {
  return z.strictObject({ type: z.literal(type), position: name, atMs: timeMs, ...fields });
}

const compared = reconciled("compared", {
  periodId: text,
  throughSale: whole,
  throughRefund: whole,
  matched: whole,
  gap: z.boolean(),
  missingThere: z.array(difference),
  missingHere: z.array(difference),
  differing: z.array(difference),
  carried: z.array(ownBooking),
  beyond: whole.exactOptional(),
});
const failed = reconciled("failed", { detail: text });

const reconciliation = z.discriminatedUnion("type", [
  reconciled("requested", {}),
  reconciled("begun", { due: text.nullable() }),
  reconciled("mark-unclear", { detail: text }),
  reconciled("marked", { periodId: text }),
  compared,
  failed,
  reconciled("settled", { paymentReference: text.nullable(), by: text, note: text }),
]);

const openDifferences = z.array(
  difference.extend({ kind: z.enum(["missing-there", "missing-here", "differing"]), periodId: text, atMs: timeMs }),
);

const booksSoFar = z.strictObject({
  rules: whole,
  through: whole,
  heirs: z.record(name, name),
  states: z.record(
    name,
    z.strictObject({
      lastDue: text.nullable(),
      requested: z.boolean(),
      running: z.strictObject({ gap: z.boolean(), periodId: text.nullable(), markedAtMs: timeMs }).nullable(),
      throughSale: whole,
      throughRefund: whole,
      carried: z.array(ownBooking),
      last: z.discriminatedUnion("type", [compared, failed]).nullable(),
      open: openDifferences,
      openBeyond: whole,
      explained: openDifferences,
    }),
  ),
});

const unaccounted = z.strictObject({
  position: name,
  at: isoText,
  unit: text,
  quantity: decimal.nullable(),
  detail: text,
});

const aboutMatter = { matterId: name, atMs: timeMs };

const matter = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("arose"),
    ...aboutMatter,
    code: z.enum(["needs-attention", "overrun", "unaccounted", "refund-unclear", "refund-returned", "rest-still-held"]),
    position: name.nullable(),
    saleId: name.nullable(),
    detail: text,
  }),
  z.strictObject({ type: z.literal("acknowledged"), ...aboutMatter, by: text, note: text }),
  z.strictObject({ type: z.literal("over"), ...aboutMatter }),
]);

const ofPlace = { position: name.nullable(), atMs: timeMs, by: text.exactOptional() };

const order = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("blocked"), ...ofPlace, reason: text }),
  z.strictObject({ type: z.literal("unblocked"), ...ofPlace }),
  z.strictObject({ type: z.literal("priced"), ...ofPlace, unitPrice: decimal, configured: decimal }),
]);

const receiptRefusal = z.strictObject({ saleId: name, atMs: timeMs, detail: text });

function rest<const T extends RemainderEvent["type"], const F extends z.ZodRawShape>(type: T, fields: F) {
  return z.strictObject({ type: z.literal(type), saleId: name, position: name, atMs: timeMs, ...fields });
}

const remainder = z.discriminatedUnion("type", [
  rest("asked", { reference: text, attempt: whole }),
  rest("freed", {}),
  rest("delayed", { detail: text }),
  rest("handed-over", { detail: text }),
]);

const clockTaken = z.strictObject({
  atMs: timeMs,
  overruledMs: timeMs.nullable(),
  serviceAheadMs: signed.nullable(),
  by: z.enum(["time server", "payment service", "operator"]),
  who: text,
  reason: text,
});

const act = z.strictObject({
  atMs: timeMs,
  by: text,
  act: z.enum(["signed-in", "signed-out", "password-set", "stopped", "reconcile-ordered", "refund-settled"]),
  position: name.nullable(),
  detail: text,
});

const numbers = z.array(z.strictObject({ stream: text, from: whole, to: whole }));

const acceptance = z.strictObject({
  atMs: timeMs,
  by: text,
  note: text,
  found: z.array(text),
  gaps: numbers,
  accepted: numbers,
});

export const NOTES = {
  refunds: exactly<Notes["refunds"]>()(refund),
  reconciliations: exactly<Notes["reconciliations"]>()(reconciliation),
  unaccounted: exactly<Notes["unaccounted"]>()(unaccounted),
  matters: exactly<Notes["matters"]>()(matter),
  orders: exactly<Notes["orders"]>()(order),
  receiptRefusals: exactly<Notes["receiptRefusals"]>()(receiptRefusal),
  remainders: exactly<Notes["remainders"]>()(remainder),
  booksSoFar: exactly<Notes["booksSoFar"]>()(booksSoFar),
  clock: exactly<Notes["clock"]>()(clockTaken),
  acts: exactly<Notes["acts"]>()(act),
  acceptances: exactly<Notes["acceptances"]>()(acceptance),
} satisfies { readonly [S in keyof Notes]: z.ZodType };
