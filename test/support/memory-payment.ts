import { type MoneyRules, NO_RULES } from "../../src/core/money-rules.ts";
import type { CustomerHint } from "../../src/core/sale/event.ts";
import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Delivery, Sale } from "../../src/core/sale/state.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { MayGoOn, PaymentProvider, ProviderTraits, PublishedOffer } from "../../src/ports/payment.ts";

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
  /** How long an offer lasts there; null where it lasts until somebody ends it. */
  endsAfterMs: number | null = null;
  readonly #now: () => number;
  readonly #bills = new Map<string, Bill>();

  constructor(now: () => number, polls: Partial<ProviderTraits["polls"]> = {}) {
    this.traits = {
      name: "memory",
      polls: { ...POLLS, ...polls },
      keepsAnswers: true,
      offerLife: { shortestMs: 0, longestMs: 86_400_000 },
    };
    this.#now = now;
  }

  rulesFor(): MoneyRules | null {
    return this.rules;
  }

  offer(sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> {
    return this.#change(mayGoOn, () => {
      const reference = this.#publish(sale);
      return done({
        reference,
        qrText: `MEMORY:${reference}`,
        endsAtMs: this.endsAfterMs === null ? null : this.#now() + this.endsAfterMs,
      });
    });
  }

  query(_sale: Sale, reference: string): Promise<Outcome<Truth>> {
    return this.#answer(() => this.#truth(reference));
  }

  settle(_sale: Sale, reference: string, { amountMinor }: Delivery, mayGoOn: MayGoOn): Promise<Outcome<Truth>> {
    return this.#change(mayGoOn, () => {
      const bill = this.#bill(reference);
      if (bill?.state === "held") {
        if (amountMinor > bill.maximumMinor) return declined("refused", "more than was reserved");
        const { leastCaptureMinor, stepMinor } = this.rules ?? NO_RULES;
        if (amountMinor < leastCaptureMinor || amountMinor % stepMinor !== 0)
          return declined("refused", "no amount that is taken here");
        bill.state = "captured";
        bill.chargedMinor = amountMinor;
      }
      return this.#truth(reference);
    });
  }

  release(sale: Sale, reference: string | null, mayGoOn: MayGoOn): Promise<Outcome<Truth>> {
    return this.#change(mayGoOn, () => {
      const target = reference ?? this.#publish(sale);
      const bill = this.#bill(target);
      if (bill !== undefined) cancel(bill);
      return this.#truth(target);
    });
  }

  probe(_position: string): Promise<Outcome<null>> {
    return this.#answer(() => done(null));
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

  async #answer<T>(work: () => Outcome<T>): Promise<Outcome<T>> {
    return this.known ? work() : declined("rejected", "wrong password");
  }

  async #change<T>(mayGoOn: MayGoOn, work: () => Outcome<T>): Promise<Outcome<T>> {
    return mayGoOn() ? this.#answer(work) : unknown("not sent");
  }

  #publish(sale: Sale): string {
    for (const bill of this.#bills.values()) if (bill.position === sale.position) cancel(bill);
    const reference = String(this.#bills.size + 1);
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
