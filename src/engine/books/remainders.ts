import { isRemainderOver, lastAttempt, type RemainderEvent } from "../../core/remainder.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { timeOfIso } from "../../core/time.ts";
import { askedMs, backoffMs } from "../../platform/time/wait.ts";
import type { Remainders as Service } from "../../ports/books.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { type Named, namesOf } from "../belongings.ts";
import { POLICY } from "../policy.ts";

export interface RemaindersDeps {
  readonly positions: readonly Named[];
  /** Whether the service that is configured has rests. Else only what one before it has left is looked for. */
  readonly hasRests: boolean;
  /** By the provider's name in the sale's record. Null where a service frees the rest itself, or is not configured. */
  remaindersOf(provider: string | undefined): Service | null;
  readonly journal: Pick<
    Journal,
    "hasBegun" | "beginNow" | "pending" | "salesAfter" | "acknowledge" | "notes" | "note"
  >;
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

/** A rest that is under way. */
interface Rest {
  readonly seq: number;
  readonly sale: SaleRecord;
  /** How often it was tried since the start. */
  tries: number;
  /** When it is tried next, monotonic. */
  dueMs: number;
}

/**
 * Frees what a service still holds of sales that are paid, each with tries and waits of its own until it is free or a
 * person has it: one that is refused keeps none of the others. What is sent twice frees nothing twice; after the hand-over
 * nothing more is sent.
 */
export class Remainders {
  readonly #deps: RemaindersDeps;
  readonly #open = new Map<string, Rest>();
  /** Until when each service wants to be left alone, monotonic. */
  readonly #quietUntilMs = new Map<string | undefined, number>();
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #failures = 0;
  #cancel: Cancel = () => {};
  /** Null until something was read: then the journal's mark says where to begin. */
  #through: number | null = null;
  #marked = 0;
  /** One was over since the mark has moved. */
  #wasOver = false;
  #begun = false;

  constructor(deps: RemaindersDeps) {
    this.#deps = deps;
  }

