import { type MoneyRules, NO_RULES } from "../../core/money-rules.ts";
import type { Truth } from "../../core/sale/resolve.ts";
import type { Delivery, Frozen, Sale } from "../../core/sale/state.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type {
  Attempt,
  IsOurs,
  MayGoOn,
  PaymentProvider,
  ProviderTraits,
  PublishedOffer,
  ServiceTime,
} from "../../ports/payment.ts";
import { type Api, type No, notKnown, type Reply } from "./api.ts";
import { clockProblem } from "./clock-skew.ts";
import { PAGE_LEAST_MS, PAGE_LIFE_MS } from "./config.ts";
import { LOOK_EVERY_MS, Reads } from "./reads.ts";
import {
  CANCEL_FORM,
  captureForm,
  keyOf,
  pageEndS,
  SESSIONS,
  searchForm,
  sessionForm,
  WHOLE_SESSION,
} from "./requests.ts";
import { type IntentObject, intent, listOf, type SessionObject, session } from "./schema.ts";
import { contradictionIn, type Expected, truthOfIntent, truthOfSession } from "./truth.ts";
import { fromService, rulesOf, toService } from "./wire-money.ts";

export interface StripeSettings {
  readonly pollIntervalMs: number;
  /** Of the key; what an answer is about must be of the same. */
  readonly livemode: boolean;
  readonly thanksUrl: string;
}

/** A customer needs some seconds to scan the code and type a card. */
const FIRST_POLL_MS = 8000;
const HIDDEN_POLL_MS = 15_000;
/** Somebody may pay while the page is ended, and the bank may let go while the hold is: then the other is done. */
const RELEASE_ROUNDS = 3;
const SEARCH_PAGES = 10;
/** Why a capture was refused, where that is more than a no. */
const REASONS: Readonly<Record<string, "amount" | "too-late">> = {
  ...{ amount_too_small: "amount", amount_too_large: "amount" },
  ...{ charge_expired_for_capture: "too-late", capture_charge_authorization_expired: "too-late" },
};
/** No payment has it. */
const NOBODYS = "pi_kioskdProbeOfNobody";
const NOT_SENT: Outcome<never> = unknown("not sent: the sale has gone on without it");

/** One sale is one Checkout Session: its page, with a payment that holds the money until it is captured or cancelled. */
export class StripeProvider implements PaymentProvider {
  readonly traits: ProviderTraits;
  readonly #settings: StripeSettings;
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #reads: Reads;
  /** Whether the service has let the key take money, or would. */
  #mayCapture = false;

  constructor(settings: StripeSettings, api: Api, clock: Clock, log: Log) {
    const everyMs = settings.pollIntervalMs;
    const polls = {
      firstMs: FIRST_POLL_MS,
      everyMs,
      hiddenEveryMs: HIDDEN_POLL_MS,
      probeEveryMs: LOOK_EVERY_MS,
      probeOfAccount: true,
    };
    this.traits = {
      name: "stripe",
      polls,
      keepsAnswers: true,
      offerLife: { shortestMs: PAGE_LEAST_MS, longestMs: PAGE_LIFE_MS },
    };
    this.#settings = settings;
    this.#api = api;
    this.#clock = clock;
    this.#log = log;
    this.#reads = new Reads(clock);
  }

  rulesFor(currency: string): MoneyRules | null {
    return rulesOf(currency);
  }

