import { Repeats } from "../../core/repeats.ts";
import type { Effect } from "../../core/sale/effect.ts";
import { isAnother } from "../../core/sale/recover.ts";
import { judge, operationOf, type Truth } from "../../core/sale/resolve.ts";
import type { Committing, Offered, Offering, Releasing } from "../../core/sale/state.ts";
import { isCodeDown, leavesTime } from "../../core/sale/timing.ts";
import { isoTime } from "../../core/time.ts";
import { askedMs, backoffMs, wait } from "../../platform/time/wait.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { Attempt, PaymentProvider, ProviderOf } from "../../ports/payment.ts";
import { terminalOf } from "../belongings.ts";
import { type Errand, type News, notePayment, type PaymentErrand } from "../errand.ts";
import { POLICY } from "../policy.ts";

type PaymentEffect = Extract<Effect, { type: "offer" | "watch" | "settle" | "release" }>;

/** At the service that the sale's offer was made at; without it nothing is sent. */
export async function pay(
  { providerOf, selling }: { readonly providerOf: ProviderOf; readonly selling: PaymentProvider },
  effect: PaymentEffect,
  errand: Errand,
  fresh: boolean,
): Promise<void> {
  const provider = providerOf(effect.state.sale.terms.provider);
  if (provider === null) return await errand.tell({ type: "handed-over", reason: "provider-gone" });
  const paying = { ...errand, payment: provider, sells: provider === selling };
  switch (effect.type) {
    case "offer":
      return await offer(paying, effect.state);
    case "watch":
      return await watch(paying, effect.state);
    case "settle":
    case "release":
      return await resolve(paying, effect.state, fresh);
  }
}

/** The last moment that can be written as a date. */
const LAST_TIME_MS = 8.64e15;

/** An offer that was answered with no is not made again. */
const FIRST_OFFER: Attempt = { operation: "offer", number: 1 };

/**
 * Publishes the offer. Repeating replaces an earlier one at the service, so a lost answer costs nothing; but a "no" to a
 * repetition leaves the earlier one as it may be: it is released as one that nobody answered.
 */
export async function offer(errand: PaymentErrand, { sale }: Offering): Promise<void> {
  for (let attempt = 0; errand.mayGoOn(); attempt++) {
    const outcome = await errand.payment.offer(sale, errand.mayGoOn, FIRST_OFFER);
    notePayment(errand, outcome);
    if (outcome.kind === "done") {
      const { reference, qrText, endsAtMs } = outcome.value;
      const { name: service } = errand.payment.traits;
      if (!(await errand.isOurs("offer", reference, service))) return await errand.tell(foreign(`offer ${reference}`));
      const unfit = endsAtMs === null ? null : unfitEnd(errand, endsAtMs);
      if (unfit !== null) {
        errand.faults.raise("offer-unclear", errand.position, unfit);
        return await errand.tell({ type: "offer-unanswered" });
      }
      errand.faults.clear("offer-unclear", errand.position);
      const made = { type: "offer-made", reference, qrText, service } as const;
      return await errand.tell(endsAtMs === null ? made : { ...made, endsAtMs });
    }
    if (outcome.kind === "declined") {
      if (attempt > 0) return await errand.tell({ type: "offer-unanswered" });
      return await errand.tell(refusedNews(outcome));
    }
    const delayMs = POLICY.offerRetriesMs[attempt];
    const waitMs = askedMs(delayMs ?? 0, outcome);
    if (delayMs === undefined || waitMs > POLICY.offerAskedMs) return await errand.tell({ type: "offer-unanswered" });
    await wait(errand.clock, waitMs);
  }
}

/**
 * What is wrong with the end that a service tells of its offer; null when it fits. By the service's own clock where that
 * is known; else by ours, which may differ from it as far as is let pass.
 */
