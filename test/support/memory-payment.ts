import { type MoneyRules, NO_RULES } from "../../src/core/money-rules.ts";
import type { CustomerHint } from "../../src/core/sale/event.ts";
import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Delivery, Frozen, Sale } from "../../src/core/sale/state.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { MayGoOn, PaymentProvider, ProviderTraits, PublishedOffer } from "../../src/ports/payment.ts";
import type { Mishap } from "../contract/payment-rig.ts";

interface Bill {
  readonly saleId: string;
  readonly position: string;
  readonly maximumMinor: number;
  readonly commitTimeoutMs: number;
  state: "open" | "held" | "captured" | "ended";
  how: "canceled" | "expired";
  holdUntilMs: number | null;
  chargedMinor: number;
  tried?: CustomerHint;
}

const POLLS = { firstMs: 1_000, everyMs: 1_000, hiddenEveryMs: 1_000, probeEveryMs: 60_000, probeOfAccount: false };

/** A payment service without network, faults or time of its own, as plain as the contract allows. */
export class MemoryPayment implements PaymentProvider {
  readonly traits: ProviderTraits;
  /** False makes every call rejected, as with a wrong password. */
  known = true;
  rules: MoneyRules | null = NO_RULES;
  /** In all that is sent, from the configuration; null where nothing of it is. */
  title: string | null = null;
  /** What becomes of the calls of a kind that come next. */
  readonly mishaps: { call: string; kind: Mishap }[] = [];
  /** What was sent under each key. */
  readonly #sent: Map<string, string>;
  /** How long an offer lasts there; null where it lasts until somebody ends it. */
  endsAfterMs: number | null = null;
  readonly #now: () => number;
  readonly #bills: Map<string, Bill>;

  /** @param beside one with another configuration at the same service */
  constructor(
    now: () => number,
    polls: Partial<ProviderTraits["polls"]> = {},
    beside: MemoryPayment | null = null,
    name = "memory",
  ) {
    this.#bills = beside === null ? new Map() : beside.#bills;
    this.#sent = beside === null ? new Map() : beside.#sent;
    this.traits = {
      name,
      polls: { ...POLLS, ...polls },
      keepsAnswers: true,
      offerLife: { shortestMs: 0, longestMs: 86_400_000 },
    };
    this.#now = now;
  }

  get bills(): readonly { readonly state: Bill["state"] }[] {
    return [...this.#bills.values()];
  }

  rulesFor(): MoneyRules | null {
    return this.rules;
  }

  freeze(): Frozen {
    return this.title === null ? {} : { title: this.title };
  }

  offer(sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> {
    return this.#change("offer", sale, mayGoOn, () => {
      const reference = this.#publish(sale);
      return done({
        reference,
        qrText: `MEMORY:${reference}`,
        endsAtMs: this.endsAfterMs === null ? null : this.#now() + this.endsAfterMs,
      });
    });
  }

  query(_sale: Sale, reference: string): Promise<Outcome<Truth>> {
    return this.#answer("query", () => this.#truth(reference));
  }

