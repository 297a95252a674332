import { isDeepStrictEqual } from "node:util";
import type Database from "better-sqlite3";
import { parseAmount } from "../../../../core/money.ts";
import { refundedMinor, refundsOf } from "../../../../core/refund.ts";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import { type SaleRecord, saleRecord } from "../../../../core/sale/record.ts";
import { type Closed, IDLE, isOpen, type State } from "../../../../core/sale/state.ts";
import { transition } from "../../../../core/sale/transition.ts";
import { EVENTS_OF_SALE } from "../archives/archives.ts";
import { readEvent, readNote, readRecord } from "../bodies/bodies.ts";
import type { Chain } from "../chain/chain.ts";
import type { Seen } from "../chain/walk.ts";

interface Life {
  readonly position: string;
  readonly first: number;
  state: State;
  /** Some of its events are not there, which an anchor tells: nothing follows from those that are. */
  isDoubtful: boolean;
}

interface RecordRow {
  readonly seq: number;
  readonly first_event: number;
  readonly last_event: number;
  readonly body: string;
}

/** How many of what the replay has seen. */
interface Counts {
  sales: number;
  open: number;
  resolved: number;
  atPerson: number;
  /** Sales of which an accepted or archived part is not there. */
  doubtful: number;
  refunded: number;
}

/**
 * Replays every sale of a journal and holds each record against what the replay gives. Of sales it keeps those that are
 * open, one at a position.
 */
export class Replays {
  readonly counts: Counts = { sales: 0, open: 0, resolved: 0, atPerson: 0, doubtful: 0, refunded: 0 };
  /** What records say was charged, and what events say was captured, in minor units by currency. */
  readonly charged = new Map<string, number>();
  readonly captured = new Map<string, number>();
  readonly #chain: Chain;
  readonly #broken: (line: string) => void;
  readonly #lives = new Map<string, Life>();
  readonly #saleAt = new Map<string, string>();
  /** Up to where the events of a position are known to be whole since the last gap. */
  readonly #wholeSince = new Map<string, number>();
  readonly #nextRecord: Database.Statement<[number], RecordRow>;
  readonly #earlier: Database.Statement<[number, number], RecordRow>;
  readonly #newest: Database.Statement<[string], RecordRow>;
  readonly #ofSale: Database.Statement<[number, number, string], Pick<RecordRow, "seq" | "body">>;
  readonly #acceptedRecord: Database.Statement<[number], unknown>;
  readonly #isThere: Database.Statement<[number], unknown>;
  readonly #refunds: Database.Statement<[string], Pick<RecordRow, "body">>;
  #recordSeq = 0;
  #gapSeq = 0;

  constructor(db: Database.Database, chain: Chain, broken: (line: string) => void) {
    this.#chain = chain;
    this.#broken = broken;
    this.#acceptedRecord = db.prepare("SELECT 1 FROM anchor WHERE stream = 'sale' AND seq = ? AND why = 'accepted'");
    this.#nextRecord = db.prepare("SELECT * FROM sale WHERE seq > ? ORDER BY seq LIMIT 1");
    this.#earlier = db.prepare("SELECT * FROM sale WHERE first_event = ? AND seq < ? ORDER BY seq DESC LIMIT 1");
    this.#newest = db.prepare("SELECT * FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1");
    this.#ofSale = db.prepare(EVENTS_OF_SALE);
    this.#isThere = db.prepare("SELECT 1 FROM event WHERE seq = ?");
    this.#refunds = db.prepare("SELECT body FROM note WHERE stream = 'refunds' AND key = ? ORDER BY seq");
  }

  /** To be told of each step along the events, in order. */
  take({ seq, row, anchor, isAfterGap, problem, unreadable }: Seen): void {
    const isTold = anchor !== null && anchor.why !== "older";
    if (isAfterGap || isTold || problem !== null || unreadable !== null) this.#doubtAll(seq);
    if (row === null || unreadable !== null) return;
    const [position, saleId] = row.columns.map(String) as [string, string];
    const event = readEvent(row.body);
    this.#skipRecords(seq);
    if (event.type === "selected") this.#begin(position, saleId, event, seq);
    else this.#goOn(position, saleId, event, seq);
  }

