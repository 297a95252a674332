import type { Truth } from "../../../core/sale/resolve.ts";
import type { Delivery, Sale } from "../../../core/sale/state.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { PaymentProvider, PublishedOffer } from "../../../ports/payment.ts";
import { createSeqrClient, type Principal, type Reply, type SeqrClient } from "./client.ts";
import { CODE, describeCode, type ResultCode } from "./codes.ts";
import { amountOf, deliveryInvoice, offerInvoice } from "./invoice.ts";
import type { AnswerOf, Operation } from "./schema.ts";
import { outcomeOfCode, outcomeOfStatus } from "./truth.ts";
import { createVersions, type Versions } from "./versions.ts";

export interface SeqrSettings {
  readonly endpoint: string;
  /** Bound of one request; settling takes at most 12 of them and nine poll intervals. */
  readonly requestTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** Name and version of the calling software; certification wants the company's name in it. */
  readonly clientId: string;
  /** On the bill in the customer's phone. */
  readonly title: string;
  readonly footer: string;
  /** The registered terminal of each position. */
  readonly terminals: ReadonlyMap<string, TerminalCredentials>;
}

export interface TerminalCredentials {
  readonly id: string;
  readonly password: string;
}

/** Enough for the 20 seconds after which the service takes a payment back that nobody asked about. */
const PAID_POLLS = 10;
const CLIENT_REFERENCE_LENGTH = 32;

/** Rejects only when the endpoint is no address or the interface description cannot be read. */
export async function createSeqrProvider(settings: SeqrSettings, clock: Clock, log: Log): Promise<PaymentProvider> {
  return new SeqrProvider(settings, clock, log, await createSeqrClient(settings));
}

class SeqrProvider implements PaymentProvider {
  readonly watchIntervalMs: number;
  readonly #settings: SeqrSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #client: SeqrClient;
  readonly #versions: Versions = createVersions();
  #lastCall: number;

  constructor(settings: SeqrSettings, clock: Clock, log: Log, client: SeqrClient) {
    this.watchIntervalMs = settings.pollIntervalMs;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#client = client;
    this.#lastCall = clock.wallMs();
  }