  settle(sale: Sale, reference: string, { amountMinor }: Delivery, mayGoOn: MayGoOn): Promise<Outcome<Truth>> {
    return this.#change("settle", sale, mayGoOn, () => {
      const bill = this.#bill(reference);
      if (bill?.state === "held") {
        if (amountMinor > bill.maximumMinor) return declined("refused", "more than was reserved");
        const { leastCaptureMinor, stepMinor } = this.rules ?? NO_RULES;
        if (amountMinor < leastCaptureMinor || amountMinor % stepMinor !== 0)
          return declined("amount", "no amount that is taken here");
        bill.state = "captured";
        bill.chargedMinor = amountMinor;
      }
      return this.#truth(reference);
    });
  }

  release(sale: Sale, reference: string | null, mayGoOn: MayGoOn): Promise<Outcome<Truth>> {
    return this.#change("release", sale, mayGoOn, () => {
      const target = reference ?? this.#publish(sale);
      const bill = this.#bill(target);
      if (bill !== undefined) cancel(bill);
      return this.#truth(target);
    });
  }

  probe(_position: string): Promise<Outcome<null>> {
    return this.#answer("probe", () => done(null));
  }

  async close(): Promise<void> {}

  confirm(reference: string): void {
    const bill = this.#bill(reference);
    if (bill?.state !== "open") return;
    bill.state = "held";
    bill.holdUntilMs = this.#now() + bill.commitTimeoutMs;
  }

  decline(reference: string): void {
    const bill = this.#bill(reference);
    if (bill?.state === "open") cancel(bill);
  }

  /** The customer tries to pay in vain; the offer stays open. */
  fail(reference: string): void {
    const bill = this.#bill(reference);
    if (bill?.state === "open") bill.tried = "declined";
  }

  chargedMinor(saleId: string): number {
    return this.#billsOf(saleId).reduce((sum, bill) => sum + bill.chargedMinor, 0);
  }

  heldMinor(saleId: string): number {
    const held = this.#billsOf(saleId).filter((bill) => bill.state === "held");
    return held.reduce((sum, bill) => sum + bill.maximumMinor, 0);
  }

  async #answer<T>(call: string, work: () => Outcome<T>): Promise<Outcome<T>> {
    const at = this.mishaps.findIndex((each) => each.call === call);
    const kind = at < 0 ? null : this.mishaps.splice(at, 1)[0]?.kind;
    if (kind === "lost-before") return unknown(kind);
    if (kind === "busy") return unknown(kind, { retryAfterMs: 3_000 });
    if (!this.known) return declined("rejected", "wrong password");
    const outcome = work();
    return kind === null || kind === "slow" ? outcome : unknown(String(kind));
  }

  async #change<T>(call: string, sale: Sale, mayGoOn: MayGoOn, work: () => Outcome<T>): Promise<Outcome<T>> {
    if (!mayGoOn()) return unknown("not sent");
    const body = sale.terms.frozen?.["title"] ?? this.title ?? "";
    const key = `${sale.id} ${call}`;
    if ((this.#sent.get(key) ?? body) !== body) return unknown("another body under the same key");
    this.#sent.set(key, body);
    return this.#answer(call, work);
  }

  /** How many of a sale's offers a customer could pay now. */
  payable(saleId: string): number {
    return this.#billsOf(saleId).filter(({ state }) => state === "open").length;
  }

  forget(): void {
    this.#sent.clear();
  }

  #publish(sale: Sale): string {
    for (const bill of this.#bills.values()) if (bill.position === sale.position) cancel(bill);
    const { name } = this.traits;
    const reference = `${name === "memory" ? "" : `${name}-`}${this.#bills.size + 1}`;
    const { maximumMinor, commitTimeoutMs } = sale.terms;
    const { id: saleId, position } = sale;
    const made = { state: "open", how: "canceled", holdUntilMs: null, chargedMinor: 0 } as const;
    this.#bills.set(reference, { saleId, position, maximumMinor, commitTimeoutMs, ...made });
    return reference;
  }

  #billsOf(saleId: string): Bill[] {
    const references = [...this.#bills.keys()];
    const bills = references.map((reference) => this.#bill(reference));
    return bills.filter((bill) => bill !== undefined).filter((bill) => bill.saleId === saleId);
  }

  /** The bill as it stands now: a hold ends with its time. */
  #bill(reference: string): Bill | undefined {
    const bill = this.#bills.get(reference);
    if (bill?.state === "held" && bill.holdUntilMs !== null && bill.holdUntilMs <= this.#now()) {
      bill.state = "ended";
      bill.how = "expired";
    }
    return bill;
  }

  #truth(reference: string): Outcome<Truth> {
    const bill = this.#bill(reference);
    switch (bill?.state) {
      case undefined:
        return declined("refused", "no such offer");
      case "open":
        return done({ state: "open", ...(bill.tried === undefined ? {} : { tried: bill.tried }) });
      case "held":
        return done({ state: "held", authorisedMinor: bill.maximumMinor, holdUntilMs: bill.holdUntilMs });
      case "captured": {
        const receipt = { paymentReference: `paid-${reference}`, paidAt: null, details: {} };
        return done({ state: "captured", capturedMinor: bill.chargedMinor, receipt });
      }
      case "ended":
        return done({ state: "ended", how: bill.how });
    }
  }
}

function cancel(bill: Bill): void {
  if (bill.state === "open" || bill.state === "held") bill.state = "ended";
}
