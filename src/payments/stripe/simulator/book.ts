import { randomBytes } from "node:crypto";
import { rulesOf, toService } from "../wire-money.ts";
import { answerOfCard } from "./cards.ts";
import { intentObject } from "./objects.ts";
import { missing, Refusal, tooSmall } from "./refusal.ts";
import type { Charge, Failure, Intent, Metadata, Owner, Refund, Session } from "./state.ts";

export interface BookOptions {
  /** How long a hold lasts. */
  readonly holdS: number;
  /** Whether less than the least charge may be taken out of a hold: the documents do not say. */
  captureBelowLeast: "refuses" | "takes";
  /** What stands before a session's id in the address of its page. */
  page(): string;
}

export interface NewSession {
  readonly amount: number;
  readonly currency: string;
  readonly title: string;
  readonly expiresAt: number;
  readonly clientReferenceId: string | null;
  readonly metadata: Metadata;
  readonly intentMetadata: Metadata;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  readonly locale: string | null;
}

/** What a press on the page's button comes to. */
export type Pressed = "paid" | "confirm" | "declined" | "not-open" | "no-card" | "unknown";

const SESSION_LEAST_S = 30 * 60;
const SESSION_MOST_S = 24 * 3600;
/** Beyond so many the oldest are forgotten. */
const SESSIONS_MOST = 10_000;
/** What the page's address carries behind the session's id; the real one is about as long. */
const FRAGMENT_BYTES = 186;

/** The service's rules, in memory. Every call is told what time it is there, in epoch seconds. */
export class Book {
  readonly options: BookOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #intents = new Map<string, Intent>();

  constructor(options: BookOptions) {
    this.options = options;
  }

