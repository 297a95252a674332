import { z } from "zod";
import type { MoneyRules } from "../../core/money-rules.ts";

/**
 * What goes over the wire, as the published schema has it (version 1.8.1 of the ePayment description, 2.0.0 of the
 * access token's). Answers may have more in them than stands here.
 */
const amount = z.object({ currency: z.string().length(3), value: z.int().min(0) });

const STATES = ["CREATED", "ABORTED", "EXPIRED", "AUTHORIZED", "TERMINATED"] as const;
export type PaymentState = (typeof STATES)[number];

const aggregate = z.object({
  authorizedAmount: amount,
  cancelledAmount: amount,
  capturedAmount: amount,
  refundedAmount: amount,
});

export const created = z.object({ reference: z.string(), redirectUrl: z.string().min(1).max(2_000).optional() });

/** The same of a question for a payment and of each change to it. `amount` is what was asked for. */
export const payment = z.object({
  reference: z.string(),
  pspReference: z.string(),
  amount,
  state: z.enum(STATES),
  aggregate,
  redirectUrl: z.string().min(1).max(2_000).optional(),
  /** RFC 3339; newer than the schema. */
  captureGuaranteedUntil: z.string().max(60).optional(),
});
export type Payment = z.output<typeof payment>;

export const EVENT_NAMES = [
  ...["CREATED", "ABORTED", "EXPIRED", "CANCELLED"],
  ...["CAPTURED", "REFUNDED", "AUTHORIZED", "TERMINATED"],
] as const;

export const events = z.array(
  z.object({
    reference: z.string(),
    pspReference: z.string(),
    name: z.string(),
    amount,
    success: z.boolean(),
    idempotencyKey: z.string().nullish(),
  }),
);
export type Events = z.output<typeof events>;

/** Seconds come as text, and as numbers in the schema's examples. */
export const accessToken = z.object({
  access_token: z.string().min(1).max(10_000),
  expires_in: z.union([
    z.int().min(1),
    z
      .string()
      .regex(/^\d{1,9}$/)
      .transform(Number),
  ]),
});

/** RFC 7807. The code is in `extraDetails`; a field that is wrong has its own name there. */
export const problem = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string().nullish(),
  traceId: z.string().nullish(),
  extraDetails: z.array(z.object({ name: z.string(), reason: z.string() })).nullish(),
});
export type Problem = z.output<typeof problem>;

/** The service's code of a problem; null where it names none. */
export function codeOf({ extraDetails }: Problem): number | null {
  const reason = extraDetails?.find(({ name }) => name === "ErrorCode")?.reason ?? "";
  return /^\d{4,5}$/.test(reason) ? Number(reason) : null;
}

export const HOSTS = { test: "https://apitest.vipps.no", production: "https://api.vipps.no" } as const;

/** The least that it takes of each currency in which it keeps a wallet's money. */
export const LEAST_MINOR: Readonly<Record<string, number>> = { NOK: 100, DKK: 1, EUR: 1 };
export const MOST_MINOR = 65_000_000;

export function rulesFor(currency: string): MoneyRules | null {
  const leastMinor = LEAST_MINOR[currency];
  if (leastMinor === undefined) return null;
  return { leastReservationMinor: leastMinor, leastCaptureMinor: leastMinor, mostMinor: MOST_MINOR, stepMinor: 1 };
}

/** The address that its code holds is short; nobody has measured it with a real account. */
export const CODE_CHARS = 80;
/** An offer that nobody answers ends by itself after this. */
export const OFFER_MS = 10 * 60_000;