  async offer(sale: Sale): Promise<Outcome<PublishedOffer>> {
    const invoice = offerInvoice(sale, this.#settings, this.#clock.wallMs());
    const reply = await this.#call("sendInvoice", sale.position, sale.id, { invoice });
    if (reply.kind !== "answer") return reply;
    if (reply.result.treatment !== "success") return outcomeOfCode(reply.result);
    const { invoiceReference, invoiceQRCode } = reply.body;
    if (invoiceReference === undefined || invoiceQRCode === undefined)
      return unknown("sendInvoice: answer without invoice reference or code");
    return done({ reference: invoiceReference, qrText: invoiceQRCode });
  }

  async query(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    const parameters = { invoiceReference: reference, invoiceVersion: this.#versions.of(reference) };
    const reply = await this.#call("getPaymentStatus", sale.position, sale.id, parameters);
    if (reply.kind === "declined") return reply;
    if (reply.kind === "answer") this.#versions.note(reference, reply.body.version);
    const outcome = outcomeOfStatus(sale, reply);
    if (outcome.kind === "done" && isFinal(outcome.value)) this.#versions.forget(reference);
    return outcome;
  }

  async settle(sale: Sale, reference: string, delivery: Delivery): Promise<Outcome<Truth>> {
    const invoice = deliveryInvoice(sale, delivery, this.#settings, this.#clock.wallMs());
    const updated = await this.#call("updateInvoice", sale.position, sale.id, { invoiceReference: reference, invoice });
    if (updated.kind !== "answer") return updated;
    if (updated.result.treatment !== "success") return this.#judgedByStatus(sale, reference, updated.result);

    const amount = amountOf(delivery.amountMinor, sale.terms.tariff.currency);
    const parameters = { amount, invoiceReference: reference };
    const committed = await this.#call("commitReservation", sale.position, sale.id, parameters);
    if (committed.kind === "declined") return committed;
    if (committed.kind === "unknown") {
      // The commit may have worked, and the service takes back what nobody asks about.
      const seen = await this.query(sale, reference);
      return isCaptured(seen) ? seen : unknown(committed.detail);
    }
    if (committed.result.treatment !== "success") return this.#judgedByStatus(sale, reference, committed.result);
    return this.#awaitPaid(sale, reference);
  }

  async release(sale: Sale, reference: string | null): Promise<Outcome<Truth>> {
    let target = reference;
    if (target === null) {
      const offered = await this.offer(sale);
      if (offered.kind !== "done") return offered;
      target = offered.value.reference;
    }
    const reply = await this.#call("cancelInvoice", sale.position, sale.id, { invoiceReference: target });
    if (reply.kind !== "answer") return reply;
    if (reply.result.treatment === "operator") return outcomeOfCode(reply.result);
    return this.query(sale, target);
  }

  async probe(position: string): Promise<Outcome<null>> {
    const parameters = { invoiceReference: "0", invoiceVersion: 0 };
    const reply = await this.#call("getPaymentStatus", position, "probe", parameters);
    if (reply.kind !== "answer") return reply;
    // No bill has this reference; saying so proves that the service knows the terminal and its password.
    const known = reply.result.code === CODE.unknownInvoice || reply.result.code === CODE.success;
    return known ? done(null) : outcomeOfCode(reply.result);
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** After an unsuccessful code the status decides; only a bill that is still held leaves the code standing. */
  async #judgedByStatus(sale: Sale, reference: string, result: ResultCode): Promise<Outcome<Truth>> {
    const seen = await this.query(sale, reference);
    if (seen.kind !== "done" || seen.value.state === "captured" || seen.value.state === "ended") return seen;
    return result.code === CODE.notReserved ? seen : outcomeOfCode(result);
  }

  async #awaitPaid(sale: Sale, reference: string): Promise<Outcome<Truth>> {
    for (let poll = 0; poll < PAID_POLLS; poll++) {
      if (poll > 0) await this.#pause(this.#settings.pollIntervalMs);
      const seen = await this.query(sale, reference);
      if (seen.kind !== "done" || isFinal(seen.value)) return seen;
    }
    return unknown(`committed, but not shown as paid after ${PAID_POLLS} polls`);
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, resolve);
    });
  }

  async #call<K extends Operation>(
    operation: K,
    position: string,
    key: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<Reply<AnswerOf<K>> | Extract<Outcome<never>, { kind: "declined" }>> {
    const terminal = this.#settings.terminals.get(position);
    if (terminal === undefined) {
      return { kind: "declined", reason: "rejected", detail: `no terminal for position ${position}` };
    }
    const principal: Principal = { id: terminal.id, type: "TERMINALID", password: terminal.password };
    const startedMs = this.#clock.monotonicMs();
    const reply = await this.#client.call(operation, principal, this.#clientReference(key), parameters);
    const fields = { operation, position, durationMs: Math.round(this.#clock.monotonicMs() - startedMs) };
    if (reply.kind === "unknown") this.#log.warn({ ...fields, detail: reply.detail }, "payment service gave no answer");
    else this.#log.debug({ ...fields, result: describeCode(reply.result) }, "payment service answered");
    return reply;
  }

  /** Unique also after a restart, because it counts on from the wall clock. */
  #clientReference(key: string): string {
    this.#lastCall = Math.max(this.#lastCall + 1, this.#clock.wallMs());
    const suffix = `-${this.#lastCall.toString(36)}`;
    return key.slice(-(CLIENT_REFERENCE_LENGTH - suffix.length)) + suffix;
  }
}

function isFinal(truth: Truth): boolean {
  return truth.state === "captured" || truth.state === "ended";
}

function isCaptured(outcome: Outcome<Truth>): boolean {
  return outcome.kind === "done" && outcome.value.state === "captured";
}
