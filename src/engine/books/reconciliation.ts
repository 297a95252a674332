import { parseAmount } from "../../core/money.ts";
import {
  compareBooks,
  listed,
  OPEN_MAX,
  type OwnBooking,
  type ReconciliationEvent,
  type ReconciliationState,
} from "../../core/reconcile.ts";
import { timeOfIso } from "../../core/time.ts";
import { askedMs, backoffMs, wait } from "../../platform/time/wait.ts";
import type { BookedPayment, Periods } from "../../ports/books.ts";
import type { Calendar, Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../ports/outcome.ts";
import { type Named, namesOf } from "../belongings.ts";
import { POLICY } from "../policy.ts";
import type { FaultBoard } from "../watch/fault-board.ts";
import { Differences } from "./differences.ts";
import type { ReconciliationStates } from "./reconciliation-states.ts";

export interface ReconcilerDeps {
  readonly positions: readonly Named[];
  readonly schedule: { readonly cron: string; readonly timezone: string } | null;
  readonly periods: Periods;
  /** Whether sales and refunds of the provider that their records name are in these books. */
  isOwn(provider: string | undefined): boolean;
  readonly journal: Journal;
  readonly faults: Pick<FaultBoard, "raise" | "put" | "clear">;
  readonly clock: Clock;
  readonly calendar: Calendar;
  readonly log: Log;
  /** There is something new in the outbox. */
  noted(): void;
}

/**
 * What we have on record since the last comparison, which may be all that was ever sold. Of what the service's books do
 * not hold so much is kept as is listed, and the rest counted.
 */
class OwnBooks {
  readonly kept: OwnBooking[];
  /** How many are missing there that are not kept. */
  beyond = 0;
  readonly #theirs: ReadonlySet<string>;
  readonly #recentMs: number;
  readonly #missing = { recent: 0, older: 0 };

  constructor(theirs: readonly BookedPayment[], recentMs: number, carried: readonly OwnBooking[]) {
    this.#theirs = new Set(theirs.map(({ paymentReference }) => paymentReference));
    this.#recentMs = recentMs;
    this.kept = [...carried];
  }

  add(own: OwnBooking): void {
    const kind = own.atMs > this.#recentMs ? "recent" : "older";
    if (this.#theirs.has(own.paymentReference)) this.kept.push(own);
    else if (++this.#missing[kind] <= OPEN_MAX) this.kept.push(own);
    else this.beyond++;
  }
}

type News = ReconciliationEvent extends infer E
  ? E extends ReconciliationEvent
    ? Omit<E, "position" | "atMs">
    : never
  : never;

/**
 * Closes the books: ends a period at the payment service, gets its list of payments, and holds it against the
 * journal. Whether it is due is decided from the journal, by local time as text: a run missed while the machine was
 * off is made up, the hour that a clock repeats does not repeat it, and the hour that it skips does not skip it.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #states: ReconciliationStates;
  #running: Promise<void> | null = null;
  #closed = false;
  /** Positions whose account the service does not let in, with what it says. */
  readonly #shutOut = new Map<string, { readonly detail: string; readonly advice?: string }>();
  readonly #differences: Differences;

  constructor(deps: ReconcilerDeps, differences = new Differences(deps, true)) {
    this.#deps = deps;
    this.#differences = differences;
    this.#states = differences.states;
  }

  /** Does what is due, was asked for or is unfinished, unless it is being done already. Never rejects. */
  tick(): Promise<void> {
    this.#running ??= this.#round()
      .catch((error: unknown) => this.#deps.log.error({ error: String(error) }, "the books could not be looked up"))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  /** Has the books of a position compared with the next round. Who asks again before that has asked once. */
  async request(position: string): Promise<void> {
    const { requested } = await this.#states.of(position);
    if (!requested) await this.#note(position, { type: "requested" });
  }

  close(): void {
    this.#closed = true;
  }

  /** Shows what the journal says, whoever noted it. */
  showFaults(): Promise<void> {
    return this.#differences.show(this.#shutOut);
  }

  async #round(): Promise<void> {
    await this.showFaults();
    await this.#states.keep(this.#deps.journal);
    for (const named of this.#deps.positions) {
      if (this.#closed) return;
      await this.#position(named).catch((error: unknown) =>
        this.#deps.log.error({ position: named.id, error: String(error) }, "the books could not be reconciled"),
      );
    }
  }

  async #position(named: Named): Promise<void> {
    const { id: position } = named;
    const state = await this.#states.of(position);
    if (state.running === null) {
      const due = await this.#due(position, state);
      if (due === null && !state.requested) return;
      await this.#note(position, { type: "begun", due });
    }
    const periodId = state.running?.periodId ?? (await this.#mark(position));
    const booked = periodId === null ? null : await this.#transactions(position, periodId);
    if (this.#closed) return;
    if (this.#shutOut.has(position)) {
      // Nothing is lost yet: the period is ended, or its list fetched, once a person has mended the account.
      this.#differences.showAt(position, state, this.#shutOut.get(position));
      return;
    }
    if (periodId === null || booked === null) {
      await this.#note(position, { type: "failed", detail: "the payment service gave no report in time" });
    } else {
      await this.#compare(named, periodId, booked);
    }
    await this.showFaults();
    this.#deps.noted();
  }

  /** The local time by which a reconciliation is due that was not begun; null when none is. */
  async #due(position: string, { lastDue }: ReconciliationState): Promise<string | null> {
    const { schedule, clock, calendar, journal } = this.#deps;
    if (schedule === null) return null;
    const due = calendar.latestDue(schedule.cron, schedule.timezone);
    if (lastDue === null) {
      const first = (await journal.salesAfter(0, 1))[0];
      if (first === undefined) return null;
      const begun = calendar.localTime(schedule.timezone, timeOfIso(first.body.closedAt));
      return due > begun ? due : null;
    }
    const tomorrow = calendar.localTime(schedule.timezone, clock.wallMs() + POLICY.reconcileAheadMs);
    if (due > lastDue || lastDue > tomorrow) return due;
    this.#deps.log.debug({ position, due, lastDue }, "no reconciliation is due");
    return null;
  }

  async #mark(position: string): Promise<string | null> {
    let askedForMs = 0;
    for (let attempt = 0; attempt < POLICY.reconcileAttempts && !this.#closed; attempt++) {
      const backMs = backoffMs(POLICY.reconcileRetriesMs, attempt - 1);
      if (attempt > 0) await wait(this.#deps.clock, Math.max(backMs, askedForMs));
      const marked = await this.#deps.periods.markPeriod(position);
      askedForMs = askedMs(0, marked);
      this.#noteAccess(position, marked);
      if (marked.kind === "done") {
        await this.#note(position, { type: "marked", periodId: marked.value.periodId });
        return marked.value.periodId;
      }
      this.#deps.log.warn({ position, detail: marked.detail }, "the period could not be ended");
      if (marked.kind === "declined") return null;
      await this.#note(position, { type: "mark-unclear", detail: marked.detail });
    }
    return null;
  }

  async #transactions(position: string, periodId: string): Promise<readonly BookedPayment[] | null> {
    let askedForMs = 0;
    for (let attempt = 0; attempt < POLICY.reconcileAttempts && !this.#closed; attempt++) {
      await wait(this.#deps.clock, Math.max(backoffMs(POLICY.reconcileRetriesMs, attempt), askedForMs));
      if (this.#closed) return null;
      const report = await this.#deps.periods.transactions(position, periodId);
      askedForMs = askedMs(0, report);
      this.#noteAccess(position, report);
      if (report.kind === "done" && report.value !== null) return report.value;
      if (report.kind !== "done") this.#deps.log.warn({ position, detail: report.detail }, "no report yet");
      if (report.kind === "declined") return null;
    }
    return null;
  }

  async #compare(named: Named, periodId: string, booked: readonly BookedPayment[]): Promise<void> {
    const state = await this.#states.of(named.id);
    const markedAtMs = state.running?.markedAtMs ?? this.#deps.clock.wallMs();
    // What was carried over was booked before this period's end, whatever its clock showed.
    const carried = state.carried.map((own) => (own.atMs > markedAtMs ? { ...own, atMs: 0 } : own));
    const books = new OwnBooks(booked, markedAtMs - POLICY.reconcileSlackMs, carried);
    const throughSale = await this.#sales(namesOf(named), state.throughSale, books);
    const throughRefund = await this.#refunds(namesOf(named), state.throughRefund, books);
    const comparing = compareBooks(booked, books.kept, markedAtMs, POLICY.reconcileSlackMs);
    let step = comparing.next();
    for (; step.done !== true; step = comparing.next()) await wait(this.#deps.clock, 0);
    const { matched, ...found } = step.value;
    await this.#note(named.id, {
      type: "compared",
      periodId,
      throughSale,
      throughRefund,
      matched: matched.length,
      gap: state.running?.gap ?? false,
      ...listed(found, books.beyond),
    });
  }

  async #sales(names: readonly string[], from: number, books: OwnBooks): Promise<number> {
    let through = from;
    for (;;) {
      const batch = await this.#deps.journal.salesAfter(through, POLICY.outboxBatch);
      for (const { seq, body } of batch) {
        through = seq;
        const amountMinor = parseAmount(body.charged, body.currency) ?? 0;
        if (!names.includes(body.position) || body.reference === null || amountMinor === 0) continue;
        if (!this.#isThere(body)) continue;
        const { reference: paymentReference, saleId, closedAt } = body;
        books.add({ paymentReference, amountMinor, saleId, atMs: timeOfIso(closedAt) });
      }
      if (batch.length === 0) return through;
    }
  }

  async #refunds(names: readonly string[], from: number, books: OwnBooks): Promise<number> {
    let through = from;
    for (;;) {
      const batch = await this.#deps.journal.notesAfter("refunds", through, POLICY.outboxBatch);
      for (const { seq, body } of batch) {
        through = seq;
        if (body.type !== "made" || !names.includes(body.position) || !this.#isThere(body)) continue;
        const { saleId, atMs, amountMinor } = body;
        books.add({
          paymentReference: body.reference ?? body.paymentReference,
          amountMinor: -amountMinor,
          saleId,
          atMs,
        });
      }
      if (batch.length === 0) return through;
    }
  }

  /** What was paid at another service stands in no book of this one. */
  #isThere({ provider }: { readonly provider?: string }): boolean {
    return this.#deps.isOwn(provider);
  }

  /** A no to the account that asks is none to what it asks for. */
  #noteAccess(position: string, outcome: Outcome<unknown>): void {
    if (outcome.kind === "declined" && outcome.reason === "rejected") this.#shutOut.set(position, outcome);
    else this.#shutOut.delete(position);
  }

  async #note(position: string, news: News): Promise<void> {
    const event = { ...news, position, atMs: this.#deps.clock.wallMs() } as ReconciliationEvent;
    await this.#deps.journal.note("reconciliations", position, () => event);
  }
}
