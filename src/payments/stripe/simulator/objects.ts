import { type Charge, heldOf, type Intent, type Refund, type Session } from "./state.ts";

/**
 * The objects as the service writes them: every field stands there always, null when it is empty. What the adapter does
 * not read is there because the published schema, or an official client, wants it.
 */

const NO_ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
const METHODS = ["card"];

/** @param expanded the ways of `expand[]`, from this object on */
export function sessionObject(session: Session, expanded: readonly string[]): object {
  const { intent } = session;
  const inner = within("payment_intent", expanded);
  return {
    ...{ id: session.id, object: "checkout.session", livemode: session.livemode, created: session.created },
    ...{ mode: "payment", status: session.status, payment_status: intent?.received ? "paid" : "unpaid" },
    ...{ url: session.status === "open" ? session.page : null, expires_at: session.expiresAt },
    payment_intent: intent === null ? null : inner === null ? intent.id : intentObject(intent, inner),
    ...{ amount_total: session.amount, amount_subtotal: session.amount, currency: session.currency },
    ...{ client_reference_id: session.clientReferenceId, metadata: session.metadata },
    ...{ success_url: session.successUrl, cancel_url: session.cancelUrl, locale: session.locale },
    ...{ payment_method_types: METHODS, allowed_payment_method_types: METHODS },
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_collection: "if_required",
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    automatic_tax: { enabled: false, status: null },
    custom_text: { shipping_address: null, submit: null },
    ...{ custom_fields: [], shipping_options: [], ui_mode: "hosted_page", adaptive_pricing: { enabled: false } },
    phone_number_collection: { enabled: false },
    invoice_creation: { enabled: false, invoice_data: NO_INVOICE },
    ...{ customer: null, customer_creation: "if_required", customer_details: null, customer_email: null },
    ...{ after_expiration: null, allow_promotion_codes: null, billing_address_collection: null, consent: null },
    ...{ consent_collection: null, currency_conversion: null, invoice: null, payment_link: null },
    ...{ recovered_from: null, setup_intent: null, shipping_address_collection: null, shipping_cost: null },
    ...{ shipping_details: null, submit_type: null, subscription: null },
  };
}

const NO_INVOICE = {
  ...{ account_tax_ids: null, custom_fields: null, description: null, footer: null, metadata: {} },
  rendering_options: null,
};

export function intentObject(intent: Intent, expanded: readonly string[]): object {
  const { charge } = intent;
  return {
    ...{ id: intent.id, object: "payment_intent", livemode: intent.livemode, created: intent.created },
    ...{ status: intent.status, amount: intent.amount, currency: intent.currency },
    ...{ amount_capturable: heldOf(intent), amount_received: intent.received },
    latest_charge:
      charge === null ? null : expanded.includes("latest_charge") ? chargeObject(intent, charge) : charge.id,
    ...{ canceled_at: intent.canceledAt, cancellation_reason: intent.cancellationReason },
    last_payment_error: failureOf(intent),
    metadata: intent.metadata,
    ...{ capture_method: "manual", confirmation_method: "automatic", payment_method_types: METHODS },
    amount_details: { tip: {} },
    payment_method_options: CARD_OPTIONS,
    client_secret: `${intent.id}_secret_simulated`,
    next_action: intent.status === "requires_action" ? { type: "use_stripe_sdk", use_stripe_sdk: {} } : null,
    ...{ application: null, application_fee_amount: null, automatic_payment_methods: null, customer: null },
    ...{ description: null, invoice: null, on_behalf_of: null, payment_method: null, processing: null },
    ...{ receipt_email: null, review: null, setup_future_usage: null, shipping: null, statement_descriptor: null },
    ...{ statement_descriptor_suffix: null, transfer_data: null, transfer_group: null },
  };
}

const CARD_OPTIONS = {
  card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
};

function failureOf({ failure, charge }: Intent): object | null {
  if (failure === null) return null;
  const message = "Your card was declined.";
  const of = charge === null ? {} : { charge: charge.id };
  return { type: "card_error", code: failure.code, decline_code: failure.decline, message, ...of };
}

function chargeObject(intent: Intent, charge: Charge): object {
  const { id, created, status, captured, amountCaptured, amountRefunded, captureBefore, last4 } = charge;
  const isOpen = !captured && intent.status === "requires_capture";
  return {
    ...{ id, object: "charge", livemode: intent.livemode, created, status, captured, paid: status === "succeeded" },
    ...{ amount: intent.amount, amount_captured: amountCaptured, amount_refunded: amountRefunded },
    ...{ currency: intent.currency, disputed: false, refunded: amountRefunded === intent.amount },
    ...{ metadata: intent.metadata, payment_intent: intent.id, payment_method: null },
    billing_details: { address: NO_ADDRESS, email: null, name: null, phone: null },
    payment_method_details: {
      type: "card",
      card: {
        ...{ brand: "visa", last4, country: "SE", exp_month: 12, exp_year: 2034, fingerprint: null, funding: "credit" },
        ...{ checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" } },
        ...{ installments: null, mandate: null, network: "visa", three_d_secure: null, wallet: null },
        ...(isOpen ? { capture_before: captureBefore } : {}),
      },
    },
    outcome: {
      ...{ network_status: "approved_by_network", reason: null, risk_level: "normal", type: "authorized" },
      seller_message: "Payment complete.",
    },
    receipt_url: status === "failed" ? null : `https://pay.stripe.com/receipts/${id}`,
    ...{ application: null, application_fee: null, application_fee_amount: null, balance_transaction: null },
    ...{ calculated_statement_descriptor: null, customer: null, description: null, failure_balance_transaction: null },
    ...{ failure_code: intent.failure?.code ?? null, failure_message: null, fraud_details: null, invoice: null },
    ...{ on_behalf_of: null, receipt_email: null, receipt_number: null, review: null, shipping: null },
    ...{ source_transfer: null, statement_descriptor: null, statement_descriptor_suffix: null },
    ...{ transfer_data: null, transfer_group: null },
  };
}

export function refundObject(intent: Intent, refund: Refund): object {
  return {
    ...{ id: refund.id, object: "refund", amount: refund.amount, created: refund.created, currency: intent.currency },
    ...{ status: refund.status, metadata: refund.metadata, reason: refund.reason, payment_intent: intent.id },
    charge: intent.charge?.id ?? null,
    ...{ balance_transaction: null, receipt_number: null, source_transfer_reversal: null, transfer_reversal: null },
  };
}

export function listObject(data: readonly object[], hasMore: boolean, url: string): object {
  return { object: "list", data, has_more: hasMore, url };
}

/** What is to be expanded below the name; null when the name itself is not. */
function within(name: string, expanded: readonly string[]): readonly string[] | null {
  const own = expanded.filter((way) => way === name || way.startsWith(`${name}.`));
  return own.length === 0 ? null : own.map((way) => way.slice(name.length + 1)).filter((way) => way !== "");
}