  /** To be called behind the last event. */
  end(): void {
    this.#skipRecords(Number.MAX_SAFE_INTEGER);
    for (const { state, isDoubtful } of this.#lives.values()) {
      if (isDoubtful) this.counts.doubtful++;
      else if (isOpen(state)) this.counts.open++;
    }
    for (const currency of new Set([...this.charged.keys(), ...this.captured.keys()])) {
      const [charged = 0, captured = 0] = [this.charged.get(currency), this.captured.get(currency)];
      if (charged !== captured) {
        this.#broken(
          `money: records say that ${charged} were charged, events that ${captured} were captured (${currency}, minor units)`,
        );
      }
    }
  }

  #begin(position: string, saleId: string, event: SaleEvent, seq: number): void {
    const before = this.#saleAt.get(position) ?? "";
    const life = this.#lives.get(before);
    if (life !== undefined) {
      if (life.isDoubtful) this.counts.doubtful++;
      else this.#broken(`event ${seq}: sale ${saleId} begins while sale ${before} is neither resolved nor at a person`);
      this.#lives.delete(before);
    }
    this.counts.sales++;
    this.#saleAt.set(position, saleId);
    this.#wholeSince.set(position, seq);
    this.#lives.set(saleId, { position, first: seq, state: transition(IDLE, event)[0], isDoubtful: false });
  }

  #goOn(position: string, saleId: string, event: SaleEvent, seq: number): void {
    const life = this.#lives.get(saleId);
    if (life === undefined) {
      this.#late(position, saleId, event, seq);
      return;
    }
    const [next] = transition(life.state, event);
    if (next === life.state && !life.isDoubtful)
      this.#broken(`event ${seq} (${event.type}) changes nothing in sale ${saleId}`);
    life.state = next;
    if (next.phase !== "closed") return;
    this.#lives.delete(saleId);
    const record = this.#recordAt(seq);
    if (life.isDoubtful || (record === null ? this.#isInGap() : this.#isAccepted(record))) {
      this.counts.doubtful++;
      return;
    }
    if (record === null) {
      this.#broken(`event ${seq} closes sale ${saleId}, which has no record`);
      return;
    }
    this.#compare(record, next, event);
    if (next.outcome === "needs-attention") this.counts.atPerson++;
    else this.counts.resolved++;
  }

  /** Something was learned of a sale that was closed before; the record that it gave says where that begins. */
  #late(position: string, saleId: string, event: SaleEvent, seq: number): void {
    const isWhole = (from: number): boolean => from > this.#gapSeq;
    const record = this.#nextRecord.get(this.#recordSeq);
    if (record?.last_event !== seq) {
      if (isWhole(this.#wholeSince.get(position) ?? 0))
        this.#broken(`event ${seq} (${event.type}) is of no open sale: ${saleId}`);
      return;
    }
    this.#recordSeq = record.seq;
    if (!isWhole(record.first_event) || this.#isAccepted(record)) return;
    let state: State = IDLE;
    for (const { body } of this.#ofSale.iterate(record.first_event, seq - 1, saleId)) {
      [state] = transition(state, readEvent(body));
    }
    const [next] = transition(state, event);
    if (next === state || next.phase !== "closed") {
      this.#broken(`event ${seq} (${event.type}) changes nothing in sale ${saleId}, which is closed`);
      return;
    }
    this.#compare(record, next, event);
    if (next.outcome === "needs-attention") return;
    this.counts.atPerson--;
    this.counts.resolved++;
  }

  #compare({ seq, first_event: first, body }: RecordRow, closed: Closed, event: SaleEvent): void {
    const record = readRecord(body);
    const { saleId, currency } = record;
    const wanted: Readonly<Record<string, unknown>> = JSON.parse(JSON.stringify(saleRecord(closed)));
    // A person got a sale once more: with the journal that was accepted, after it had a record.
    const wasAccepted = record.reason === "journal-accepted";
    for (const [field, value] of Object.entries(record)) {
      if (isDeepStrictEqual(value, wanted[field]) || (field === "amends" && wasAccepted)) continue;
      this.#broken(
        `record ${seq}: sale ${saleId} has ${field} ${JSON.stringify(value)}, its events give ${JSON.stringify(wanted[field])}`,
      );
    }
    const chargedMinor = minor(record);
    const earlier = record.amends === true ? this.#earlier.get(first, seq) : undefined;
    add(this.charged, currency, chargedMinor - (earlier === undefined ? 0 : minor(readRecord(earlier.body))));
    if (event.type === "captured") add(this.captured, currency, event.capturedMinor ?? closed.chargedMinor);
    this.#compareRefunds(seq, record, chargedMinor);
  }

  #compareRefunds(seq: number, { saleId, amends }: SaleRecord, chargedMinor: number): void {
    const notes = this.#refunds.all(saleId).map(({ body }) => readNote("refunds", body));
    if (notes.length === 0) return;
    if (amends !== true) this.counts.refunded++;
    const backMinor = refundedMinor(refundsOf(notes));
    if (backMinor <= chargedMinor) return;
    const newest = this.#newest.get(saleId);
    if (newest !== undefined && backMinor <= minor(readRecord(newest.body))) return;
    this.#broken(
      `record ${seq}: of sale ${saleId} ${chargedMinor} were charged and ${backMinor} given back (minor units)`,
    );
  }

  /** The record that the event of this number gave; an accepted one that stands in its place is taken for it. */
  #recordAt(seq: number): RecordRow | null {
    const record = this.#nextRecord.get(this.#recordSeq);
    if (record === undefined) return null;
    if (record.last_event !== seq && (this.#isInGap() || !this.#isAccepted(record))) return null;
    this.#recordSeq = record.seq;
    return record;
  }

  /** Whether numbers are missing behind the last record: the chain tells of it. */
  #isInGap(): boolean {
    const next = this.#nextRecord.get(this.#recordSeq);
    return (next?.seq ?? this.#chain.head("sale").seq + 1) > this.#recordSeq + 1;
  }

  /** Whether somebody went on with it although it was not as it was written. */
  #isAccepted({ seq }: RecordRow): boolean {
    return this.#acceptedRecord.get(seq) !== undefined;
  }

  /** Records that no event before this one has given. */
  #skipRecords(beforeEvent: number): void {
    for (;;) {
      const record = this.#nextRecord.get(this.#recordSeq);
      if (record === undefined || record.last_event >= beforeEvent) return;
      const isThere = this.#isThere.get(record.last_event) !== undefined;
      if (isThere && this.#isAccepted(record)) return;
      this.#recordSeq = record.seq;
      if (isThere && record.first_event > this.#gapSeq)
        this.#broken(`record ${record.seq}: event ${record.last_event} does not close its sale`);
    }
  }

  #doubtAll(seq: number): void {
    this.#gapSeq = seq;
    for (const life of this.#lives.values()) life.isDoubtful = true;
  }
}

function minor({ charged, currency }: SaleRecord): number {
  return parseAmount(charged, currency) ?? 0;
}

function add(sums: Map<string, number>, currency: string, amountMinor: number): void {
  sums.set(currency, (sums.get(currency) ?? 0) + amountMinor);
}
