import { parseAmount } from "../../src/core/money.ts";
import { type RefundEvent, refundableMinor, refundsOf } from "../../src/core/refund.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import type { PaidSale } from "../../src/engine/books/paid-sale.ts";
import { refund, settleRefund } from "../../src/engine/books/refund.ts";
import { Random } from "../support/sim-chaos.ts";
import { RefundNotes, SimRefundService } from "../support/sim-refunds.ts";
import { clockOf, type Life } from "../support/virtual-clock.ts";
import type { World } from "./world.ts";

/** How often a paid sale is complained about. */
const COMPLAINTS = 0.3;
const PATIENCE_ROUNDS = 3;

/** Who gives money back: by the command, by two at once, and by hand at the service. Judges what becomes of it. */
export class Operators {
  readonly #world: World;
  readonly #random: Random;
  readonly #service: SimRefundService;
  readonly #notes: RefundNotes;
  readonly #sales = new Map<string, PaidSale>();
  /** What was given back, by refund; what somebody did at the service by hand is not among it. */
  readonly #given = new Map<string, { readonly saleId: string; readonly amountMinor: number }>();
  #programs = 0;
  /** What operators still have to do. */
  #pending = 0;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#notes = new RefundNotes(world.time, random, (event) => this.#written(event));
    this.#service = new SimRefundService({
      time: world.time,
      random: new Random(random.int(0, 2 ** 31)),
      note: (text) => world.note(text),
      takenMinor: (saleId) =>
        world.service
          .billsOf(saleId)
          .flatMap(({ captures }) => captures)
          .reduce((sum, each) => sum + each, 0),
      given: ({ refundId, saleId, amountMinor }) => {
        if (refundId === "by-hand") return;
        if (this.#given.has(refundId)) this.#broken(`${refundId} was made twice`);
        this.#given.set(refundId, { saleId, amountMinor });
        this.#judge(saleId);
      },
    });
  }

  get done(): boolean {
    return this.#pending === 0;
  }

  saleClosed(record: SaleRecord): void {
    const { position, saleId, outcome, reason, charged } = record;
    this.#world.note(() => `[${position}] closed ${saleId} ${outcome} ${reason} ${charged}`);
    if (outcome !== "paid" || record.reference === null || !this.#random.chance(COMPLAINTS)) return;
    const chargedMinor = parseAmount(charged, record.currency) ?? 0;
    if (chargedMinor === 0) return;
    const sale = { record, paymentReference: record.reference, chargedMinor };
    this.#sales.set(saleId, sale);
    this.#later(this.#random.int(1_000, 30_000), () => this.#visit(sale, PATIENCE_ROUNDS));
  }

  /** After all have ended: what the journal says is what has become of the money. */
  judgeEnd(): void {
    for (const saleId of this.#notes.sales()) {
      for (const { refundId, state } of refundsOf(this.#notes.of(saleId))) {
        if (state === "open") this.#broken(`${refundId} is left without an end`);
        if ((state === "made") !== this.#given.has(refundId)) this.#broken(`${refundId} is noted as ${state}`);
      }
    }
  }

  #visit(sale: PaidSale, rounds: number): void {
    const { chaos } = this.#world;
    const amountMinor = this.#amount(sale.chargedMinor);
    const troubled = chaos.strikes("refund-troubled");
    this.#program(sale, amountMinor, () => troubled);
    if (this.#random.chance(0.5)) {
      const delayMs = this.#random.chance(0.8) ? this.#random.int(0, 4_000) : this.#random.int(0, 15_000);
      const other = this.#random.chance(0.7) ? amountMinor : this.#amount(sale.chargedMinor);
      this.#later(delayMs, () => this.#program(sale, other, () => troubled));
    }
    if (this.#random.chance(0.1)) {
      const { saleId } = sale.record;
      const byHandMinor = this.#amount(sale.chargedMinor) ?? sale.chargedMinor;
      this.#later(this.#random.int(0, 15_000), () => {
        this.#service.give({ refundId: "by-hand", saleId, amountMinor: byHandMinor });
        this.#world.note(() => `somebody gives back ${byHandMinor} of ${saleId} by hand`);
      });
    }
    this.#later(this.#random.int(20_000, 60_000), () => {
      if (rounds > 1 && this.#random.chance(0.4)) this.#visit(sale, rounds - 1);
      else this.#lookUp(sale);
    });
  }

  /** A person looks at the service, once nothing can come there any more, and says what became of it. */
  #lookUp(sale: PaidSale): void {
    const open = refundsOf(this.#notes.of(sale.record.saleId)).find(({ state }) => state === "open");
    if (open === undefined) return;
    const life = this.#begin();
    const busy = this.#service.mayStillArrive(open.refundId);
    const made = this.#given.has(open.refundId);
    const settled = busy
      ? Promise.resolve(null)
      : settleRefund(
          this.#deps(life, () => false),
          sale,
          made,
        );
    this.#until(life, settled, () => this.#later(10_000, () => this.#lookUp(sale)));
  }

  #program(sale: PaidSale, amountMinor: number | null, troubled: () => boolean): void {
    const life = this.#begin();
    this.#world.note(() => `program ${life.number}: gives back ${amountMinor ?? "the rest"} of ${sale.record.saleId}`);
    if (this.#world.chaos.strikes("program-killed")) {
      this.#world.time.after(this.#random.int(0, 25_000), () => this.#end(life, "killed"));
    }
    this.#until(life, refund(this.#deps(life, troubled), sale, amountMinor), () => undefined);
  }

  #deps(life: Life, troubled: () => boolean) {
    return {
      journal: this.#notes.journalOf(life),
      serviceOf: () => this.#service.refundsOf(life, troubled),
      clock: clockOf(this.#world.time, life),
      newRefundId: () => `f${life.number}`,
      agree: async () => {},
      takeTurn: () => this.#notes.takeTurn(life),
    };
  }

  #begin(): Life {
    this.#pending++;
    return { number: ++this.#programs, alive: true };
  }

  #until(life: Life, work: Promise<unknown>, then: () => void): void {
    work.then(
      (outcome) => {
        this.#end(life, JSON.stringify(outcome));
        then();
      },
      (error: unknown) => this.#world.rules.broken("internal error", `refund: ${String(error)}`),
    );
  }

  #end(life: Life, how: string): void {
    if (!life.alive) return;
    life.alive = false;
    this.#pending--;
    this.#world.note(() => `program ${life.number} ends: ${how}`);
  }

  #later(delayMs: number, act: () => void): void {
    this.#pending++;
    this.#world.time.after(delayMs, () => {
      this.#pending--;
      act();
    });
  }

  /** Null is all that is left. */
  #amount(chargedMinor: number): number | null {
    const share = this.#random.pick([null, null, 0.2, 0.4, 0.5, 0.6, 0.9, 1, 1.1]);
    return share === null ? null : Math.max(1, Math.round(chargedMinor * share));
  }

  #written(event: RefundEvent): void {
    this.#world.note(() => `refunds: ${JSON.stringify(event)}`);
    if (event.type === "made" && !this.#given.has(event.refundId)) this.#broken(`${event.refundId} was never made`);
    this.#judge(event.saleId);
  }

  /** What the journal would still let be given back is never more than what these refunds have left. */
  #judge(saleId: string): void {
    const sale = this.#sales.get(saleId);
    if (sale === undefined) return;
    const ours = [...this.#given.values()].filter((each) => each.saleId === saleId);
    const leftMinor = ours.reduce((left, { amountMinor }) => left - amountMinor, sale.chargedMinor);
    const allowedMinor = refundableMinor(sale.chargedMinor, refundsOf(this.#notes.of(saleId)));
    if (allowedMinor > leftMinor) this.#broken(`${saleId}: ${allowedMinor} may be given back, ${leftMinor} are left`);
  }

  #broken(detail: string): void {
    this.#world.rules.broken("refund", detail);
  }
}
