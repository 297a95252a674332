import type { RemainderEvent } from "../../src/core/remainder.ts";
import type { Closed } from "../../src/core/sale/state.ts";
import type { Attempt } from "../../src/ports/payment.ts";
import type { World } from "./world.ts";

/** What a service still holds of a sale that is paid is freed, or a person's, and asked for on record. */
export class RestRules {
  readonly #world: World;
  readonly #broken: (rule: string, detail: string) => void;
  readonly #closed = new Map<string, Closed>();

  constructor(world: World, broken: (rule: string, detail: string) => void) {
    this.#world = world;
    this.#broken = broken;
  }

  closed(closed: Closed): void {
    this.#closed.set(closed.sale.id, closed);
  }

  freeing(saleId: string, { number }: Attempt): void {
    const closed = this.#closed.get(saleId);
    if (closed?.outcome !== "paid" || closed.amends === true)
      this.#broken("3 handed over", `the rest of ${saleId} is freed, which is ${closed?.outcome}`);
    const notes = this.#notesOf(saleId);
    const isAsked = notes.some((note) => note.type === "asked" && note.attempt === number);
    if (!isAsked) this.#broken("3 rest", `the rest of ${saleId} is freed by attempt ${number}, which is not on record`);
    if (notes.some(({ type }) => type === "freed" || type === "handed-over"))
      this.#broken("3 rest", `the rest of ${saleId} is freed once more`);
  }

  /** Something is held still that the daemon has to free. */
  get any(): boolean {
    return this.#held().length > 0;
  }

  judgeEnd(): void {
    const [held] = this.#held();
    if (held !== undefined) this.#broken("3 rest", `the rest of ${held} is held still, and nobody knows`);
    for (const saleId of this.#closed.keys()) {
      const isFreed = this.#notesOf(saleId).some(({ type }) => type === "freed");
      if (isFreed && this.#restMinor(saleId) > 0)
        this.#broken("3 rest", `the rest of ${saleId} is on record as freed, and is held`);
    }
  }

  #held(): string[] {
    const paid = [...this.#closed.values()].filter(({ outcome, amends }) => outcome === "paid" && amends !== true);
    return paid
      .map(({ sale }) => sale.id)
      .filter((id) => this.#restMinor(id) > 0 && !this.#notesOf(id).some(({ type }) => type === "handed-over"));
  }

  #restMinor(saleId: string): number {
    return this.#world.service.billsOf(saleId).reduce((sum, { restMinor }) => sum + restMinor, 0);
  }

  #notesOf(saleId: string): readonly RemainderEvent[] {
    return this.#world.disk.notes("remainders", saleId) as readonly RemainderEvent[];
  }
}
