import { type Closed, isOutOfReach, type Sale } from "../../src/core/sale/state.ts";
import type { Excuse } from "../support/sim-dispenser.ts";
import { takenMinor as capturableMinor, priceMinor } from "./price.ts";
import type { World } from "./world.ts";

/** Goods that flowed when no reading could show it any more, or a reading that was not to be had. */
const UNMEASURED: readonly Excuse[] = ["stop-unconfirmed", "leak", "meter-unread"];

/** What was charged, held against what flowed and what was reserved (money rules 2, 3 and 4). */
export class Books {
  readonly #world: World;
  readonly #broken: (rule: string, detail: string) => void;

  constructor(world: World, broken: (rule: string, detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  /** Whether the record says of the money what the service says, or a person has to ask because nobody else can. */
  agrees(closed: Closed): boolean {
    return this.#takenMinor(closed.sale.id) === closed.chargedMinor || this.isOutOfReach(closed);
  }

  /** A person has it, and its own terminal is not there any more, or it was handed over for what else was exchanged. */
  isOutOfReach({ sale, outcome, reason }: Closed): boolean {
    if (outcome !== "needs-attention") return false;
    if (!this.#world.service.configured.has(sale.terms.provider)) return true;
    return isOutOfReach(reason) || this.#world.places.terminalOf(sale.position) !== sale.terms.terminal;
  }

  /** What was taken is on record in the end, for a sale that a person got too. */
  judgeEnd(closed: Closed): void {
    if (this.agrees(closed)) return;
    const { sale, chargedMinor, outcome } = closed;
    const takenMinor = this.#takenMinor(sale.id);
    this.#broken("3 handed over", `${sale.id} is ${outcome}: ${takenMinor} taken, ${chargedMinor} on record`);
  }

  /** What was asked for, or the less that the service has shown. */
  #mostMinor({ id, terms }: Sale): number {
    const held = this.#world.service.billsOf(id).find(({ wasHeld }) => wasHeld);
    return Math.min(terms.maximumMinor, held?.shownMinor ?? terms.maximumMinor);
  }

  #takenMinor(saleId: string): number {
    const captures = this.#world.service.billsOf(saleId).flatMap((bill) => bill.captures);
    return captures.reduce((sum, amount) => sum + amount, 0);
  }

  judge(closed: Closed): void {
    const { sale, chargedMinor, delivery } = closed;
    const bills = this.#world.service.billsOf(sale.id);
    const captures = bills.flatMap((bill) => bill.captures);
    const takenMinor = this.#takenMinor(sale.id);
    if (captures.length > 1) this.#broken("3 exactly once", `${sale.id} was charged ${captures.join(" and ")}`);
    if (takenMinor > this.#mostMinor(sale)) this.#broken("2 amount", `${sale.id} was charged more than reserved`);
    if (closed.outcome === "needs-attention") {
      this.#judgeTaken(closed, takenMinor);
      return;
    }
    if (this.#world.dispenserAt(sale.position).disputed.has(sale.id) && delivery?.certain !== false)
      this.#broken("11 different", `${sale.id} is ${closed.outcome}, though nobody can tell what came out`);
    const held = bills.find((bill) => bill.state === "held");
    if (held !== undefined) this.#broken("3 resolved", `${sale.id} is closed, but ${held.reference} is still held`);
    if (takenMinor !== chargedMinor)
      this.#broken("2 amount", `${sale.id}: ${takenMinor} taken, ${chargedMinor} recorded`);
    if (closed.outcome === "released" && captures.length > 0)
      this.#broken("3 never both", `${sale.id} was charged as free`);
    this.#judgeBilled(closed, takenMinor);
    const beyondMinor = (delivery?.lossMinor ?? 0) - (delivery?.waivedMinor ?? 0);
    if (beyondMinor > 0 && takenMinor !== capturableMinor(sale.terms.rules, this.#mostMinor(sale))) {
      this.#broken("2 amount", `${sale.id} has a loss, but was not charged in full`);
    }
  }

  /** A person decides what is missing, but nobody may have been charged for what did not flow. */
  #judgeTaken({ sale }: Closed, takenMinor: number): void {
    const dispenser = this.#world.dispenserAt(sale.position);
    const worthMinor = priceMinor(sale.terms.tariff, dispenser.flowedBySale.get(sale.id) ?? 0);
    if (takenMinor <= worthMinor || dispenser.excuses.get(sale.id)?.has("meter-jump")) return;
    this.#broken("2 amount", `${sale.id} needs attention: ${takenMinor} taken, ${worthMinor} worth flowed`);
  }

  /** What flowed is what is charged, as far as the meter was honest. */
  #judgeBilled({ sale, outcome, delivery }: Closed, takenMinor: number): void {
    const dispenser = this.#world.dispenserAt(sale.position);
    const excuses = dispenser.excuses.get(sale.id) ?? new Set();
    const flowedBase = dispenser.flowedBySale.get(sale.id) ?? 0;
    const { rules } = sale.terms;
    const fullMinor = Math.min(priceMinor(sale.terms.tariff, flowedBase), this.#mostMinor(sale));
    const worthMinor = capturableMinor(rules, fullMinor);
    if (excuses.has("meter-jump")) return;
    const facts = `${sale.id} is ${outcome}: ${takenMinor} taken, ${worthMinor} worth flowed`;
    // After a restart nobody can tell a wrong reading that no other opposed from what the meter has forgotten.
    const isMisled = delivery?.certain === false && excuses.has("meter-wrong-unopposed");
    if (takenMinor > worthMinor && !isMisled) this.#broken("2 amount", facts);
    if (outcome === "released" && delivery?.certain === false && worthMinor > 0) this.#broken("4 billed", facts);
    if (delivery?.certain === false) return;
    if (takenMinor === worthMinor || UNMEASURED.some((excuse) => excuses.has(excuse))) return;
    if (!excuses.has("meter-forgot")) {
      this.#broken(takenMinor === 0 ? "4 billed" : "2 amount", facts);
      return;
    }
    // One reading step, the tick in which it ends, the time that an append and a stop may take.
    const forgottenBase = (dispenser.rateBySale.get(sale.id) ?? 0) * 2.8;
    const leastMinor = priceMinor(sale.terms.tariff, Math.floor(flowedBase - forgottenBase));
    if (takenMinor < capturableMinor(rules, Math.min(leastMinor, this.#mostMinor(sale))) && !this.#world.wasHeldUp) {
      this.#broken("4 billed", `${facts}, more than one reading step is lost`);
    }
  }
}
