import type { Truth } from "../../core/sale/resolve.ts";
import type { Sale } from "../../core/sale/state.ts";
import type { IntentObject, SessionObject } from "./schema.ts";
import { fromService, toService } from "./wire-money.ts";

/** What an answer must agree with. */
export interface Expected {
  readonly sale: Sale;
  readonly livemode: boolean;
}

/** By these nobody but us has ended it; what the service gives as a reason of its own is that its time was over. */
const OUR_REASONS: ReadonlySet<string> = new Set(["abandoned", "duplicate", "fraudulent", "requested_by_customer"]);
/** Of an intent that may still be paid on its page. */
const UNPAID: ReadonlySet<string> = new Set([
  ...["requires_payment_method", "requires_confirmation", "requires_action", "processing"],
]);

/** What a session, with its intent and charge put in, says about the money. */
export function truthOfSession(session: SessionObject, reference: string, expected: Expected): Truth {
  const { status, payment_intent: intent } = session;
  const contradiction = contradictionIn(session, reference, expected);
  if (contradiction !== null) return contradiction;
  if (typeof intent === "string") return unclear(`session ${status}, its payment left out`);
  if (intent === null || (intent.status === "canceled" && status === "open")) return truthOfPage(status);
  const about = intentContradiction(intent, expected);
  if (about !== null) return about;
  if (!UNPAID.has(intent.status)) return truthOfIntent(intent, expected);
  if (status === "open") return intent.last_payment_error ? { state: "open", tried: "declined" } : { state: "open" };
  // Without a card, and without a page on which one could be typed, nothing comes of it any more.
  if (status === "expired" && intent.status === "requires_payment_method") return truthOfPage(status);
  return unclear(`session ${status}, payment ${intent.status}`);
}

/** Of an intent that a card has authorised, or that is over. */
export function truthOfIntent(intent: IntentObject, expected: Expected): Truth {
  const about = intentContradiction(intent, expected);
  if (about !== null) return about;
  const { maximumMinor, tariff } = expected.sale.terms;
  switch (intent.status) {
    case "requires_capture": {
      const heldMinor = fromService(intent.amount_capturable, tariff.currency);
      if (heldMinor === null || heldMinor <= 0) return unclear(`a hold of ${intent.amount_capturable}`);
      return { state: "held", authorisedMinor: Math.min(heldMinor, maximumMinor), holdUntilMs: holdUntilMs(intent) };
    }
    case "succeeded": {
      const capturedMinor = fromService(intent.amount_received, tariff.currency);
      if (capturedMinor === null) return unclear(`an amount of ${intent.amount_received}`);
      return { state: "captured", capturedMinor, receipt: receiptOf(intent) };
    }
    case "canceled":
      return { state: "ended", how: OUR_REASONS.has(intent.cancellation_reason ?? "") ? "canceled" : "expired" };
    default:
      return unclear(`payment ${intent.status}`);
  }
}

/** A session that is of another sale, account or amount; null when all agrees. */
export function contradictionIn(session: SessionObject, reference: string, expected: Expected): Truth | null {
  if (session.id !== reference) return { state: "different", detail: `the answer is about session ${session.id}` };
  return contradiction({ ...session, amount: session.amount_total, what: "session" }, expected);
}

function intentContradiction(intent: IntentObject, expected: Expected): Truth | null {
  return contradiction({ ...intent, what: "payment" }, expected);
}

interface Said {
  readonly what: string;
  readonly livemode: boolean;
  readonly currency: string | null;
  readonly amount: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

function contradiction({ what, livemode, currency, amount, metadata }: Said, expected: Expected): Truth | null {
  const { sale } = expected;
  const ours = sale.terms.tariff.currency;
  const said = metadata?.["sale"];
  if (livemode !== expected.livemode) return different(what, livemode ? "real money" : "a test");
  if (said !== undefined && said !== sale.id) return different(what, `another sale: ${said}`);
  if (currency !== null && currency !== ours.toLowerCase()) return different(what, `${currency}, not of ${ours}`);
  if (amount !== null && amount !== toService(sale.terms.maximumMinor, ours))
    return different(what, `an amount of ${amount}`);
  const lacking =
    said === undefined ? "a sale" : currency === null ? "a currency" : amount === null ? "an amount" : null;
  return lacking === null ? null : unclear(`the ${what} does not name ${lacking}`);
}

function different(what: string, of: string): Truth {
  return { state: "different", detail: `the ${what} is of ${of.slice(0, 80)}` };
}

function unclear(detail: string): Truth {
  return { state: "unclear", detail: detail.slice(0, 200) };
}

/** Of a session on which no card was tried. */
function truthOfPage(status: string | null): Truth {
  if (status === "open") return { state: "open" };
  if (status === "expired") return { state: "ended", how: "expired" };
  return unclear(`session ${status} without a payment`);
}

function chargeIn({ latest_charge: charge }: IntentObject) {
  return typeof charge === "object" ? (charge ?? null) : null;
}

function holdUntilMs(intent: IntentObject): number | null {
  const before = chargeIn(intent)?.payment_method_details?.card?.capture_before ?? null;
  return before === null ? null : before * 1000;
}

function receiptOf(intent: IntentObject) {
  const charge = chargeIn(intent);
  const { brand, last4 } = charge?.payment_method_details?.card ?? {};
  const named = { charge: charge?.id, brand, last4 };
  const details: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) if (typeof value === "string") details[name] = value;
  return { paymentReference: intent.id, paidAt: null, details };
}
