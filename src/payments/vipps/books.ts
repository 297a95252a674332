import type { PaymentBooks, RefundAnswer, RefundRequest, Refunds, Remainders } from "../../ports/books.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { Attempt } from "../../ports/payment.ts";
import { asOutcome, type Reply, type VippsCalls } from "./calls.ts";
import { keyOf } from "./provider.ts";
import { stillHeldMinor, sumsOf } from "./truth.ts";
import type { Events, Payment } from "./wire.ts";

const ALWAYS = (): boolean => true;

export class VippsBooks implements PaymentBooks {
  readonly #calls: VippsCalls;
  readonly refunds: Refunds = { recognises: "refund-id", refund: (request) => this.#refund(request) };
  readonly remainders: Remainders = { freeRest: (...call) => this.#freeRest(...call) };
  readonly receipts = null;
  readonly periods = null;

  constructor(calls: VippsCalls) {
    this.#calls = calls;
  }

  /** The payment's events name the key of each refund, for ever: one that was made is known again. */
  async #refund({ refundId, paymentReference, amountMinor, currency }: RefundRequest): Promise<Outcome<RefundAnswer>> {
    if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) {
      return declined("refused", "a refund needs an amount above zero");
    }
    const before = await this.#calls.events(paymentReference);
    if (before.kind !== "yes") return asOutcome(before);
    const known = madeBefore(before.value, refundId);
    if (known !== null) return heldAgainst(known, paymentReference, amountMinor, currency);
    const body = { modificationAmount: { currency, value: amountMinor } };
    const reply = await this.#calls.change("refund", paymentReference, refundId, body, ALWAYS);
    const after = await this.#calls.events(paymentReference);
    const made = after.kind === "yes" ? madeBefore(after.value, refundId) : null;
    if (made !== null) return heldAgainst(made, paymentReference, amountMinor, currency);
    if (reply.kind === "yes") return unknown("refund: a yes, but the payment shows no such refund");
    if (reply.kind === "settled" || /code (?:6090|6150)\b/.test(reply.detail)) {
      return done({ kind: "exceeds", detail: reply.detail });
    }
    return asOutcome(reply);
  }

  async #freeRest(
    saleId: string,
    _position: string,
    reference: string,
    attempt: Attempt,
  ): Promise<Outcome<{ readonly stillHeldMinor: number }>> {
    const before = restIn(reference, await this.#calls.payment(reference));
    if (before.kind !== "done" || before.value.stillHeldMinor === 0) return before;
    const reply = await this.#calls.change("cancel", reference, keyOf(saleId, "free", attempt.number), {}, ALWAYS);
    const after = restIn(reference, await this.#calls.payment(reference));
    if (after.kind !== "done" || after.value.stillHeldMinor === 0) return after;
    return reply.kind === "yes" || reply.kind === "settled" ? after : asOutcome(reply);
  }
}

type Event = Events[number];

function madeBefore(events: Events, refundId: string): Event | null {
  return (
    events.find(({ name, success, idempotencyKey }) => name === "REFUNDED" && success && idempotencyKey === refundId) ??
    null
  );
}

function heldAgainst(
  { reference, pspReference, amount }: Event,
  ours: string,
  amountMinor: number,
  currency: string,
): Outcome<RefundAnswer> {
  const isOurs = reference === ours && amount.currency === currency && amount.value === amountMinor;
  if (isOurs) return done({ kind: "made", reference: pspReference });
  return unknown(`refund: shown as ${amount.value} ${amount.currency} of payment ${reference.slice(0, 64)}`);
}

function restIn(reference: string, reply: Reply<Payment>): Outcome<{ readonly stillHeldMinor: number }> {
  if (reply.kind !== "yes") return asOutcome(reply);
  const restMinor = stillHeldMinor(sumsOf(reply.value));
  if (reply.value.reference !== reference || restMinor < 0) return unknown("payment: the answer contradicts itself");
  // Nothing is held where nobody has confirmed.
  return done({ stillHeldMinor: reply.value.state === "AUTHORIZED" ? restMinor : 0 });
}
