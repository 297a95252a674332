import { type MoneyRules, NO_RULES } from "../../core/money-rules.ts";
import type { Truth } from "../../core/sale/resolve.ts";
import type { Delivery, Sale } from "../../core/sale/state.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import type {
  IsOurs,
  MayGoOn,
  PaymentProvider,
  ProviderTraits,
  PublishedOffer,
  ServiceTime,
} from "../../ports/payment.ts";
import { amountOf } from "./amount.ts";
import { type SeqrCallSettings, SeqrCalls } from "./calls.ts";
import { CODE, describeCode, type ResultCode } from "./codes.ts";
import { deliveryInvoice, offerInvoice } from "./invoice.ts";
import { outcomeOfCode, outcomeOfStatus } from "./truth.ts";
import { createVersions, type Versions } from "./versions.ts";

/** Settling takes at most 12 requests and nine poll intervals. */
export interface SeqrSettings extends SeqrCallSettings {
  readonly pollIntervalMs: number;
  /** On the bill in the customer's phone. */
  readonly title: string;
  readonly footer: string;
  /** Where the service may wake the poll of a position; null for none. Carries a secret, so it stays out of logs. */
  readonly notificationUrl?: (position: string) => string | null;
}

/** Enough for the 20 seconds after which the service takes a payment back that nobody asked about. */
const PAID_POLLS = 10;
/** It does not count questions. */
const PROBE_EVERY_MS = 60_000;
const NOT_SENT: Outcome<never> = unknown("not sent: the sale has gone on without it");

/** Rejects only when endpoint or authority are not acceptable or the interface description cannot be read. */
export async function createSeqrProvider(
  settings: SeqrSettings,
  clock: Clock,
  log: Log,
  calls?: SeqrCalls,
): Promise<PaymentProvider> {
  return new SeqrProvider(settings, clock, calls ?? (await SeqrCalls.create(settings, clock, log)));
}

class SeqrProvider implements PaymentProvider {
  readonly traits: ProviderTraits;
  readonly #settings: SeqrSettings;
  readonly #clock: Clock;
  readonly #calls: SeqrCalls;
  readonly #versions: Versions = createVersions();

  constructor(settings: SeqrSettings, clock: Clock, calls: SeqrCalls) {
    const everyMs = settings.pollIntervalMs;
    const polls = {
      firstMs: everyMs,
      everyMs,
      hiddenEveryMs: everyMs,
      probeEveryMs: PROBE_EVERY_MS,
      probeOfAccount: false,
    };
    this.traits = { name: "seqr", polls, keepsAnswers: false };
    this.#settings = settings;
    this.#clock = clock;
    this.#calls = calls;
  }

  /** No amount is too small or too large for it by any rule that it tells. */
  rulesFor(): MoneyRules {
    return NO_RULES;
  }

