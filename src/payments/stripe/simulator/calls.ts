import { type Book, refundedOf } from "./book.ts";
import { numberOfMethod } from "./cards.ts";
import type { Call } from "./faults.ts";
import { intentObject, listObject, refundObject, sessionObject } from "./objects.ts";
import { below, expandedIn } from "./parameters.ts";
import { Refusal } from "./refusal.ts";
import type { Intent, Owner, Refund, Session } from "./state.ts";

export interface Asked {
  readonly owner: Owner;
  /** The object that stands in the path; empty where none does. */
  readonly id: string;
  readonly form: ReadonlyMap<string, string>;
  readonly key: string;
  readonly nowS: number;
}

/** Which call a method and path are, and the object that it is about. */
export function callOf(method: string, path: string): { readonly call: Call; readonly id: string } | null {
  for (const [each, pattern, call] of PATHS) {
    const match = each === method ? pattern.exec(path) : null;
    if (match !== null) return { call, id: match[1] ?? "" };
  }
  return null;
}

const PATHS: readonly (readonly [string, RegExp, Call])[] = [
  ["POST", /^\/v1\/checkout\/sessions$/, "create"],
  ["GET", /^\/v1\/checkout\/sessions$/, "list"],
  ["GET", /^\/v1\/checkout\/sessions\/(\w+)$/, "retrieve"],
  ["POST", /^\/v1\/checkout\/sessions\/(\w+)\/expire$/, "expire"],
  ["POST", /^\/v1\/payment_intents$/, "pay-intent"],
  ["GET", /^\/v1\/payment_intents\/(\w+)$/, "intent"],
  ["POST", /^\/v1\/payment_intents\/(\w+)\/capture$/, "capture"],
  ["POST", /^\/v1\/payment_intents\/(\w+)\/cancel$/, "cancel"],
  ["POST", /^\/v1\/refunds$/, "refund"],
  ["GET", /^\/v1\/refunds$/, "refunds"],
];

/** What the call needs of a restricted key. */
export function rightOf(call: Call): string {
  if (call === "refund" || call === "refunds") return call === "refund" ? "refunds:write" : "refunds:read";
  const of = ["create", "retrieve", "list", "expire"].includes(call) ? "sessions" : "intents";
  return `${of}:${["create", "expire", "pay-intent", "capture", "cancel"].includes(call) ? "write" : "read"}`;
}

/** @throws Refusal */
export function perform(book: Book, call: Call, asked: Asked): object {
  const { owner, id, form, nowS } = asked;
  const expanded = expandedIn(form);
  switch (call) {
    case "create":
      return sessionObject(created(book, asked), expanded);
    case "retrieve":
      return sessionObject(book.session(owner, id, nowS), expanded);
    case "list":
      return listOfSessions(book, asked);
    case "expire": {
      const session = book.session(owner, id, nowS);
      book.expire(session, nowS);
      return sessionObject(session, expanded);
    }
    case "pay-intent":
      return intentObject(paidIntent(book, asked), expanded);
    case "intent":
      return intentObject(book.intent(owner, id, nowS), expanded);
    case "capture": {
      const intent = book.intent(owner, id, nowS);
      book.capture(intent, numberIn(form, "amount_to_capture"), nowS);
      return intentObject(intent, expanded);
    }
    case "cancel": {
      const intent = book.intent(owner, id, nowS);
      book.cancel(intent, form.get("cancellation_reason") ?? null, nowS);
      return intentObject(intent, expanded);
    }
    case "refund":
      return refunded(book, asked);
    case "refunds":
      return listOfRefunds(book, asked);
  }
}

function created(book: Book, { owner, form, nowS }: Asked): Session {
  const item = (name: string): string => form.get(`line_items[0][price_data]${name}`) ?? "";
  if (form.get("payment_intent_data[capture_method]") !== "manual") {
    throw new Refusal(400, "This simulator keeps holds only: payment_intent_data[capture_method] must be manual.");
  }
  return book.create(
    owner,
    {
      amount: Number(item("[unit_amount]")),
      currency: item("[currency]"),
      title: item("[product_data][name]"),
      expiresAt: numberIn(form, "expires_at") ?? nowS + 24 * 3600,
      clientReferenceId: form.get("client_reference_id") ?? null,
      metadata: below(form, "metadata"),
      intentMetadata: below(form, "payment_intent_data[metadata]"),
      successUrl: form.get("success_url") ?? "",
      cancelUrl: form.get("cancel_url") ?? null,
      locale: form.get("locale") ?? null,
    },
    nowS,
  );
}

function paidIntent(book: Book, { owner, form, nowS }: Asked): Intent {
  const method = form.get("payment_method") ?? "";
  const card = numberOfMethod(method);
  if (card === undefined) throw new Refusal(404, `No such PaymentMethod: '${method}'`, { code: "resource_missing" });
  const amount = numberIn(form, "amount") ?? 0;
  const asked = { amount, currency: form.get("currency") ?? "", metadata: below(form, "metadata") };
  return book.intentOf(owner, asked, card, nowS);
}

function intentIn(book: Book, { owner, form, nowS }: Asked): Intent {
  const id = form.get("payment_intent");
  if (id !== undefined) return book.intent(owner, id, nowS);
  const message = "One of the following params should be provided for this request: payment_intent or charge.";
  throw new Refusal(400, message, { code: "parameter_missing" });
}

function refunded(book: Book, asked: Asked): object {
  const { form, key, nowS } = asked;
  const intent = intentIn(book, asked);
  const [amount, metadata] = [numberIn(form, "amount"), below(form, "metadata")];
  const refund = book.refund(intent, { amount, metadata, reason: form.get("reason") ?? null, key }, nowS);
  return refundObject(intent, refund);
}

/** What a customer has not had back, in the service's unit. */
export function leftOf(intent: Intent): number {
  return intent.received - refundedOf(intent);
}

function listOfSessions(book: Book, { owner, form, nowS }: Asked): object {
  const bound = (name: string): number | null => numberIn(form, `created[${name}]`);
  const [from, to] = [
    bound("gte") ?? (bound("gt") ?? -1) + 1,
    bound("lte") ?? (bound("lt") ?? Number.MAX_SAFE_INTEGER) - 1,
  ];
  const own = book
    .sessions(nowS)
    .filter(({ account, livemode }) => account === owner.account && livemode === owner.livemode)
    .filter(({ created }) => created >= from && created <= to)
    .toReversed();
  const { part, hasMore } = paged(own, form);
  return listObject(
    part.map((session) => sessionObject(session, [])),
    hasMore,
    "/v1/checkout/sessions",
  );
}

function listOfRefunds(book: Book, asked: Asked): object {
  const intent = intentIn(book, asked);
  const { part, hasMore } = paged<Refund>(intent.refunds.toReversed(), asked.form);
  return listObject(
    part.map((refund) => refundObject(intent, refund)),
    hasMore,
    "/v1/refunds",
  );
}

/** Newest first. */
function paged<T extends { readonly id: string }>(
  all: readonly T[],
  form: Asked["form"],
): { part: readonly T[]; hasMore: boolean } {
  const after = form.get("starting_after");
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const most = numberIn(form, "limit") ?? 10;
  return { part: all.slice(from, from + most), hasMore: all.length > from + most };
}

function numberIn(form: Asked["form"], name: string): number | null {
  const value = form.get(name);
  return value === undefined ? null : Number(value);
}
