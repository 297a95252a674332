import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Delivery, Sale } from "../../src/core/sale/state.ts";
import type { OwnedName } from "../../src/ports/journal.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { MayGoOn, PaymentProvider, PublishedOffer } from "../../src/ports/payment.ts";
import { type Bill, type Freed, isLive } from "./sim-bill.ts";
import type { Chaos, FaultKind } from "./sim-chaos.ts";
import { type Changing, type Request, SimNetwork } from "./sim-network.ts";
import type { ServiceKind } from "./sim-service-kind.ts";
import { answer, type Life, type VirtualTime } from "./virtual-clock.ts";

/** The service takes back what nobody has asked about. */
const REVERSAL_MS = 20_000;
const NO_TERMINAL = declined<never>("rejected", "no terminal");
const NO_SUCH_OFFER = declined<never>("refused", "no such offer");
const OPEN_OFFER_LIFE_MS = 1_800_000;

interface ServiceSetting {
  /** Whether its answers say what time it is there. */
  readonly knowsTime: { readonly service: boolean };
}

export interface PaymentWorld {
  readonly time: VirtualTime;
  readonly chaos: Chaos;
  crash(why: string): void;
  note(text: () => string): void;
  /** A hold ended because nobody used it in time. */
  holdExpired(bill: Bill): void;
  /** An offer that nobody paid is over by itself, at the time that was told. */
  offerExpired(bill: Bill): void;
  /** Something was taken back because nobody asked about it. */
  reversed(bill: Bill): void;
  /** An answer has reached the daemon. */
  timeTold(): void;
  /** More was asked for than had been reserved. */
  overcharged(bill: Bill, amountMinor: number): void;
  /** The daemon has it in its journal that the service gave this name. */
  isKnown(owned: OwnedName): boolean;
  /** A request that would change something for the sale leaves the daemon. */
  sending(sale: Sale, what: Changing, bill: Bill | undefined): void;
}

/** Nothing was sent, because the sale has gone on without it. */
const NOT_SENT: Outcome<never> = unknown("not sent");

/** A payment service that holds and takes money by its rules, with a network in front that fails. */
export class SimPaymentService {
  readonly bills = new Map<string, Bill>();
  /** Sales of which something was refused. */
  readonly refused = new Set<string>();
  /** What was sent for each sale without an answer. */
  readonly unanswered = new Map<string, Set<Request>>();
  /** When each sale was last asked about, in elapsed time. */
  readonly askedAtMs = new Map<string, number>();
  /** When each sale was last answered about, or the wait for it was over. */
  readonly answeredAtMs = new Map<string, number>();
  readonly #bySale = new Map<string, Bill[]>();
  readonly #world: PaymentWorld;
  readonly #kind: ServiceKind;
  readonly #network: SimNetwork;
  #active: Bill[] = [];
  #count = 0;

  constructor(world: PaymentWorld, kind: ServiceKind) {
    this.#world = world;
    this.#kind = kind;
    this.#network = new SimNetwork(world);
  }