  async offer(sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> {
    if (!mayGoOn()) return NOT_SENT;
    const invoice = offerInvoice(sale, this.#settings, this.#clock.wallMs());
    const reply = await this.#calls.asTerminal("sendInvoice", sale.position, sale.id, { invoice });
    if (reply.kind !== "answer") return reply;
    if (reply.result.treatment !== "success") {
      if (reply.body.invoiceReference === undefined) return outcomeOfCode(reply.result);
      return unknown(`sendInvoice: ${describeCode(reply.result)}, but an invoice reference`);
    }
    const stickerId = this.#calls.terminal(sale.position)?.stickerId ?? null;
    const { invoiceReference: reference, invoiceQRCode } = reply.body;
    const qrText = stickerId === null ? invoiceQRCode : `HTTP://SEQR.SE/Q${stickerId}`;
    if (reference === undefined || qrText === undefined)
      return unknown("sendInvoice: answer without invoice reference or code");
    return done({ reference, qrText, endsAtMs: null });
  }

  async query(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    const parameters = { invoiceReference: reference, invoiceVersion: this.#versions.of(reference) };
    const reply = await this.#calls.asTerminal("getPaymentStatus", sale.position, sale.id, parameters);
    if (reply.kind === "declined") return reply;
    if (reply.kind === "answer") this.#versions.note(reference, reply.body.version);
    const terminalId = this.#calls.terminal(sale.position)?.id ?? null;
    const outcome = outcomeOfStatus({ sale, reference, terminalId }, reply);
    if (outcome.kind === "done" && isFinal(outcome.value)) this.#versions.forget(reference);
    return outcome;
  }

  async settle(sale: Sale, reference: string, delivery: Delivery, mayGoOn: MayGoOn): Promise<Outcome<Truth>> {
    if (!mayGoOn()) return NOT_SENT;
    const invoice = deliveryInvoice(sale, delivery, this.#settings, this.#clock.wallMs());
    const updated = await this.#calls.asTerminal("updateInvoice", sale.position, sale.id, {
      invoiceReference: reference,
      invoice,
    });
    if (updated.kind !== "answer") return updated;
    if (updated.result.treatment !== "success") return this.#judgedByStatus(sale, reference, updated.result);

    if (!mayGoOn()) return NOT_SENT;
    const amount = amountOf(delivery.amountMinor, sale.terms.tariff.currency);
    const parameters = { amount, invoiceReference: reference };
    const committed = await this.#calls.asTerminal("commitReservation", sale.position, sale.id, parameters);
    if (committed.kind === "declined") return committed;
    if (committed.kind === "unknown") {
      // The commit may have worked, and the service takes back what nobody asks about.
      const seen = await this.query(sale, reference);
      return isOver(seen) ? seen : committed;
    }
    if (committed.result.treatment !== "success") return this.#judgedByStatus(sale, reference, committed.result);
    return this.#awaitPaid(sale, reference);
  }

  async release(sale: Sale, reference: string | null, mayGoOn: MayGoOn, isOurs: IsOurs): Promise<Outcome<Truth>> {
    let target = reference;
    if (target === null) {
      const offered = await this.offer(sale, mayGoOn);
      if (offered.kind !== "done") return offered;
      target = offered.value.reference;
      if (!(await isOurs(target))) return done({ state: "different", detail: `bill ${target} is another sale's` });
    }
    if (!mayGoOn()) return NOT_SENT;
    const reply = await this.#calls.asTerminal("cancelInvoice", sale.position, sale.id, { invoiceReference: target });
    if (reply.kind !== "answer") return reply;
    if (reply.result.treatment === "operator") return outcomeOfCode(reply.result);
    return this.query(sale, target);
  }

  async probe(position: string): Promise<Outcome<null>> {
    const parameters = { invoiceReference: "0", invoiceVersion: 0 };
    // What a sale needs is a new connection, so that is what is tried.
    const reply = await this.#calls.asTerminal("getPaymentStatus", position, "probe", parameters, "fresh");
    if (reply.kind !== "answer") return reply;
    // No bill has this reference; saying so proves that the service knows the terminal and its password.
    const known = reply.result.code === CODE.unknownInvoice || reply.result.code === CODE.success;
    return known ? done(null) : outcomeOfCode(reply.result);
  }

  serviceTime(): ServiceTime | null {
    return this.#calls.serviceTime;
  }

  async close(): Promise<void> {
    this.#calls.close();
  }

  /** After an unsuccessful code the status decides; only a bill that is not over leaves the code standing. */
  async #judgedByStatus(sale: Sale, reference: string, result: ResultCode): Promise<Outcome<Truth>> {
    const seen = await this.query(sale, reference);
    if (seen.kind !== "done" || isFinal(seen.value) || seen.value.state === "unclear") return seen;
    return result.code === CODE.notReserved ? seen : outcomeOfCode(result);
  }

  async #awaitPaid(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    for (let poll = 0; poll < PAID_POLLS; poll++) {
      if (poll > 0) await wait(this.#clock, this.#settings.pollIntervalMs);
      const seen = await this.query(sale, reference);
      if (seen.kind !== "done" || isFinal(seen.value)) return seen;
    }
    return unknown(`committed, but not shown as paid after ${PAID_POLLS} polls`);
  }
}

function isFinal(truth: Truth): boolean {
  return truth.state === "captured" || truth.state === "ended" || truth.state === "different";
}

/** Taken, or not this sale's: asking again would not change it. */
function isOver(outcome: Outcome<Truth>): boolean {
  return outcome.kind === "done" && (outcome.value.state === "captured" || outcome.value.state === "different");
}