  /** All of them, oldest first. */
  sessions(now: number): readonly Session[] {
    for (const session of this.#sessions.values()) this.#age(session, now);
    return [...this.#sessions.values()];
  }

  create(owner: Owner, asked: NewSession, now: number): Session {
    if (asked.expiresAt < now + SESSION_LEAST_S) {
      throw new Refusal(400, "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", {
        param: "expires_at",
      });
    }
    if (asked.expiresAt > now + SESSION_MOST_S) {
      throw new Refusal(400, "The `expires_at` timestamp must be less than 24 hours from creation.", {
        param: "expires_at",
      });
    }
    this.#mustBeEnough(asked.amount, asked.currency, "line_items[0][price_data][unit_amount]");
    const id = `cs_${owner.livemode ? "live" : "test"}_a1${token(29)}`;
    const fragment = `fidkdWxOYHwnPyd1blpxYHZxWjA0${randomBytes(FRAGMENT_BYTES).toString("base64url")}`;
    const page = `${this.options.page()}/c/pay/${id}#${fragment}`;
    const session: Session = { ...owner, ...asked, id, created: now, page, status: "open", intent: null };
    this.#sessions.set(id, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > SESSIONS_MOST && oldest !== undefined) this.#sessions.delete(oldest);
    return session;
  }

  session(owner: Owner, id: string, now: number): Session {
    const session = this.#sessions.get(id);
    if (session === undefined || !isOf(owner, session)) throw missing("checkout session", id);
    this.#age(session, now);
    return session;
  }

  expire(session: Session, now: number): void {
    if (session.status !== "open") {
      const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`;
      throw new Refusal(400, message);
    }
    this.#end(session, now);
  }

  /** One without a session, as a program makes it that has a card already. */
  intentOf(owner: Owner, asked: Pick<Intent, "amount" | "currency" | "metadata">, card: string, now: number): Intent {
    this.#mustBeEnough(asked.amount, asked.currency, "amount");
    const intent = this.#newIntent(owner, asked, now);
    this.#present(intent, card, now);
    const { failure } = intent;
    if (failure === null) return intent;
    throw new Refusal(402, "Your card was declined.", {
      ...{ type: "card_error", code: failure.code },
      ...{ decline_code: failure.decline, payment_intent: intentObject(intent, []) },
    });
  }

  intent(owner: Owner, id: string, now: number): Intent {
    const intent = this.#intents.get(id);
    if (intent === undefined || !isOf(owner, intent)) throw missing("payment_intent", id);
    lapse(intent, now);
    return intent;
  }

  capture(intent: Intent, asked: number | null, now: number): void {
    if (intent.status !== "requires_capture") throw unexpected(intent, "capture", "requires_capture");
    const amount = asked ?? intent.amount;
    if (amount > intent.amount) {
      const message = "The amount to capture is greater than the amount that can be captured.";
      throw new Refusal(400, message, { code: "amount_too_large", param: "amount_to_capture" });
    }
    if (this.options.captureBelowLeast === "refuses") this.#mustBeEnough(amount, intent.currency, "amount_to_capture");
    intent.status = "succeeded";
    intent.received = amount;
    intent.captures += 1;
    if (intent.charge === null) return;
    intent.charge.captured = true;
    intent.charge.amountCaptured = amount;
    if (amount === intent.amount) return;
    // What is freed looks like a refund that nobody asked for.
    intent.charge.amountRefunded = intent.amount - amount;
    intent.refunds.push(newRefund({ amount: intent.amount - amount, metadata: {}, reason: null, key: null }, now));
  }

  cancel(intent: Intent, reason: string | null, now: number): void {
    if (intent.status !== "requires_capture") throw unexpected(intent, "cancel", "requires_capture");
    end(intent, reason, now);
  }

  refund(
    intent: Intent,
    asked: Pick<Refund, "metadata" | "reason" | "key"> & { amount: number | null },
    now: number,
  ): Refund {
    const left = intent.received - refundedOf(intent);
    if (intent.status !== "succeeded" || intent.charge === null) {
      throw new Refusal(400, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
    }
    if (left === 0) {
      const message = `Charge ${intent.charge.id} has already been refunded.`;
      throw new Refusal(400, message, { code: "charge_already_refunded" });
    }
    const amount = asked.amount ?? left;
    if (amount > left) {
      const message = `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`;
      throw new Refusal(400, message, { param: "amount" });
    }
    const refund = newRefund({ ...asked, amount }, now);
    intent.refunds.push(refund);
    intent.charge.amountRefunded += amount;
    return refund;
  }

  /** The customer's bank takes a refund of ours not: the money comes back, days later perhaps. */
  sendBack(intent: Intent): void {
    const refund = intent.refunds.find(({ key, status }) => key !== null && status !== "failed");
    if (refund === undefined || intent.charge === null) return;
    refund.status = "failed";
    intent.charge.amountRefunded -= refund.amount;
  }

  /** A customer has typed a card on the page and pressed the button. */
  press(id: string, card: string, now: number): Pressed {
    const session = this.#sessions.get(id);
    if (session === undefined) return "unknown";
    this.#age(session, now);
    if (session.status !== "open") return "not-open";
    if (answerOfCard(card) === undefined) return "no-card";
    session.intent ??= this.#newIntent(session, { ...session, metadata: session.intentMetadata }, now);
    this.#present(session.intent, card, now);
    return this.#pressed(session);
  }

  /** The customer answers the bank's question. */
  answer(id: string, isYes: boolean, now: number): Pressed {
    const session = this.#sessions.get(id);
    if (session === undefined) return "unknown";
    this.#age(session, now);
    if (session.status !== "open" || session.intent?.status !== "requires_action") return "not-open";
    if (isYes) authorise(session.intent, session.intent.charge?.last4 ?? "3155", this.options.holdS, now);
    else fail(session.intent, { code: "payment_intent_authentication_failure", decline: "authentication_required" });
    return this.#pressed(session);
  }

  /** The bank lets the money go before anybody took it. */
  lapse(session: Session, now: number): void {
    if (session.intent?.status === "requires_capture") end(session.intent, "automatic", now);
  }

  #pressed(session: Session): Pressed {
    const status = session.intent?.status;
    if (status === "requires_action") return "confirm";
    if (status !== "requires_capture") return "declined";
    session.status = "complete";
    return "paid";
  }

  #present(intent: Intent, card: string, now: number): void {
    const answer = answerOfCard(card) ?? { kind: "declined", code: "incorrect_number", decline: "incorrect_number" };
    const last4 = card.replaceAll(" ", "").slice(-4);
    intent.failure = null;
    if (answer.kind === "declined") {
      intent.charge = { ...newCharge(last4, this.options.holdS, now), status: "failed" };
      fail(intent, answer);
    } else if (answer.kind === "confirm") intent.status = "requires_action";
    else authorise(intent, last4, this.options.holdS, now);
  }

  #newIntent(owner: Owner, asked: Pick<Intent, "amount" | "currency" | "metadata">, now: number): Intent {
    const { account, livemode } = owner;
    const { amount, currency, metadata } = asked;
    const intent: Intent = {
      ...{ id: `pi_3${token(12)}`, account, livemode, created: now, amount, currency, metadata },
      ...{ status: "requires_payment_method", received: 0, canceledAt: null, cancellationReason: null },
      ...{ failure: null, charge: null, refunds: [], captures: 0 },
    };
    this.#intents.set(intent.id, intent);
    const [oldest] = this.#intents.keys();
    if (this.#intents.size > SESSIONS_MOST && oldest !== undefined) this.#intents.delete(oldest);
    return intent;
  }

  #mustBeEnough(amount: number, currency: string, param: string): void {
    const rules = rulesOf(currency.toUpperCase());
    const least = toService(rules?.leastReservationMinor ?? 1, currency.toUpperCase()) ?? 1;
    if (amount < least) throw tooSmall(`${least} ${currency}`, param);
    if (amount > 99_999_999)
      throw new Refusal(400, "Amount must be no more than 99999999", { code: "amount_too_large", param });
  }

  #age(session: Session, now: number): void {
    if (session.status === "open" && now >= session.expiresAt) this.#end(session, now);
    if (session.intent !== null) lapse(session.intent, now);
  }

  #end(session: Session, now: number): void {
    session.status = "expired";
    if (session.intent !== null && session.intent.status !== "canceled") end(session.intent, null, now);
  }
}

function isOf(owner: Owner, object: Owner): boolean {
  return owner.account === object.account && owner.livemode === object.livemode;
}

function authorise(intent: Intent, last4: string, holdS: number, now: number): void {
  intent.status = "requires_capture";
  intent.failure = null;
  intent.charge = newCharge(last4, holdS, now);
}

function fail(intent: Intent, { code, decline }: Failure): void {
  intent.status = "requires_payment_method";
  intent.failure = { code, decline };
}

function lapse(intent: Intent, now: number): void {
  const untilS = intent.charge?.captureBefore ?? Number.POSITIVE_INFINITY;
  if (intent.status === "requires_capture" && now >= untilS) end(intent, "automatic", now);
}

function end(intent: Intent, reason: string | null, now: number): void {
  if (intent.status === "requires_capture" && intent.charge !== null) intent.charge.amountRefunded = intent.amount;
  intent.status = "canceled";
  intent.canceledAt = now;
  intent.cancellationReason = reason;
}

function unexpected(intent: Intent, what: string, wanted: string): Refusal {
  const message = `You cannot ${what} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${what === "cancel" ? "canceled" : "captured"}: ${wanted}.`;
  const code = "payment_intent_unexpected_state";
  return new Refusal(400, message, { code, payment_intent: intentObject(intent, []) });
}

/** What was given back because somebody asked for it. */
export function refundedOf({ refunds }: Intent): number {
  return refunds
    .filter(({ key }) => key !== null)
    .reduce((sum, { amount, status }) => sum + (status === "failed" ? 0 : amount), 0);
}

function newCharge(last4: string, holdS: number, now: number): Charge {
  const none = { captured: false, amountCaptured: 0, amountRefunded: 0 };
  return { id: `ch_3${token(12)}`, created: now, captureBefore: now + holdS, last4, status: "succeeded", ...none };
}

function newRefund(made: Pick<Refund, "amount" | "metadata" | "reason" | "key">, now: number): Refund {
  const { amount, metadata, reason, key } = made;
  return { id: `re_3${token(12)}`, created: now, amount, metadata, reason, key, status: "succeeded" };
}

function token(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
