import { z } from "zod";
import type { MoneyRules } from "../../../../core/money-rules.ts";
import { UNIT_NAMES } from "../../../../core/quantity.ts";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { SaleRecord } from "../../../../core/sale/record.ts";
import { HANDED_OVER, type Receipt, type Terms } from "../../../../core/sale/state.ts";
import type { Tariff } from "../../../../core/tariff.ts";
import { exactly } from "../../../../ports/exactly.ts";
import { decimal, isoText, name, text, timeMs, whole } from "./fields.ts";

/**
 * What the tables `event` and `sale` hold. Whatever a released version wrote must fit for ever: a field that comes
 * later is optional here.
 */

const tariff = exactly<Tariff>()(
  z.strictObject({
    // Older versions took codes that are no currency of ISO 4217.
    currency: z.string().regex(/^[A-Z]{3}$/, 'expected a currency such as "SEK"'),
    unit: z.enum(UNIT_NAMES),
    unitPriceE6: whole,
    taxRateBps: whole,
    rounding: z.enum(["half-up", "down", "up"]),
    minimumMinor: whole,
  }),
);

const rules = exactly<MoneyRules>()(
  z.strictObject({
    leastReservationMinor: whole,
    leastCaptureMinor: whole,
    mostMinor: whole,
    stepMinor: whole.min(1, "expected a step above 0"),
  }),
);

const terms = exactly<Terms>()(
  z.strictObject({
    productName: text,
    sku: text,
    tariff,
    maximumMinor: whole,
    offerTimeoutMs: whole,
    commitTimeoutMs: whole,
    settleMarginMs: whole,
    handoverMarginMs: whole,
    provider: text.exactOptional(),
    terminal: text.exactOptional(),
    meter: text.exactOptional(),
    rules: rules.exactOptional(),
    frozen: z.record(name, text).exactOptional(),
  }),
);

const receipt = exactly<Receipt>()(
  z.strictObject({ paymentReference: text, paidAt: text.nullable(), details: z.record(z.string(), text) }),
);

function happened<const T extends SaleEvent["type"], const F extends z.ZodRawShape>(type: T, fields: F) {
  return z.strictObject({ type: z.literal(type), saleId: name, atMs: timeMs, ...fields });
}

export const saleEvent = exactly<SaleEvent>()(
  z.discriminatedUnion("type", [
    happened("selected", { position: name, terms }),
    happened("offer-made", {
      reference: text,
      qrText: text,
      endsAtMs: whole.exactOptional(),
      service: name.exactOptional(),
    }),
    happened("extended", {}),
    happened("offer-refused", {
      detail: text,
      customer: z.enum(["declined", "try-again", "unavailable"]).exactOptional(),
      reason: z.literal("amount").exactOptional(),
    }),
    happened("offer-unanswered", {}),
    happened("reserved", { authorisedMinor: whole, holdUntilMs: whole.nullable() }),
    happened("payment-ended", { how: z.enum(["canceled", "failed", "expired"]) }),
    happened("abandoned", { reason: z.enum(["customer", "operator", "fault"]) }),
    happened("meter-started", { totaliserBase: whole }),
    happened("metered", { totaliserBase: whole }),
    happened("dispenser-failed", { detail: text }),
    happened("stop-requested", { reason: z.enum(["customer", "operator", "no-flow", "fault"]) }),
    happened("delivered", { totaliserBase: whole.nullable() }),
    happened("captured", {
      capturedMinor: whole.nullable(),
      receipt,
      stillHeldMinor: whole.exactOptional(),
      service: name.exactOptional(),
    }),
    happened("released", {}),
    happened("contradicted", { detail: text }),
    happened("attempt-declined", { operation: z.enum(["capture", "free"]) }),
    happened("resolution-refused", { detail: text }),
    happened("deadline-passed", {}),
    happened("handed-over", { reason: z.enum(HANDED_OVER) }),
    happened("restarted", {}),
  ]),
);

export const saleRecord = exactly<SaleRecord>()(
  z.strictObject({
    saleId: name,
    position: name,
    outcome: z.enum(["paid", "released", "needs-attention"]),
    reason: text.nullable(),
    product: text,
    sku: text,
    unit: text,
    unitPrice: decimal,
    quantity: decimal,
    currency: text,
    reserved: decimal,
    charged: decimal,
    freed: decimal,
    stillHeld: decimal.exactOptional(),
    tax: decimal,
    loss: decimal,
    waived: decimal.exactOptional(),
    meterCertain: z.boolean(),
    reference: text.nullable(),
    invoiceReference: text.nullable(),
    receipt: receipt.nullable(),
    selectedAt: isoText,
    reservedAt: isoText.nullable(),
    deliveredAt: isoText.nullable(),
    closedAt: isoText,
    provider: text.exactOptional(),
    amends: z.literal(true).exactOptional(),
  }),
);