function unfitEnd({ payment, clock, nowMs }: PaymentErrand, endsAtMs: number): string | null {
  const { name, offerLife } = payment.traits;
  if (offerLife === undefined)
    return `${name} tells an end of its offer, ${dateOf(endsAtMs)}, and is known to give none`;
  const heard = payment.serviceTime?.() ?? null;
  const thereMs = heard === null ? nowMs() : heard.atMs + clock.monotonicMs() - heard.heardMs;
  const slackMs = POLICY.offerLifeSlackMs + (heard === null ? POLICY.clockDiffersMs : 0);
  const { shortestMs, longestMs } = offerLife;
  const lifeMs = endsAtMs - thereMs;
  if (!Number.isSafeInteger(endsAtMs) || lifeMs < shortestMs - slackMs || lifeMs > longestMs + slackMs) {
    const expected = `expected ${dateOf(thereMs + shortestMs)} to ${dateOf(thereMs + longestMs)}`;
    return `an offer of ${name} ends ${dateOf(endsAtMs)}: ${expected}`;
  }
  if (leavesTime(nowMs(), endsAtMs)) return null;
  return `an offer of ${name} ends ${dateOf(endsAtMs)}, and here it is ${dateOf(nowMs())}: no time is left to scan it`;
}

/** A number of milliseconds that is no time is told as it is. */
function dateOf(atMs: number): string {
  return Number.isSafeInteger(atMs) && Math.abs(atMs) <= LAST_TIME_MS ? isoTime(atMs) : `at ${atMs} ms`;
}

function refusedNews({ detail, customer, reason }: Extract<Outcome<unknown>, { kind: "declined" }>): News {
  const told = customer === undefined ? {} : { customer };
  return { type: "offer-refused", detail, ...told, ...(reason === "amount" ? { reason } : {}) };
}

/** Asks for the offer's state until the customer has decided; the state's deadline ends it otherwise. */
export async function watch(errand: PaymentErrand, { sale, offer: { reference } }: Offered): Promise<void> {
  let silent = 0;
  const { polls } = errand.payment.traits;
  let waitMs = polls.firstMs;
  const unclear = new Repeats();
  while (errand.mayGoOn()) {
    await errand.nap.take(errand.clock, waitMs);
    if (!errand.mayGoOn()) return;
    const outcome = await errand.payment.query(sale, reference);
    const everyMs = isCodeDown(errand.leftMs()) ? polls.hiddenEveryMs : polls.everyMs;
    waitMs = Math.max(everyMs, Math.min(askedMs(everyMs, outcome), POLICY.saleAskedMs));
    silent = outcome.kind === "unknown" ? silent + 1 : 0;
    if (silent === 0 || silent >= POLICY.pollsUntilUnreachable) notePayment(errand, outcome);
    if (outcome.kind === "done" && (await decided(errand, outcome.value, unclear))) return;
  }
}

async function decided(errand: PaymentErrand, truth: Truth, unclear: Repeats): Promise<boolean> {
  switch (truth.state) {
    case "open":
      errand.showTried(truth.tried ?? null);
      return false;
    case "unclear": {
      const times = unclear.failed(truth.detail, errand.clock.monotonicMs());
      const fields = { position: errand.position, detail: truth.detail, times };
      if (times !== null) errand.log.warn(fields, "the payment service's answer is unclear");
      return false;
    }
    case "held": {
      const { authorisedMinor, holdUntilMs } = truth;
      await errand.tell({ type: "reserved", authorisedMinor, holdUntilMs });
      return true;
    }
    case "different":
      await errand.tell({ type: "contradicted", detail: truth.detail });
      return true;
    case "captured":
      await errand.tell(await capturedNews(truth, errand.payment.traits.name, errand.isOurs));
      return true;
    case "ended":
      await errand.tell({ type: "payment-ended", how: truth.how });
      return true;
  }
}

