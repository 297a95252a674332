import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Delivery, Sale } from "../../src/core/sale/state.ts";
import type { Remainders } from "../../src/ports/books.ts";
import { declined, done, type Outcome } from "../../src/ports/outcome.ts";
import type { Attempt, MayGoOn, PaymentProvider, PublishedOffer } from "../../src/ports/payment.ts";
import { type Bill, type Freed, isLive, newBill } from "./sim-bill.ts";
import { keyOf, SimKeys } from "./sim-keys.ts";
import { namedLike, paymentReference } from "./sim-names.ts";
import { type Request, SimNetwork } from "./sim-network.ts";
import {
  describe,
  holdsRest,
  judgeAmount,
  NO_SUCH_OFFER,
  NO_TERMINAL,
  NOT_SENT,
  type PaymentWorld,
  published,
  type ServiceSetting,
  shownMinor,
  toldEnd,
} from "./sim-payment-world.ts";
import { ConfiguredServices, lifeOf, type ServiceKind } from "./sim-service-kind.ts";
import { answer, type Life } from "./virtual-clock.ts";

/** The service takes back what nobody has asked about. */
const REVERSAL_MS = 20_000;
const KEYS_KEPT_MS = 60_000;
const OPEN_OFFER_LIFE_MS = 1_800_000;

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
  readonly keys: SimKeys;
  readonly configured = new ConfiguredServices();
  readonly #world: PaymentWorld;
  readonly #kind: ServiceKind;
  readonly #network: SimNetwork;
  #active: Bill[] = [];
  #count = 0;

  constructor(world: PaymentWorld, kind: ServiceKind) {
    this.#world = world;
    this.#kind = kind;
    this.#network = new SimNetwork(world);
    this.keys = new SimKeys(world.broken);
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

  /** No call is under way so long that its key is needed still. */
  maybeForget(): void {
    if (this.#kind.page?.forgetsKeys === true) this.keys.forget(this.#world.time.elapsedMs - KEYS_KEPT_MS);
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
    name = this.configured.selling,
  ): PaymentProvider {
    const call = async <T>(
      sale: Sale,
      what: Request,
      effect: (terminal: string) => Outcome<T>,
      reference = "",
      attempt: Attempt | null = null,
    ): Promise<Outcome<T>> => {
      const terminal = terminalOf(sale.position);
      if (terminal === null) return await answer(this.#world.time, life, 1, () => NO_TERMINAL);
      this.askedAtMs.set(sale.id, this.#world.time.elapsedMs);
      if (what !== "query" && what !== "probe" && life.alive)
        this.#world.sending(sale, what, this.bills.get(reference), attempt);
      if (attempt?.operation === "capture") this.keys.sending(sale.id, attempt, life);
      const outcome = await this.#network.call(
        life,
        sale.position,
        what,
        (told) => this.#happen(what, () => effect(terminal), told),
        attempt === null ? null : () => this.keys.refuse(keyOf(sale.id, attempt), this.#world.time.elapsedMs),
      );
      if (attempt !== null) this.keys.answered(sale.id, attempt, outcome);
      // Kept under the key, it answers all that was sent under it.
      const isKept = attempt?.operation === "capture" && outcome.kind === "declined" && outcome.reason === "refused";
      if (isKept) this.unanswered.get(sale.id)?.delete(what);
      this.answeredAtMs.set(sale.id, this.#world.time.elapsedMs);
      if (outcome.kind === "declined") this.refused.add(sale.id);
      if (outcome.kind === "unknown") this.unanswered.set(sale.id, new Set(this.unanswered.get(sale.id)).add(what));
      return outcome;
    };
    const offer = (sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>> =>
      mayGoOn() ? call(sale, "offer", (terminal) => this.#offer(sale, terminal)) : Promise.resolve(NOT_SENT);
    const query = (sale: Sale, reference: string): Promise<Outcome<Truth>> =>
      call(
        sale,
        "query",
        this.#knownAt<Truth>(reference, () => this.#truth(reference, true)),
      );
    const settle: PaymentProvider["settle"] = async (sale, reference, delivery, mayGoOn, attempt) => {
      if (!mayGoOn()) return NOT_SENT;
      if (this.#kind.page !== null) {
        // What was taken under another key would be taken twice.
        const seen = attempt.number > 1 ? await query(sale, reference) : null;
        if (seen?.kind === "unknown") this.keys.unclear(sale.id, attempt, life);
        if (seen !== null && (seen.kind !== "done" || seen.value.state !== "held")) return seen;
        if (!mayGoOn()) return NOT_SENT;
        const capture = this.#knownAt<Truth>(reference, () => this.#capture(sale, reference, delivery, attempt));
        const captured = await call(sale, "commit", capture, reference, attempt);
        if (!holdsRest(captured) || !mayGoOn()) return captured;
        const first = { operation: "free", number: 1 } as const;
        const free = this.#knownAt<Truth>(reference, () => this.#freeRest(sale.id, reference, first));
        const freed = await call(sale, "free", free, reference, first);
        return freed.kind === "done" ? freed : captured;
      }
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
    };
    return {
      traits: {
        name,
        polls: this.#kind.polls,
        keepsAnswers: this.#kind.page !== null,
        ...lifeOf(this.#kind),
      },
      rulesFor: () => this.#kind.rules,
      offer,
      query,
      settle: async (sale, ...words) => {
        const outcome = await settle(sale, ...words);
        this.keys.heard(sale.id, outcome);
        return outcome;
      },
      release: async (sale, reference, mayGoOn, isOurs, attempt) => {
        const made = reference === null ? await offer(sale, mayGoOn) : null;
        if (made !== null && made.kind !== "done") return made;
        const target = made?.value.reference ?? reference ?? "";
        if (made !== null && !(await isOurs(target))) return done({ state: "different", detail: "not our reference" });
        if (!mayGoOn()) return NOT_SENT;
        return await call(
          sale,
          "cancel",
          this.#knownAt<Truth>(target, () => this.#cancelOnce(sale, target, attempt)),
          target,
          this.#kind.page === null ? null : attempt,
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
    if (known !== undefined) return done(published(known.reference, toldEnd(this.#world, known)));
    for (const bill of page === null ? this.#active : []) {
      if (bill.terminal === terminal && (bill.state === "open" || bill.state === "held")) this.#end(bill, "replaced");
    }
    const reference = `r${++this.#count}`;
    const bill = newBill(reference, sale, {
      terminal,
      openUntilMs: this.#world.time.trueMs + (page?.lifeMs ?? OPEN_OFFER_LIFE_MS),
      shownMinor: shownMinor(this.#world, sale.terms.maximumMinor),
      tellsHoldTime: !this.#world.chaos.strikes("hold-time-unsaid"),
    });
    const saleId = sale.id;
    this.bills.set(reference, bill);
    this.#bySale.set(saleId, [...this.billsOf(saleId), bill]);
    this.#active.push(bill);
    const earlier = this.billsOf(saleId).length > 1;
    const named =
      namedLike({ bills: this.bills, world: this.#world }, bill, earlier ? "replacement-reused" : "reference-reused") ??
      reference;
    return done(published(named, page === null ? null : toldEnd(this.#world, bill)));
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
        const receipt = {
          paymentReference: paymentReference({ bills: this.bills, world: this.#world }, bill),
          paidAt: null,
          details: {},
        };
        const rest = bill.restMinor > 0 ? { stillHeldMinor: bill.restMinor } : {};
        return done({ state: "captured", capturedMinor: bill.captures[0] ?? 0, receipt, ...rest });
      }
      case "ended":
        return done({ state: "ended", how: bill.freed === "expired" ? "expired" : "canceled" });
    }
  }

  #update(reference: string, { amountMinor }: Delivery): Outcome<Truth> {
    const bill = this.bills.get(reference);
    judgeAmount(this.#world, this.#kind.rules, bill, amountMinor);
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

  /** Two captures of a bill take twice, unless they have one key. */
  #capture({ id }: Sale, reference: string, { amountMinor }: Delivery, attempt: Attempt): Outcome<Truth> {
    const bill = this.bills.get(reference);
    judgeAmount(this.#world, this.#kind.rules, bill, amountMinor);
    const takenMinor = bill?.captures.reduce((sum, each) => sum + each, 0) ?? 0;
    if (bill !== undefined && takenMinor + amountMinor > bill.maximumMinor) {
      if (takenMinor > 0) return this.#truth(reference, false);
      this.#world.overcharged(bill, amountMinor);
      return declined("refused", "more than was reserved");
    }
    const take = (): void => {
      if (bill?.state !== "held" && bill?.state !== "captured") return;
      bill.state = "captured";
      bill.captures.push(amountMinor);
      if (this.#kind.page?.holdsRest === true) bill.restMinor = bill.maximumMinor - takenMinor - amountMinor;
    };
    return this.keys.once(keyOf(id, attempt), this.#world.time.elapsedMs, take, () => this.#truth(reference, false));
  }

  #freeRest(saleId: string, reference: string, attempt: Attempt): Outcome<Truth> {
    const free = (): void => {
      const bill = this.bills.get(reference);
      if (bill?.state === "captured") bill.restMinor = 0;
    };
    const { elapsedMs } = this.#world.time;
    return this.keys.once(keyOf(saleId, attempt), elapsedMs, free, () => this.#truth(reference, false));
  }

  /** What a bookkeeper of this life may ask for. */
  remaindersOf(life: Life): Remainders {
    const { time } = this.#world;
    return {
      freeRest: async (saleId, position, reference, attempt) => {
        this.#world.freeing(saleId, attempt);
        const free = (): Outcome<Truth> => this.#freeRest(saleId, reference, attempt);
        const outcome = await this.#network.call(
          life,
          position,
          "free",
          (told) => this.#happen("free", free, told),
          () => this.keys.refuse(keyOf(saleId, attempt), time.elapsedMs),
        );
        if (outcome.kind !== "done") return outcome;
        const stillHeldMinor = outcome.value.state === "captured" ? (outcome.value.stillHeldMinor ?? 0) : 0;
        return done({ stillHeldMinor });
      },
    };
  }

  #cancelOnce({ id }: Sale, reference: string, attempt: Attempt): Outcome<Truth> {
    if (this.#kind.page === null) return this.#cancel(reference);
    let answer: Outcome<Truth> | null = null;
    const cancel = (): void => {
      answer = this.#cancel(reference);
    };
    const truth = (): Outcome<Truth> => answer ?? this.#truth(reference, false);
    return this.keys.once(keyOf(id, attempt), this.#world.time.elapsedMs, cancel, truth);
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