  /** What has happened by itself until now. */
  advance(): void {
    if (this.#active.length === 0) return;
    const nowMs = this.#world.time.trueMs;
    for (const bill of this.#active) {
      if (bill.untoldSinceMs !== null && nowMs > bill.untoldSinceMs + REVERSAL_MS) {
        this.#end(bill, "reversed");
        this.#world.reversed(bill);
      } else if (bill.state === "held" && bill.holdUntilMs !== null && nowMs >= bill.holdUntilMs) {
        this.#end(bill, "expired");
        this.#world.holdExpired(bill);
      } else if (bill.state === "open" && nowMs > bill.openUntilMs) {
        this.#end(bill, "expired");
        if (this.#kind.page !== null) this.#world.offerExpired(bill);
      }
    }
    if (!this.#active.every(isLive)) this.#active = this.#active.filter(isLive);
  }

  billsOf(saleId: string): readonly Bill[] {
    return this.#bySale.get(saleId) ?? [];
  }

  /** The customer's phone reads the code; false when it is worth nothing. */
  scan(qrText: string): Bill | null {
    this.advance();
    const bill = this.bills.get(qrText.replace("sim:", ""));
    if (bill?.state !== "open" || bill.confirming) return null;
    bill.confirming = true;
    return bill;
  }

  confirm(bill: Bill): void {
    this.advance();
    bill.confirming = false;
    if (bill.state !== "open") return;
    const nowMs = this.#world.time.trueMs;
    bill.state = "held";
    bill.wasHeld = true;
    bill.holdUntilMs = nowMs + bill.commitTimeoutMs;
    bill.untoldSinceMs = this.#takesBack ? nowMs : null;
    this.#world.note(() => `service: held ${bill.maximumMinor} for ${bill.saleId}`);
  }

  decline(bill: Bill): void {
    bill.confirming = false;
    if (bill.state === "open") this.#end(bill, "declined");
  }

  /** @param terminalOf the terminals that this run of the daemon was given */
  providerOf(
    life: Life,
    { knowsTime }: ServiceSetting,
    terminalOf: (position: string) => string | null,
  ): PaymentProvider {
    const call = async <T>(
      sale: Sale,
      what: Request,
      effect: (terminal: string) => Outcome<T>,
      reference = "",
    ): Promise<Outcome<T>> => {
      const terminal = terminalOf(sale.position);
      if (terminal === null) return await answer(this.#world.time, life, 1, () => NO_TERMINAL);
      this.askedAtMs.set(sale.id, this.#world.time.elapsedMs);
      if (what !== "query" && what !== "probe" && life.alive)
        this.#world.sending(sale, what, this.bills.get(reference));
      const outcome = await this.#network.call(life, sale.position, what, (told) =>
        this.#happen(what, () => effect(terminal), told),
      );
      this.answeredAtMs.set(sale.id, this.#world.time.elapsedMs);
      if (outcome.kind === "declined") this.refused.add(sale.id);
      if (outcome.kind === "unknown") this.unanswered.set(sale.id, new Set(this.unanswered.get(sale.id)).add(what));
      return outcome;
    };
    const offer = (sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> =>
      mayGoOn() ? call(sale, "offer", (terminal) => this.#offer(sale, terminal)) : Promise.resolve(NOT_SENT);
    return {
      traits: { polls: this.#kind.polls },
      offer,
      query: (sale, reference) =>
        call(
          sale,
          "query",
          this.#knownAt<Truth>(reference, () => this.#truth(reference, true)),
        ),
      settle: async (sale, reference, delivery, mayGoOn) => {
        if (!mayGoOn()) return NOT_SENT;
        const update = this.#knownAt<Truth>(reference, () => this.#update(reference, delivery));
        const updated = await call(sale, "update", update, reference);
        if (updated.kind !== "done" || updated.value.state !== "held") return updated;
        if (!mayGoOn()) return NOT_SENT;
        return await call(
          sale,
          "commit",
          this.#knownAt<Truth>(reference, () => this.#commit(reference)),
          reference,
        );
      },
      release: async (sale, reference, mayGoOn, isOurs) => {
        const made = reference === null ? await offer(sale, mayGoOn) : null;
        if (made !== null && made.kind !== "done") return made;
        const target = made?.value.reference ?? reference ?? "";
        if (made !== null && !(await isOurs(target))) return done({ state: "different", detail: "not our reference" });
        if (!mayGoOn()) return NOT_SENT;
        return await call(
          sale,
          "cancel",
          this.#knownAt<Truth>(target, () => this.#cancel(target)),
          target,
        );
      },
      probe: (position) => this.#network.call(life, position, "probe", () => done(null)),
      serviceTime: () => (knowsTime.service ? this.#network.serviceTime(life) : null),
      close: () => answer(this.#world.time, life, 1, () => undefined),
    };
  }

  #happen<T>(what: Request, effect: () => Outcome<T>, told: boolean): Outcome<T> {
    this.advance();
    const waiting = this.#active.map((bill) => [bill, bill.untoldSinceMs] as const);
    const outcome = effect();
    if (!told && what === "query") for (const [bill, sinceMs] of waiting) bill.untoldSinceMs = sinceMs;
    if (told && (what === "commit" || what === "update"))
      for (const bill of this.#active) if (bill.state === "captured") bill.untoldSinceMs = null;
    if (what !== "query" && what !== "probe") {
      this.#world.note(() => `service: ${what} ${describe(outcome)}${told ? "" : ", its answer is lost"}`);
    }
    return outcome;
  }

  /** What another terminal has open, nobody tells. */
  #knownAt<T>(reference: string, effect: () => Outcome<T>): (terminal: string) => Outcome<T> {
    return (terminal) => (this.bills.get(reference)?.terminal === terminal ? effect() : NO_SUCH_OFFER);
  }

  #offer(sale: Sale, terminal: string): Outcome<PublishedOffer> {
    const { page } = this.#kind;
    const [known] = page === null ? [] : this.billsOf(sale.id);
    if (known !== undefined) return done(published(known.reference, known.openUntilMs));
    for (const bill of page === null ? this.#active : []) {
      if (bill.terminal === terminal && (bill.state === "open" || bill.state === "held")) this.#end(bill, "replaced");
    }
    const reference = `r${++this.#count}`;
    const { position, id: saleId, terms } = sale;
    const bill: Bill = {
      reference,
      saleId,
      position,
      terminal,
      maximumMinor: terms.maximumMinor,
      commitTimeoutMs: terms.commitTimeoutMs,
      openUntilMs: this.#world.time.trueMs + (page?.lifeMs ?? OPEN_OFFER_LIFE_MS),
      state: "open",
      confirming: false,
      wasHeld: false,
      holdUntilMs: null,
      untoldSinceMs: null,
      shownMinor: this.#shownMinor(terms.maximumMinor),
      dueMinor: terms.maximumMinor,
      captures: [],
      freed: null,
      tellsHoldTime: !this.#world.chaos.strikes("hold-time-unsaid"),
    };
    this.bills.set(reference, bill);
    this.#bySale.set(saleId, [...this.billsOf(saleId), bill]);
    this.#active.push(bill);
    const earlier = this.billsOf(saleId).length > 1;
    const named = this.#namedLike(bill, earlier ? "replacement-reused" : "reference-reused") ?? reference;
    return done(published(named, page === null ? null : bill.openUntilMs));
  }

  /** Now and then a bill is told by the name of another sale's, which the daemon has seen. */
  #namedLike(bill: Bill, kind: FaultKind): string | null {
    const { chaos, isKnown } = this.#world;
    if (!chaos.strikes(kind)) return null;
    const others = [...this.bills.values()].filter(
      ({ saleId, reference: name }) => saleId !== bill.saleId && isKnown({ kind: "offer", name }),
    );
    return (others.findLast(({ state }) => state === "held" || state === "open") ?? others.at(-1))?.reference ?? null;
  }

  #shownMinor(maximumMinor: number): number {
    const { chaos } = this.#world;
    if (chaos.strikes("hold-shows-less")) return chaos.random.int(1, maximumMinor);
    return chaos.strikes("hold-shows-more") ? 2 * maximumMinor : maximumMinor;
  }

  /** Now and then a payment is told by the name of another sale's, which the daemon has seen. */
  #paymentReference(bill: Bill): string {
    const { chaos, isKnown } = this.#world;
    const own = `paid-${bill.reference}`;
    if (!chaos.strikes("payment-reused")) return own;
    const others = [...this.bills.values()].filter(({ saleId }) => saleId !== bill.saleId);
    const names = others.map(({ reference }) => `paid-${reference}`);
    return names.findLast((name) => isKnown({ kind: "payment", name })) ?? own;
  }

  #truth(reference: string, asked: boolean): Outcome<Truth> {
    const bill = this.bills.get(reference);
    if (bill === undefined) return NO_SUCH_OFFER;
    if (asked && this.#world.chaos.strikes("truth-unclear")) return done({ state: "unclear", detail: "status FOGGY" });
    if (asked && this.#world.chaos.strikes("truth-different"))
      return done({ state: "different", detail: "the receipt is of another bill" });
    if (asked) bill.untoldSinceMs = null;
    switch (bill.state) {
      case "open":
        return done({ state: "open" });
      case "held": {
        const holdUntilMs = bill.tellsHoldTime ? bill.holdUntilMs : null;
        return done({ state: "held", authorisedMinor: bill.shownMinor, holdUntilMs });
      }
      case "captured": {
        const receipt = { paymentReference: this.#paymentReference(bill), paidAt: null, details: {} };
        return done({ state: "captured", capturedMinor: bill.captures[0] ?? 0, receipt });
      }
      case "ended":
        return done({ state: "ended", how: bill.freed === "expired" ? "expired" : "canceled" });
    }
  }

  #update(reference: string, { amountMinor }: Delivery): Outcome<Truth> {
    const bill = this.bills.get(reference);
    if (bill?.state === "held" && amountMinor > bill.maximumMinor) {
      this.#world.overcharged(bill, amountMinor);
      return declined("refused", "more than was reserved");
    }
    if (bill?.state === "captured" && this.#world.chaos.strikes("repeat-refused"))
      return declined("refused", "committed already");
    if (bill?.state === "held") bill.dueMinor = amountMinor;
    return this.#truth(reference, false);
  }

  #commit(reference: string): Outcome<Truth> {
    const bill = this.bills.get(reference);
    if (bill?.state === "held") {
      bill.state = "captured";
      bill.captures.push(bill.dueMinor);
      bill.untoldSinceMs = this.#takesBack ? this.#world.time.trueMs : null;
    } else if (bill?.state === "captured" && this.#world.chaos.strikes("repeat-refused")) {
      return declined("refused", "committed already");
    }
    return this.#truth(reference, false);
  }

  #cancel(reference: string): Outcome<Truth> {
    const bill = this.bills.get(reference);
    if (bill === undefined) return NO_SUCH_OFFER;
    if (bill.state === "ended" && this.#world.chaos.strikes("repeat-refused"))
      return declined("refused", "cancelled already");
    const busy = (bill.confirming || bill.state === "held") && this.#world.chaos.strikes("release-busy");
    if (bill.state === "open" && this.#kind.page?.endsWhenAsked === false) return this.#truth(reference, false);
    if (!busy && (bill.state === "open" || bill.state === "held")) this.#end(bill, "canceled");
    return this.#truth(bill.reference, false);
  }

  /** What nobody asks about. */
  get #takesBack(): boolean {
    return this.#kind.page === null;
  }

  #end(bill: Bill, freed: Freed): void {
    if (bill.state === "captured") bill.captures = [];
    bill.state = "ended";
    bill.freed = freed;
    bill.untoldSinceMs = null;
    this.#world.note(() => `service: ${bill.reference} of ${bill.saleId} ends, ${freed}`);
  }
}

function published(reference: string, endsAtMs: number | null): PublishedOffer {
  return { reference, qrText: `sim:${reference}`, endsAtMs };
}

function describe(outcome: Outcome<unknown>): string {
  return outcome.kind === "done" ? `done ${JSON.stringify(outcome.value)}` : `${outcome.kind} ${outcome.detail}`;
}