/**
 * Commits or releases until the service's aggregate shows it. `fresh` says that nothing was sent before;
 * after a restart something may have been, so the first call is a query. A "no" counts only as long as every call before
 * it was answered, and for an offer without a name never: what was sent earlier may still be carried out. Each call but
 * the first one comes after a query that has shown that it is to be sent: nothing is taken under a second number before it
 * is seen that nothing was taken under the first. Another
 * terminal than that of the offer knows no such offer, and would make one of its own: then nothing is sent.
 */
export async function resolve(errand: PaymentErrand, state: Committing | Releasing, fresh: boolean): Promise<void> {
  if (isAnother(state.sale.terms.terminal, terminalOf(state.sale, errand.identity))) {
    return await errand.tell({ type: "handed-over", reason: "terminal-changed" });
  }
  let queryFirst = !fresh;
  const numbers = new Numbers(state, fresh);
  for (let attempt = 0; errand.mayGoOn(); ) {
    const query = queryFirst && state.offer !== null;
    const outcome = query
      ? await errand.payment.query(state.sale, state.offer.reference)
      : await act(errand, state, numbers.attempt);
    // A call that had to end half-way says nothing about the service.
    if (errand.mayGoOn() || outcome.kind === "done") notePayment(errand, outcome);
    const next = await conclude(errand, state, outcome, numbers.answered);
    if (next === "ended") return;
    if (!query) await numbers.ended(errand, outcome);
    queryFirst = !(query && next === "repeat");
    if (query && next === "repeat") continue;
    errand.tried();
    await wait(errand.clock, resolveWaitMs(backoffMs(POLICY.resolveRetriesMs, attempt++), outcome, errand.leftMs()));
  }
}

/** As long as the service asks for, but never so long that the state ends without another attempt. */
function resolveWaitMs(delayMs: number, outcome: Outcome<unknown>, leftMs: number | null): number {
  const waitMs = Math.min(askedMs(delayMs, outcome), POLICY.saleAskedMs);
  const mostMs = leftMs === null ? waitMs : leftMs - POLICY.resolveLastMs;
  return Math.max(delayMs, Math.min(waitMs, mostMs));
}

/** A payment that stands for another sale already is none of this one. */
export async function capturedNews(
  { capturedMinor, receipt, stillHeldMinor = 0 }: Extract<Truth, { state: "captured" }>,
  service: string,
  isOurs: Errand["isOurs"],
): Promise<News> {
  const { paymentReference } = receipt;
  const isOurPayment = await isOurs("payment", paymentReference, service);
  if (!isOurPayment) return foreign(`payment ${paymentReference}`);
  const captured = { type: "captured", capturedMinor, receipt, service } as const;
  return stillHeldMinor > 0 ? { ...captured, stillHeldMinor } : captured;
}

function foreign(what: string): News {
  return { type: "contradicted", detail: `${what.slice(0, 60)} belongs to another sale` };
}

/**
 * Numbers the calls for a reservation where the service keeps its answers. What it keeps under a number answers all calls
 * with that number: a yes was one to the first of them, and after a no none of them is carried out any more.
 */
class Numbers {
  attempt: Attempt;
  /** Whether every call so far was answered, as far as is known. */
  answered: boolean;
  /** Since the number rose: noes to who asks, which may be kept as well, or not. */
  #rejected = 0;
  #noted: number;

