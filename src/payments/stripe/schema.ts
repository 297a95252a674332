import { z } from "zod";

/** Of the service's objects what is read here. Whatever else stands in them is let pass. */

const id = z.string().min(4).max(255);
const seconds = z.int().min(0);
const amount = z.int().min(0);
const currency = z.string().length(3);
const metadata = z.record(z.string(), z.string());
/** Words that may become more. */
const word = z.string().max(80);

const card = z.object({
  brand: word.nullish(),
  last4: z.string().max(8).nullish(),
  capture_before: seconds.nullish(),
});

const charge = z.object({
  id,
  payment_method_details: z.object({ card: card.nullish() }).nullish(),
});

export const intent = z.object({
  object: z.literal("payment_intent"),
  id,
  livemode: z.boolean(),
  status: word,
  amount,
  currency,
  amount_capturable: amount,
  amount_received: amount,
  cancellation_reason: word.nullish(),
  last_payment_error: z.object({ code: word.nullish(), decline_code: word.nullish() }).nullish(),
  metadata,
  latest_charge: z.union([id, charge]).nullish(),
});

export const session = z.object({
  object: z.literal("checkout.session"),
  id,
  livemode: z.boolean(),
  status: word.nullable(),
  url: z.string().max(5000).nullable(),
  expires_at: seconds,
  amount_total: amount.nullable(),
  currency: currency.nullable(),
  client_reference_id: z.string().nullish(),
  metadata: metadata.nullable(),
  payment_intent: z.union([id, intent]).nullable(),
});

export const refund = z.object({
  object: z.literal("refund"),
  id,
  status: word.nullable(),
  amount,
  currency,
  metadata: metadata.nullable(),
});

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ object: z.literal("list"), data: z.array(item).max(100), has_more: z.boolean() });
}

/** Source: docs.stripe.com/api/errors. */
export const refusal = z.object({
  error: z.object({
    type: z.enum(["api_error", "card_error", "idempotency_error", "invalid_request_error"]),
    code: word.nullish(),
    param: z.string().nullish(),
    message: z.string().nullish(),
  }),
});

export type SessionObject = z.output<typeof session>;
export type IntentObject = z.output<typeof intent>;
export type RefundObject = z.output<typeof refund>;
