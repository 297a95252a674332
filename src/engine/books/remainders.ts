import { isRemainderOver, lastAttempt, type RemainderEvent } from "../../core/remainder.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { timeOfIso } from "../../core/time.ts";
import { backoffMs } from "../../platform/time/wait.ts";
import type { Remainders as Service } from "../../ports/books.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { type Named, namesOf } from "../belongings.ts";
import { POLICY } from "../policy.ts";

export interface RemaindersDeps {
  readonly positions: readonly Named[];
  /** By the provider's name in the sale's record. Null where a service frees the rest itself, or is not configured. */
  remaindersOf(provider: string | undefined): Service | null;
  readonly journal: Pick<Journal, "pending" | "salesAfter" | "acknowledge" | "notes" | "note">;
  readonly clock: Clock;
  readonly log: Log;
  /** There is something new for a person. */
  noted(): void;
}

type News = RemainderEvent extends infer E
  ? E extends RemainderEvent
    ? Omit<E, "saleId" | "position" | "atMs">
    : never
  : never;

/**
 * Frees what a service still holds of sales that are paid, in order, each until it is free or a person has it. What is
 * sent twice frees nothing twice; after the hand-over nothing more is sent.
 */
export class Remainders {
  readonly #deps: RemaindersDeps;
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #failures = 0;
  #cancel: Cancel = () => {};
  /** Null until something was read: then the journal's mark says where to begin. */
  #through: number | null = null;
  #unmarked = 0;

  constructor(deps: RemaindersDeps) {
    this.#deps = deps;
  }

  /** There may be something to free. */
  wake(): void {
    this.#again = true;
    if (this.#running !== null || this.#closed) return;
    this.#cancel();
    this.#running = this.#drain()
      .catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, "what is still held cannot be looked up");
        this.#retryLater();
      })
      .finally(() => {
        this.#running = null;
        if (this.#again) this.wake();
      });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  async #drain(): Promise<void> {
    const { journal } = this.#deps;
    while (this.#again && !this.#closed) {
      this.#again = false;
      const limit = POLICY.mattersBatch;
      const entries =
        this.#through === null
          ? await journal.pending("remainders", limit)
          : await journal.salesAfter(this.#through, limit);
      for (const { seq, body } of entries) {
        if (this.#closed) return;
        const isOwed = body.stillHeld !== undefined;
        if (isOwed && !(await this.#free(body))) return this.#retryLater();
        this.#through = seq;
        await this.#mark(seq, isOwed);
      }
      if (entries.length > 0) this.#again = true;
    }
  }

  /** The mark moves after what is owed, and now and then where nothing was: a card wears by every write. */
  async #mark(seq: number, isOwed: boolean): Promise<void> {
    this.#unmarked++;
    if (!isOwed && this.#unmarked < POLICY.mattersMarkEvery) return;
    await this.#deps.journal.acknowledge("remainders", seq);
    this.#unmarked = 0;
  }

  #retryLater(): void {
    this.#again = false;
    if (this.#closed) return;
    this.#cancel();
    const delayMs = backoffMs(POLICY.remainderRetriesMs, this.#failures++);
    this.#cancel = this.#deps.clock.after(delayMs, () => this.wake());
  }

  /** True when it is free, or a person has it. */
  async #free(sale: SaleRecord): Promise<boolean> {
    const { journal, clock, remaindersOf, positions } = this.#deps;
    const events = await journal.notes("remainders", sale.saleId);
    if (isRemainderOver(events)) return true;
    const { invoiceReference: reference, saleId, position } = sale;
    if (sale.outcome !== "paid" || sale.amends === true)
      return await this.#handOver(sale, "a person has the sale already");
    const isHere = positions.some((named) => namesOf(named).includes(position));
    if (!isHere) return await this.#handOver(sale, "its position is gone");
    const remainders = remaindersOf(sale.provider);
    if (remainders === null || reference === null)
      return await this.#handOver(sale, "its payment service is not configured");
    const attempt = Math.max(1, lastAttempt(events));
    if (lastAttempt(events) === 0) await this.#note(sale, { type: "asked", reference, attempt });
    const outcome = await remainders.freeRest(saleId, position, reference, { operation: "free", number: attempt });
    if (this.#closed) return false;
    if (outcome.kind === "done" && outcome.value.stillHeldMinor === 0) {
      this.#failures = 0;
      await this.#note(sale, { type: "freed" });
      return true;
    }
    const detail = outcome.kind === "done" ? "it is held still" : outcome.detail;
    const isAnswered = outcome.kind === "done" || (outcome.kind === "declined" && outcome.reason !== "rejected");
    const isLate = clock.wallMs() - timeOfIso(sale.closedAt) > POLICY.remainderMs;
    if (isLate || (isAnswered && attempt >= POLICY.remainderAttempts)) return await this.#handOver(sale, detail);
    if (outcome.kind !== "unknown") await this.#note(sale, { type: "asked", reference, attempt: attempt + 1 });
    return false;
  }

  async #handOver(sale: SaleRecord, detail: string): Promise<true> {
    this.#failures = 0;
    await this.#note(sale, {
      type: "handed-over",
      detail: `${sale.stillHeld} ${sale.currency} are still held: ${detail}`,
    });
    this.#deps.log.warn({ sale: sale.saleId, detail }, "what is still held goes to a person");
    this.#deps.noted();
    return true;
  }

  async #note({ saleId, position }: SaleRecord, news: News): Promise<void> {
    const event: RemainderEvent = { ...news, saleId, position, atMs: this.#deps.clock.wallMs() };
    await this.#deps.journal.note("remainders", saleId, (known) => (isRemainderOver(known) ? null : event));
  }
}