  freeze(): Frozen {
    return { thanksUrl: this.#settings.thanksUrl };
  }

  async offer(sale: Sale, mayGoOn: MayGoOn, attempt: Attempt): Promise<Outcome<PublishedOffer>> {
    return this.#heard(await this.#offer(sale, mayGoOn, attempt));
  }

  async #offer(sale: Sale, mayGoOn: MayGoOn, { number }: Attempt): Promise<Outcome<PublishedOffer>> {
    if (!mayGoOn()) return NOT_SENT;
    const wrongClock = clockProblem<PublishedOffer>(this.#clock, this.#api.serviceTime);
    if (wrongClock !== null) return wrongClock;
    const amount = offeredAmount(sale);
    if (typeof amount !== "number") return amount;
    const reply = await this.#create(sale, amount, number);
    if (reply.kind === "no") return this.#offerRefused(reply, sale);
    if (reply.kind !== "answer") return notKnown(reply);
    return this.#offerIn(reply.value, sale);
  }

  async query(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    return this.#heard(await this.#reads.offer(reference, () => this.#look(sale, reference)));
  }

  async settle(
    sale: Sale,
    reference: string,
    delivery: Delivery,
    mayGoOn: MayGoOn,
    attempt: Attempt,
  ): Promise<Outcome<Truth>> {
    return this.#heard(await this.#settle(sale, reference, delivery, mayGoOn, attempt));
  }

  async #settle(
    sale: Sale,
    reference: string,
    delivery: Delivery,
    mayGoOn: MayGoOn,
    { number }: Attempt,
  ): Promise<Outcome<Truth>> {
    const { currency } = sale.terms.tariff;
    const { leastCaptureMinor } = rulesOf(currency) ?? NO_RULES;
    const amount = toService(delivery.amountMinor, currency);
    if (amount === null || delivery.amountMinor < leastCaptureMinor) {
      return declined("amount", `Stripe does not take ${delivery.amountMinor} of ${currency}'s smallest unit`);
    }
    if (!mayGoOn()) return NOT_SENT;
    const seen = await this.#seen(sale, reference);
    if (seen.kind !== "held") return seen.outcome;
    // Money is taken out of a hold once and no more, so a second key can do no harm.
    for (const key of [keyOf(sale, "capture", number), `${keyOf(sale, "capture", number)}-again`]) {
      if (!mayGoOn()) return NOT_SENT;
      const path = `/v1/payment_intents/${seen.intent.id}/capture`;
      const reply = await this.#api.post("capture", path, captureForm(amount), key, intent);
      if (reply.kind === "answer") return done(truthOfIntent(reply.value, this.#expected(sale)));
      const after = await this.#look(sale, reference);
      if (isOver(after)) return after;
      if (reply.kind === "no") return declined(REASONS[reply.code ?? ""] ?? "refused", reply.detail);
      if (reply.kind !== "stuck" || after.kind !== "done" || after.value.state !== "held") return notKnown(reply);
    }
    return unknown("capture: Stripe keeps answering with a failure");
  }

  async release(
    sale: Sale,
    reference: string | null,
    mayGoOn: MayGoOn,
    _isOurs: IsOurs,
    attempt: Attempt,
  ): Promise<Outcome<Truth>> {
    return this.#heard(await this.#release(sale, reference, mayGoOn, attempt));
  }

  async #release(sale: Sale, reference: string | null, mayGoOn: MayGoOn, attempt: Attempt): Promise<Outcome<Truth>> {
    if (reference !== null) return await this.#free(sale, reference, mayGoOn, attempt);
    const found = await this.#lost(sale, mayGoOn);
    if (found.kind !== "done") return found;
    for (const each of found.value) {
      const freed = await this.#free(sale, each, mayGoOn, attempt);
      if (freed.kind !== "done" || freed.value.state !== "ended") return freed;
    }
    return done({ state: "ended", how: "canceled" });
  }

  async probe(): Promise<Outcome<null>> {
    const outcome = await this.#reads.look(async () => {
      const before = this.#api.answersHeard;
      const reply = await this.#api.get("probe", SESSIONS, [["limit", "1"]], listOf(session));
      const isAnswered = this.#api.answersHeard !== before;
      const seen = reply.kind === "answer" ? await this.#capturable() : notKnown(reply);
      return { outcome: seen, isAnswered };
    });
    return outcome.kind === "done" ? (clockProblem(this.#clock, this.#api.serviceTime) ?? outcome) : outcome;
  }

  serviceTime(): ServiceTime | null {
    return this.#api.serviceTime;
  }

  async close(): Promise<void> {
    this.#api.close();
  }

  /**
   * Whether the key may take money: asked once with a payment that nobody has, of which nothing can be taken. Without the
   * right the kiosk would deliver and never be paid.
   */
  async #capturable(): Promise<Outcome<null>> {
    if (this.#mayCapture) return done(null);
    const path = `/v1/payment_intents/${NOBODYS}/capture`;
    const key = `probe-capture-${this.#clock.wallMs()}`;
    const reply = await this.#api.post("probe", path, [], key, intent);
    if (reply.kind !== "no" && reply.kind !== "answer") return notKnown(reply);
    this.#mayCapture = true;
    return done(null);
  }

  #heard<T>(outcome: Outcome<T>): Outcome<T> {
    if (outcome.kind === "declined" && outcome.reason === "rejected") this.#mayCapture = false;
    this.#reads.doubt(outcome);
    return outcome;
  }