  constructor(state: Committing | Releasing, fresh: boolean) {
    this.#noted = state.declined ?? 0;
    this.attempt = { operation: operationOf(state), number: 1 + this.#noted };
    this.answered = fresh && state.offer !== null;
  }

  /** What was sent is to be sent once more: under the next number, where the answer might only be said again. */
  async ended(errand: PaymentErrand, outcome: Outcome<Truth>): Promise<void> {
    if (outcome.kind === "unknown") {
      this.answered = false;
      return;
    }
    if (!errand.payment.traits.keepsAnswers) return;
    if (outcome.kind === "declined" && outcome.reason === "rejected")
      return await this.#shutOut(errand, outcome.kept === true);
    if (this.attempt.operation === "free") {
      if (outcome.kind === "declined") await this.#note(errand);
      return this.#next();
    }
    // To free twice does no harm. To take twice does: only after a no is another number sent.
    if (outcome.kind !== "declined") return;
    if (this.attempt.number >= POLICY.captureNumbers) {
      return await errand.tell({ type: "resolution-refused", detail: outcome.detail });
    }
    await this.#note(errand);
    this.#next();
  }

  /**
   * It is sent again as it was, and under another number ever more seldom: that it is kept as well is only possible. What
   * is known to be kept answers what was sent before too, and is no news of today where somebody may have mended it since.
   */
  async #shutOut(errand: PaymentErrand, isKept: boolean): Promise<void> {
    if (this.attempt.operation === "free") return this.#next();
    const isOld = !this.answered;
    if ((isOld && !isKept) || this.attempt.number >= POLICY.captureNumbers) return;
    if (++this.#rejected < 2 ** this.attempt.number && !isOld) return;
    await this.#note(errand);
    this.#next();
  }

  async #note(errand: PaymentErrand): Promise<void> {
    const { operation } = this.attempt;
    if (operation === "offer" || this.#noted >= POLICY.captureNumbers) return;
    this.#noted++;
    await errand.tell({ type: "attempt-declined", operation });
  }

  #next(): void {
    const { operation, number } = this.attempt;
    this.attempt = { operation, number: Math.min(number + 1, POLICY.freeNumbers) };
    // What may still free something is no matter, until it is asked whether a "no" to a release counts.
    if (operation === "capture") this.answered = true;
    this.#rejected = 0;
  }
}

function act(errand: PaymentErrand, state: Committing | Releasing, attempt: Attempt): Promise<Outcome<Truth>> {
  const service = errand.payment.traits.name;
  const isOurs = (name: string): Promise<boolean> => errand.isOurs("offer", name, service);
  if (state.aim === "release")
    return errand.payment.release(state.sale, state.offer?.reference ?? null, errand.mayGoOn, isOurs, attempt);
  return errand.payment.settle(state.sale, state.offer.reference, state.delivery, errand.mayGoOn, attempt);
}

/** Silence, a terminal that is not let in, or a state that nobody knows: none says what has become of the money. */
function isNoWord(checked: Outcome<Truth>): boolean {
  if (checked.kind === "done") return checked.value.state === "unclear";
  return checked.kind === "unknown" || checked.reason === "rejected";
}

async function conclude(
  errand: PaymentErrand,
  state: Committing | Releasing,
  outcome: Outcome<Truth>,
  answered: boolean,
): Promise<"ended" | "repeat" | "wait"> {
  if (outcome.kind === "declined" && outcome.reason !== "rejected") {
    const checked = state.offer === null ? outcome : await errand.payment.query(state.sale, state.offer.reference);
    const verdict = checked.kind === "done" ? judge(state.aim, checked.value) : null;
    if (verdict !== null && verdict !== "repeat" && verdict !== "wait")
      return await conclude(errand, state, checked, answered);
    // Where the service says that the time is over, and shows otherwise, it will show that in time.
    if (!answered || isNoWord(checked) || outcome.reason === "too-late") return "wait";
    await errand.tell({ type: "resolution-refused", detail: outcome.detail });
    return "ended";
  }
  if (outcome.kind !== "done") return "wait";
  const truth = outcome.value;
  const verdict = judge(state.aim, truth);
  if (verdict === "released") {
    await errand.tell({ type: "released" });
    return "ended";
  }
  if (truth.state === "captured") {
    await errand.tell(await capturedNews(truth, errand.payment.traits.name, errand.isOurs));
    return "ended";
  }
  if (truth.state === "different") {
    await errand.tell({ type: "contradicted", detail: truth.detail });
    return "ended";
  }
  return verdict === "repeat" ? "repeat" : "wait";
}