  /** There may be something to free. What waits for its next try goes on waiting. */
  wake(): void {
    this.#again = true;
    if (this.#running !== null || this.#closed) return;
    this.#cancel();
    this.#running = this.#drain()
      .then(() => {
        this.#failures = 0;
        this.#sleep();
      })
      .catch((error: unknown) => {
        this.#deps.log.error({ error: String(error) }, "what is still held cannot be looked up");
        this.#again = false;
        this.#wakeIn(backoffMs(POLICY.remainderRetriesMs, this.#failures++));
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

  #sleep(): void {
    const dueMs = [...this.#open.values()].map((rest) => this.#dueMs(rest));
    if (dueMs.length > 0) this.#wakeIn(Math.max(0, Math.min(...dueMs) - this.#deps.clock.monotonicMs()));
  }

  #wakeIn(delayMs: number): void {
    if (this.#closed) return;
    this.#cancel();
    this.#cancel = this.#deps.clock.after(delayMs, () => this.wake());
  }

  #dueMs({ dueMs, sale }: Rest): number {
    return Math.max(dueMs, this.#quietUntilMs.get(sale.provider) ?? 0);
  }

  async #drain(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      await this.#read();
      const isFull = this.#open.size >= POLICY.remaindersMost;
      for (const rest of [...this.#open.values()]) {
        if (this.#closed) return;
        if (this.#dueMs(rest) > this.#deps.clock.monotonicMs()) continue;
        if (!(await this.#free(rest))) continue;
        this.#open.delete(rest.sale.saleId);
        this.#wasOver = true;
      }
      await this.#mark();
      if (isFull && this.#open.size < POLICY.remaindersMost) this.#again = true;
    }
  }

  /** Takes up the rests of what was sold since. */
  async #read(): Promise<void> {
    const { journal, clock, hasRests } = this.#deps;
    if (!this.#begun && !hasRests && !(await journal.hasBegun("remainders"))) return;
    if (!this.#begun) await journal.beginNow("remainders");
    this.#begun = true;
    while (!this.#closed && this.#open.size < POLICY.remaindersMost) {
      const limit = Math.min(POLICY.mattersBatch, POLICY.remaindersMost - this.#open.size);
      const entries =
        this.#through === null
          ? await journal.pending("remainders", limit)
          : await journal.salesAfter(this.#through, limit);
      for (const { seq, body } of entries) {
        if (this.#through === null) this.#marked = seq - 1;
        this.#through = seq;
        if (body.stillHeld === undefined) continue;
        // A record that amends an earlier one takes its place.
        const { tries = 0 } = this.#open.get(body.saleId) ?? {};
        this.#open.set(body.saleId, { seq, sale: body, tries, dueMs: clock.monotonicMs() });
      }
      if (entries.length === 0) return;
    }
  }

  /** The mark moves when a rest is over, and now and then where nothing was: a card wears by every write. */
  async #mark(): Promise<void> {
    if (this.#through === null) return;
    const seqs = [...this.#open.values()].map(({ seq }) => seq);
    const through = seqs.length === 0 ? this.#through : Math.min(...seqs) - 1;
    const isDue = this.#wasOver || through - this.#marked >= POLICY.mattersMarkEvery;
    if (through <= this.#marked || !isDue) return;
    await this.#deps.journal.acknowledge("remainders", through);
    this.#marked = through;
    this.#wasOver = false;
  }

  /** True when it is free, or a person has it. */
  async #free(rest: Rest): Promise<boolean> {
    const { sale } = rest;
    const { journal, clock, remaindersOf, positions } = this.#deps;
    const events = await journal.notes("remainders", sale.saleId);
    if (isRemainderOver(events)) return true;
    const { invoiceReference: reference, saleId } = sale;
    if (sale.outcome !== "paid" || sale.amends === true)
      return await this.#handOver(sale, "a person has the sale already");
    const position = positions.find((named) => namesOf(named).includes(sale.position));
    if (position === undefined) return await this.#handOver(sale, "its position is gone");
    const remainders = remaindersOf(sale.provider);
    if (remainders === null)
      return await this.#handOver(sale, "its payment service is not configured, and payment.retired has none of it");
    if (reference === null) return await this.#handOver(sale, "the service's name of its offer is not on record");
    const attempt = Math.max(1, lastAttempt(events));
    if (lastAttempt(events) === 0) await this.#note(sale, { type: "asked", reference, attempt });
    // The position by its name of today: by that its service knows it.
    const outcome = await remainders.freeRest(saleId, position.id, reference, { operation: "free", number: attempt });
    if (this.#closed) return false;
    if (outcome.kind === "done" && outcome.value.stillHeldMinor === 0) {
      await this.#note(sale, { type: "freed" });
      this.#deps.noted();
      return true;
    }
    const waitMs = backoffMs(POLICY.remainderRetriesMs, rest.tries++);
    const askedForMs = Math.min(askedMs(0, outcome), POLICY.remainderAskedMs);
    rest.dueMs = clock.monotonicMs() + waitMs;
    if (askedForMs > 0) this.#quietUntilMs.set(sale.provider, clock.monotonicMs() + askedForMs);
    const detail = outcome.kind === "done" ? "it is held still" : outcome.detail;
    const isAnswered = outcome.kind === "done" || (outcome.kind === "declined" && outcome.reason !== "rejected");
    const isLate = clock.wallMs() - timeOfIso(sale.closedAt) > POLICY.remainderMs;
    if (isAnswered && attempt >= POLICY.remainderAttempts) return await this.#handOver(sale, detail);
    if (isLate && rest.tries >= POLICY.remainderTries) return await this.#handOver(sale, detail);
    if (outcome.kind !== "unknown" && attempt < POLICY.remainderAttempts)
      await this.#note(sale, { type: "asked", reference, attempt: attempt + 1 });
    const lasts = outcome.kind === "declined" || rest.tries >= POLICY.remainderTold;
    if (lasts && !events.some(({ type }) => type === "delayed")) await this.#delayed(sale, detail);
    return false;
  }

  async #delayed(sale: SaleRecord, detail: string): Promise<void> {
    const held = `${sale.stillHeld} ${sale.currency} are still held, and asked for again and again: ${detail}`;
    await this.#note(sale, { type: "delayed", detail: held });
    this.#deps.noted();
  }

  async #handOver(sale: SaleRecord, detail: string): Promise<true> {
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