  #expected(sale: Sale): Expected {
    return { sale, livemode: this.#settings.livemode };
  }

  #create(sale: Sale, amount: number, number: number): Promise<Reply<SessionObject>> {
    const form = sessionForm(sale, amount, sale.terms.frozen?.["thanksUrl"] ?? this.#settings.thanksUrl);
    return this.#api.post("offer", SESSIONS, form, keyOf(sale, "offer", number), session);
  }

  #offerIn(made: SessionObject, sale: Sale): Outcome<PublishedOffer> {
    const wrong = contradictionIn(made, made.id, this.#expected(sale));
    if (wrong !== null) return unknown(`offer: ${"detail" in wrong ? wrong.detail : wrong.state}`);
    if (made.expires_at !== pageEndS(sale)) return unknown("offer: the page ends at another time than was asked for");
    const { url } = made;
    if (url === null || !isPage(url)) return unknown("offer: an answer without a page to pay on");
    return done({ reference: made.id, qrText: url, endsAtMs: made.expires_at * 1000 });
  }

  #offerRefused(no: No, sale: Sale): Outcome<PublishedOffer> {
    if (no.type === "idempotency_error") {
      this.#log.error({ sale: sale.id, detail: no.detail }, "an offer was sent twice, and not the same");
      return notKnown(no);
    }
    if (no.code === "amount_too_small" || no.code === "amount_too_large") return declined("amount", no.detail);
    const advice =
      no.param === "expires_at"
        ? "Stripe finds the end of the customer's page too near or too far: set the kiosk's clock."
        : "Stripe does not take what the configuration makes of an offer: look at payment.stripe and at the account in its dashboard.";
    return { kind: "declined", reason: "rejected", detail: no.detail, advice };
  }

  /** What the service shows, with the payment in it. */
  async #fetched(reference: string): Promise<Outcome<SessionObject>> {
    const path = `${SESSIONS}/${encodeURIComponent(reference)}`;
    const reply = await this.#api.get("query", path, WHOLE_SESSION, session);
    if (reply.kind === "answer") return done(reply.value);
    if (reply.kind !== "no" || reply.status !== 404) return notKnown(reply);
    const advice =
      "Stripe has no such offer in this account and mode: is the key of the account that the sale was made on?";
    return unknown(reply.detail, { advice });
  }

  async #look(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    const fetched = await this.#fetched(reference);
    return fetched.kind === "done" ? done(truthOfSession(fetched.value, reference, this.#expected(sale))) : fetched;
  }

  /** The same with the payment by which a hold is named. */
  async #seen(
    sale: Sale,
    reference: string,
  ): Promise<
    { kind: "held"; intent: IntentObject; outcome: Outcome<Truth> } | { kind: "other"; outcome: Outcome<Truth> }
  > {
    const fetched = await this.#fetched(reference);
    if (fetched.kind !== "done") return { kind: "other", outcome: fetched };
    const truth = truthOfSession(fetched.value, reference, this.#expected(sale));
    const { payment_intent: inner } = fetched.value;
    const isHeld = truth.state === "held" && inner !== null && typeof inner === "object";
    return isHeld ? { kind: "held", intent: inner, outcome: done(truth) } : { kind: "other", outcome: done(truth) };
  }

  async #free(sale: Sale, reference: string, mayGoOn: MayGoOn, { number }: Attempt): Promise<Outcome<Truth>> {
    for (let round = 0; round < RELEASE_ROUNDS; round++) {
      if (!mayGoOn()) return NOT_SENT;
      const seen = await this.#seen(sale, reference);
      const { outcome } = seen;
      if (outcome.kind !== "done" || (seen.kind !== "held" && outcome.value.state !== "open")) return outcome;
      if (!mayGoOn()) return NOT_SENT;
      const path = `${SESSIONS}/${encodeURIComponent(reference)}/expire`;
      const reply =
        seen.kind === "held"
          ? await this.#canceled(sale, seen.intent.id, number)
          : await this.#api.post("expire", path, WHOLE_SESSION, keyOf(sale, "expire", number), session);
      if (reply.kind === "unknown" || reply.kind === "declined") return reply;
      if (reply.kind !== "answer") continue;
      const { value } = reply;
      const expected = this.#expected(sale);
      return done(
        value.object === "payment_intent" ? truthOfIntent(value, expected) : truthOfSession(value, reference, expected),
      );
    }
    return await this.#look(sale, reference);
  }

  #canceled(sale: Sale, id: string, number: number): Promise<Reply<IntentObject | SessionObject>> {
    const path = `/v1/payment_intents/${id}/cancel`;
    return this.#api.post("cancel", path, CANCEL_FORM, keyOf(sale, "cancel", number), intent);
  }

  /**
   * The sessions of an offer whose answer was lost. The same create again gives the same session. A definite no says that
   * none is kept under the key: it is too late to make one, or the key was forgotten; then the service's list decides.
   */
  async #lost(sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<readonly string[]>> {
    const amount = offeredAmount(sale);
    if (typeof amount !== "number") return done([]);
    if (!mayGoOn()) return NOT_SENT;
    const reply = await this.#create(sale, amount, 1);
    if (reply.kind === "answer") return done([reply.value.id]);
    return reply.kind === "no" || reply.kind === "stuck" ? await this.#searched(sale) : reply;
  }

  async #searched(sale: Sale): Promise<Outcome<readonly string[]>> {
    const found: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < SEARCH_PAGES; page++) {
      const reply: Reply<Page> = await this.#api.get("search", SESSIONS, searchForm(sale, after), listOf(session));
      if (reply.kind !== "answer") return notKnown(reply);
      const { data, has_more }: Page = reply.value;
      found.push(...data.filter((each) => each.client_reference_id === sale.id).map(({ id }) => id));
      after = data.at(-1)?.id ?? null;
      if (!has_more || after === null) return done(found);
    }
    return unknown(`search: more than ${SEARCH_PAGES} pages of offers at that time`);
  }
}

interface Page {
  readonly data: readonly SessionObject[];
  readonly has_more: boolean;
}

/** The amount as the service takes it, or why it does not. */
function offeredAmount({ terms }: Sale): number | Outcome<never> {
  const { currency } = terms.tariff;
  const rules = rulesOf(currency);
  if (rules === null) return declined("amount", `Stripe's unit of ${currency} is not known`);
  const { leastReservationMinor, mostMinor } = rules;
  const amount = toService(terms.maximumMinor, currency);
  const isIn = terms.maximumMinor >= leastReservationMinor && terms.maximumMinor <= mostMinor;
  if (isIn && amount !== null && fromService(amount, currency) === terms.maximumMinor) return amount;
  return declined("amount", `Stripe takes no ${terms.maximumMinor} of ${currency}'s smallest unit`);
}

/** Shown as a code and never opened here; still no phone is sent anywhere unencrypted, except by the simulator. */
function isPage(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol } = new URL(url);
  return protocol === "https:" || protocol === "http:";
}

/** Taken, over, or not this sale's: asking again would not change it. */
function isOver(outcome: Outcome<Truth>): boolean {
  if (outcome.kind !== "done") return false;
  const { state } = outcome.value;
  return state === "captured" || state === "ended" || state === "different";
}
