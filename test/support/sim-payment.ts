import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Delivery, Sale } from "../../src/core/sale/state.ts";
import type { OwnedName } from "../../src/ports/journal.ts";
import { declined, done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { MayGoOn, PaymentProvider, ProviderTraits, PublishedOffer, ServiceTime } from "../../src/ports/payment.ts";
import { type Bill, type Freed, isLive } from "./sim-bill.ts";
import type { Chaos, FaultKind } from "./sim-chaos.ts";
import { answer, type Life, type VirtualTime } from "./virtual-clock.ts";

const REQUEST_TIMEOUT_MS = 10_000;
/** The service takes back what nobody has asked about. */
const REVERSAL_MS = 20_000;
const NO_TERMINAL = declined<never>("rejected", "no terminal");
const NO_SUCH_OFFER = declined<never>("refused", "no such offer");
const OPEN_OFFER_LIFE_MS = 1_800_000;

interface ServiceSetting {
  readonly polls: ProviderTraits["polls"];
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

/** What changes something at the service; a call of the port may be several of these, with time between them. */
type Changing = "offer" | "update" | "commit" | "cancel";
type Request = Changing | "query" | "probe";

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
  /** The newest answer's time, and who heard it. */
  #told: { readonly life: Life; readonly time: ServiceTime } | null = null;
  #active: Bill[] = [];
  #count = 0;

  constructor(world: PaymentWorld) {
    this.#world = world;
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
      } else if (bill.state === "open" && nowMs > bill.madeAtMs + OPEN_OFFER_LIFE_MS) this.#end(bill, "expired");
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
    bill.untoldSinceMs = nowMs;
    this.#world.note(() => `service: held ${bill.maximumMinor} for ${bill.saleId}`);
  }

  decline(bill: Bill): void {
    bill.confirming = false;
    if (bill.state === "open") this.#end(bill, "declined");
  }

  /** @param terminalOf the terminals that this run of the daemon was given */
  providerOf(
    life: Life,
    { polls, knowsTime }: ServiceSetting,
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
      const outcome = await this.#call(life, sale.position, what, () => effect(terminal));
      this.answeredAtMs.set(sale.id, this.#world.time.elapsedMs);
      if (outcome.kind === "declined") this.refused.add(sale.id);
      if (outcome.kind === "unknown") this.unanswered.set(sale.id, new Set(this.unanswered.get(sale.id)).add(what));
      return outcome;
    };
    const offer = (sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> =>
      mayGoOn() ? call(sale, "offer", (terminal) => this.#offer(sale, terminal)) : Promise.resolve(NOT_SENT);
    return {
      traits: { polls },
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
      probe: (position) => this.#call(life, position, "probe", () => done(null)),
      serviceTime: () => (knowsTime.service && this.#told?.life === life ? this.#told.time : null),
      close: () => answer(this.#world.time, life, 1, () => undefined),
    };
  }

  /** One request through the network: what happens there happens whether or not the caller lives to hear it. */
  #call<T>(life: Life, position: string, what: Request, effect: () => Outcome<T>): Promise<Outcome<T>> {
    const { time, chaos } = this.#world;
    const { random } = chaos;
    const lost = (detail: string): Promise<Outcome<T>> =>
      answer(time, life, REQUEST_TIMEOUT_MS, () => unknown<T>(`${what}: ${detail}`));
    if (!life.alive) return new Promise(() => {});
    if (chaos.lasts("service-outage", "service", 30_000, 4_500_000)) return lost("no connection");
    if (what === "commit" && chaos.lasts("settling-silent", position, 30_000, 5_400_000)) {
      // Now and then one is carried out all the same, when nobody waits for it any more.
      if (random.chance(0.1)) time.after(random.int(1_000, 60_000), () => this.#happen(what, effect, false));
      return lost("no answer");
    }
    if (chaos.lasts("terminal-rejected", position, 5_000, 120_000))
      return answer(time, life, 100, () => declined<T>("rejected", "terminal refused"));
    if (what !== "probe" && what !== "query" && chaos.strikes("service-refuses"))
      return answer(time, life, 100, () => declined<T>("refused", "refused"));
    if (chaos.strikes("request-lost")) return lost("request lost");
    if (chaos.strikes("request-late")) {
      time.after(REQUEST_TIMEOUT_MS + random.int(0, 30_000), () => this.#happen(what, effect, false));
      return lost("request late");
    }
    const delayMs = this.#delayMs(position, what);
    const told = !chaos.strikes("answer-lost");
    if (chaos.strikes("request-repeated")) {
      time.after(delayMs + random.int(20, 30_000), () => this.#happen(what, effect, false));
    }
    if (chaos.strikes("crash-at-call")) {
      time.after(delayMs, () => this.#happen(what, effect, false));
      this.#world.crash(`after sending ${what}`);
      return new Promise(() => {});
    }
    let outcome: Outcome<T> = unknown("not yet");
    time.after(delayMs, () => {
      outcome = this.#happen(what, effect, told);
    });
    if (!told) return lost("answer lost");
    return answer(time, life, delayMs + random.int(1, 20), () => {
      // Whole seconds, as services write it.
      const atMs = Math.floor(time.trueMs / 1_000) * 1_000;
      this.#told = { life, time: { atMs, heardMs: time.elapsedMs } };
      this.#world.timeTold();
      return outcome;
    });
  }

  /** While commits get no answer, what comes before them takes its time: the sale may be over before it is answered. */
  #delayMs(position: string, what: Request): number {
    const { chaos } = this.#world;
    const { random } = chaos;
    if (what === "update" && chaos.isLasting("settling-silent", position)) return random.int(10_000, 25_000);
    return chaos.strikes("slow-answer") ? random.int(1_000, 9_000) : random.int(50, 300);
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
    for (const bill of this.#active) {
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
      madeAtMs: this.#world.time.trueMs,
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
    return done({ reference: named, qrText: `sim:${named}` });
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
      bill.untoldSinceMs = this.#world.time.trueMs;
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
    if (!busy && (bill.state === "open" || bill.state === "held")) this.#end(bill, "canceled");
    return this.#truth(bill.reference, false);
  }

  #end(bill: Bill, freed: Freed): void {
    if (bill.state === "captured") bill.captures = [];
    bill.state = "ended";
    bill.freed = freed;
    bill.untoldSinceMs = null;
    this.#world.note(() => `service: ${bill.reference} of ${bill.saleId} ends, ${freed}`);
  }
}

function describe(outcome: Outcome<unknown>): string {
  return outcome.kind === "done" ? `done ${JSON.stringify(outcome.value)}` : `${outcome.kind} ${outcome.detail}`;
}
