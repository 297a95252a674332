import { z } from "zod";
import { parseAmount } from "../../../core/money.ts";
import type { RemoteOffer } from "../../../ports/remote-offers.ts";

/** The service's words for why there is no invoice. */
type ErrorCode = "INSUFFICIENT_FUNDS" | "DEVICE_IN_USE" | "DEVICE_UNAVAILABLE" | "INVOICING_ERROR" | "SYSTEM_ERROR";

export type Answer = { readonly invoiceReferenceId: string } | { readonly errorCode: ErrorCode };

/** `customer` is masked: the number itself is personal and goes nowhere. */
export type OfferRequest =
  | { readonly ok: true; readonly position: string; readonly amountMinor: number; readonly customer: string }
  | { readonly ok: false; readonly errorCode: ErrorCode; readonly why: string };

/** The service's page names the token both ways. */
const body = z.object({
  reservationToken: z.string().nullish(),
  purchaseToken: z.string().nullish(),
  reservationAmount: z.string(),
  currency: z.string(),
  msisdn: z.unknown().optional(),
});

/** Undefined when the text is no JSON object. */
export function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function readOfferRequest(raw: object, currency: string, positions: ReadonlySet<string>): OfferRequest {
  const parsed = body.safeParse(raw);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join("."));
    const code = fields.some((field) => field.endsWith("Token")) ? "DEVICE_UNAVAILABLE" : "INVOICING_ERROR";
    return refused(code, `${fields.join(", ")}: expected text`);
  }
  const { reservationToken, purchaseToken, reservationAmount, msisdn } = parsed.data;
  const position = reservationToken ?? purchaseToken ?? "";
  if (!positions.has(position) || position !== (purchaseToken ?? position)) {
    return refused("DEVICE_UNAVAILABLE", "no position of this kiosk is called so");
  }
  if (parsed.data.currency !== currency) return refused("INVOICING_ERROR", `currency: expected ${currency}`);
  const amountMinor = parseAmount(reservationAmount, currency);
  if (amountMinor === undefined) return refused("INVOICING_ERROR", 'reservationAmount: expected such as "300.00"');
  if (amountMinor === 0) return refused("INSUFFICIENT_FUNDS", "reservationAmount: nothing may be reserved");
  return { ok: true, position, amountMinor, customer: masked(msisdn) };
}

export function answerOf(offer: RemoteOffer): Answer {
  switch (offer.kind) {
    case "offered":
      return { invoiceReferenceId: offer.reference };
    case "in-use":
      return { errorCode: "DEVICE_IN_USE" };
    case "out-of-service":
      return { errorCode: "DEVICE_UNAVAILABLE" };
    case "too-little":
      return { errorCode: "INSUFFICIENT_FUNDS" };
    case "refused":
      return { errorCode: "INVOICING_ERROR" };
    case "late":
      return { errorCode: "SYSTEM_ERROR" };
  }
}

/** Enough to tell two customers apart beside each other, too little to know either. */
function masked(msisdn: unknown): string {
  return `…${/\d{4}(\d\d)$/.exec(String(msisdn))?.[1] ?? ""}`;
}

function refused(errorCode: ErrorCode, why: string): OfferRequest {
  return { ok: false, errorCode, why };
}
