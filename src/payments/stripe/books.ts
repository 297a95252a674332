import type { RefundAnswer, RefundFate, RefundInQuestion, RefundRequest, Refunds } from "../../ports/books.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { type Api, type No, notKnown, type Reply } from "./api.ts";
import { REFUNDS, refundForm, refundsForm } from "./requests.ts";
import { listOf, type RefundObject, refund } from "./schema.ts";
import { toService } from "./wire-money.ts";

interface Page {
  readonly data: readonly RefundObject[];
  readonly has_more: boolean;
}

const PAGES_MOST = 5;
const GIVEN_BACK: ReadonlySet<string> = new Set(["succeeded", "pending", "requires_action"]);

/** Refunds. A repetition is recognised by what the refund's metadata say, for ever; the key is for the first hours. */
export class StripeRefunds implements Refunds {
  readonly recognises = "refund-id";
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  async refund(request: RefundRequest): Promise<Outcome<RefundAnswer>> {
    const { refundId, paymentReference, amountMinor, currency } = request;
    const amount = toService(amountMinor, currency);
    if (amount === null || amount <= 0)
      return declined("refused", `no refund of ${amountMinor} ${currency} is possible`);
    if (!/^pi_\w+$/.test(paymentReference)) return declined("refused", "the payment is none of Stripe's");
    const made = await this.#made(request);
    if (made.kind !== "done") return made;
    if (made.value !== null) return answerOf(made.value, request, amount);
    const form = refundForm(request, amount);
    const reply = await this.#api.post("refund", REFUNDS, form, `refund-${refundId}`, refund);
    if (reply.kind === "answer") return answerOf(reply.value, request, amount);
    return reply.kind === "no" ? refused(reply) : notKnown(reply);
  }

  async fate(refund: RefundInQuestion): Promise<Outcome<RefundFate>> {
    const made = await this.#made(refund);
    if (made.kind !== "done") return made;
    if (made.value === null) return unknown("refunds: the service shows none with this id");
    const answer = answerOf(made.value, refund, toService(refund.amountMinor, refund.currency));
    if (answer.kind === "done") return done({ kind: "stands" });
    const { status } = made.value;
    return isBack(status) ? done({ kind: "returned", detail: `Stripe shows it as ${status}` }) : answer;
  }

  /**
   * The refund that was made under this id before; null when there is none. What the service frees by itself after a
   * part was taken stands in the same list, and bears no id.
   */
  async #made({ refundId, paymentReference }: RefundInQuestion): Promise<Outcome<RefundObject | null>> {
    let after: string | null = null;
    for (let page = 0; page < PAGES_MOST; page++) {
      const reply: Reply<Page> = await this.#api.get(
        "refunds",
        REFUNDS,
        refundsForm(paymentReference, after),
        listOf(refund),
      );
      if (reply.kind === "no") return declined("refused", reply.detail);
      if (reply.kind !== "answer") return notKnown(reply);
      const { data, has_more }: Page = reply.value;
      const found = data.find(({ metadata }) => metadata?.["refund"] === refundId);
      if (found !== undefined) return done(found);
      after = data.at(-1)?.id ?? null;
      if (!has_more || after === null) return done(null);
    }
    return unknown("refunds: too many of one payment");
  }
}

/** It came to nothing, at once or after days: the money is with the merchant. Source: docs.stripe.com/refunds#failed-refunds. */
function isBack(status: RefundObject["status"]): boolean {
  return status === "failed" || status === "canceled";
}

function answerOf(
  made: RefundObject,
  { refundId, currency }: RefundInQuestion,
  amount: number | null,
): Outcome<RefundAnswer> {
  const { id, status, metadata } = made;
  const isOurs =
    metadata?.["refund"] === refundId && made.amount === amount && made.currency === currency.toLowerCase();
  if (!isOurs) return unknown(`refund: the answer is about another refund (${id.slice(0, 40)})`);
  if (GIVEN_BACK.has(status ?? "")) return done({ kind: "made", reference: id });
  if (isBack(status)) return declined("refused", `the refund has ${status}`);
  return unknown(`refund: status ${status}`);
}

function refused(no: No): Outcome<RefundAnswer> {
  const { code, param, detail, type } = no;
  if (type === "idempotency_error") return notKnown(no);
  // An amount above what is left comes without a code.
  if (code === "charge_already_refunded" || param === "amount") return done({ kind: "exceeds", detail });
  return declined("refused", detail);
}
