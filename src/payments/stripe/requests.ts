import type { Sale } from "../../core/sale/state.ts";
import type { RefundRequest } from "../../ports/books.ts";
import type { Attempt } from "../../ports/payment.ts";
import { PAGE_LIFE_MS } from "./config.ts";
import type { Form } from "./form.ts";

/**
 * What is sent. Everything in it is made of the sale and the attempt, so that a repetition is the same to the last byte:
 * the service refuses a key that comes with anything else.
 */

export const SESSIONS = "/v1/checkout/sessions";
export const REFUNDS = "/v1/refunds";

const PAGE_LIFE_S = PAGE_LIFE_MS / 1000;
/** How far apart the two clocks may be, for a search by the service's time. */
const SEARCH_SLACK_S = 10 * 60;

export const WHOLE_SESSION: Form = [["expand[0]", "payment_intent.latest_charge"]];
const WHOLE_INTENT: Form = [["expand[0]", "latest_charge"]];

/** When the customer's page ends by itself, in epoch seconds. */
export function pageEndS({ selectedAtMs }: Sale): number {
  return Math.floor(selectedAtMs / 1000) + PAGE_LIFE_S;
}

export function sessionForm(sale: Sale, amount: number, thanksUrl: string): Form {
  const item = "line_items[0][price_data]";
  return [
    ["mode", "payment"],
    ["client_reference_id", sale.id],
    ["success_url", thanksUrl],
    ["expires_at", String(pageEndS(sale))],
    ["locale", "auto"],
    // Wallets and the service's own purse count as card. Others may not be able to hold.
    ["allowed_payment_method_types[0]", "card"],
    ["line_items[0][quantity]", "1"],
    [`${item}[currency]`, sale.terms.tariff.currency.toLowerCase()],
    [`${item}[unit_amount]`, String(amount)],
    [`${item}[product_data][name]`, sale.terms.productName],
    ["payment_intent_data[capture_method]", "manual"],
    ["payment_intent_data[metadata][sale]", sale.id],
    ["metadata[sale]", sale.id],
    // Else a customer may be shown, and charged, another currency.
    ["adaptive_pricing[enabled]", "false"],
  ];
}

export function captureForm(amount: number): Form {
  return [["amount_to_capture", String(amount)], ...WHOLE_INTENT];
}

export const CANCEL_FORM: Form = [["cancellation_reason", "abandoned"], ...WHOLE_INTENT];

/** The sessions that may be the sale's, newest first. */
export function searchForm({ selectedAtMs }: Sale, after: string | null): Form {
  const selectedS = Math.floor(selectedAtMs / 1000);
  return [
    ["created[gte]", String(selectedS - SEARCH_SLACK_S)],
    ["created[lte]", String(selectedS + PAGE_LIFE_S + SEARCH_SLACK_S)],
    ["limit", "100"],
    ...(after === null ? [] : ([["starting_after", after]] as const)),
  ];
}

export function refundForm({ refundId, saleId, paymentReference }: RefundRequest, amount: number): Form {
  return [
    ["payment_intent", paymentReference],
    ["amount", String(amount)],
    ["reason", "requested_by_customer"],
    ["metadata[refund]", refundId],
    ["metadata[sale]", saleId],
  ];
}

export function refundsForm(paymentReference: string, after: string | null): Form {
  return [
    ["payment_intent", paymentReference],
    ["limit", "100"],
    ...(after === null ? [] : ([["starting_after", after]] as const)),
  ];
}

/** One key is for one call: the same with another path would be refused. */
export function keyOf(sale: Sale, call: "offer" | "capture" | "expire" | "cancel", number: Attempt["number"]): string {
  return `${sale.id}-${call}-${number}`;
}
