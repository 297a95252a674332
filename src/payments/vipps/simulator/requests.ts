import { z } from "zod";
import { MOST_MINOR } from "../wire.ts";

/** What the service takes, and nothing beside it: an unknown field is refused (schema 1.8.1, as far as a kiosk uses it). */
const amount = z.strictObject({
  currency: z.enum(["NOK", "DKK", "EUR", "SEK", "USD", "GBP"]),
  value: z.int().min(0).max(MOST_MINOR),
});

export const CREATE = z.strictObject({
  amount,
  paymentMethod: z.strictObject({ type: z.literal("WALLET") }),
  reference: z.string().regex(/^[a-zA-Z0-9-]{8,64}$/),
  userFlow: z.enum(["QR", "WEB_REDIRECT", "PUSH_MESSAGE", "NATIVE_REDIRECT"]),
  customerInteraction: z.enum(["CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"]).default("CUSTOMER_NOT_PRESENT"),
  qrFormat: z
    .strictObject({
      format: z.enum(["TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"]),
      size: z.int().min(100).max(2_000).nullish(),
    })
    .optional(),
  paymentDescription: z.string().min(3).max(100).optional(),
  metadata: z
    .record(z.string().max(100), z.string().max(500))
    .refine((pairs) => Object.keys(pairs).length <= 5)
    .optional(),
});

export const MODIFY = z.strictObject({ modificationAmount: amount });
export const CANCEL = z.strictObject({ cancelTransactionOnly: z.boolean().optional() });
export const APPROVE = z.union([
  z.strictObject({ customer: z.strictObject({ phoneNumber: z.string().regex(/^\d{9,15}$/) }) }),
  z.strictObject({ token: z.string().min(1).max(200) }),
]);

export const IDEMPOTENCY_KEY = z.string().min(1).max(50);

export type Create = z.output<typeof CREATE>;
