import type { ClockTaken } from "../core/clock.ts";
import type { MatterEvent } from "../core/matters.ts";
import type { Act } from "../core/operator/acts.ts";
import type { Order } from "../core/operator/orders.ts";
import type { BooksSoFar, ReconciliationEvent } from "../core/reconcile.ts";
import type { RefundEvent } from "../core/refund.ts";
import type { RemainderEvent } from "../core/remainder.ts";
import type { SaleEvent } from "../core/sale/event.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import type { Unaccounted } from "../core/unaccounted.ts";

/**
 * The durable record. What `append` and `note` resolved survives a power cut; one that rejects has left nothing
 * behind. A closing event and its sale record become durable together.
 */
export interface Journal {
  append(position: string, event: SaleEvent, record: SaleRecord | null): Promise<void>;
  /**
   * The events of the sale that began last at the position, oldest first; empty when it never sold anything. Events of
   * a sale that was handed to a person before it may stand between them.
   */
  lastSale(position: string): Promise<readonly SaleEvent[]>;
  /**
   * The events of each of the position's last sales that was handed to a person since then, up to what was learned of
   * it last; at most `limit`, and none from further back than a few hundred sales.
   */
  handedOver(position: string, sinceMs: number, limit: number): Promise<readonly (readonly SaleEvent[])[]>;
  /**
   * Every position of which a sale, an order or a reconciliation was ever written, also one that is no longer configured.
   * Many sales do not make it slower.
   */
  positions(): Promise<readonly string[]>;
  /** The newest event's time, by which an implausible clock is recognised; null in an empty journal. */
  newestAtMs(): Promise<number | null>;
  /** The sale that a name of the payment service belongs to for ever: the first whose events brought it. */
  ownerOf(owned: OwnedName): Promise<string | null>;
  /** Writes an entry that means nothing, as durably as an event; rejects when a sale could not begin now. */
  check(): Promise<void>;
  /** Rejects when it is known without writing that no sale may begin: the journal is gone, replaced or damaged. */
  look(): Promise<void>;

  /** Closed sales with a number above `seq`, in order, at most `limit`; none only where there are none. */
  salesAfter(seq: number, limit: number): Promise<readonly Entry<SaleRecord>[]>;
  /**
   * What else is noted: of one key (a sale, a position), or of several together, in order. Of each key the newest two
   * hundred; only what counts of orders (the newest of each type), of clocks and of books so far (the newest).
   */
  notes<S extends keyof Notes>(stream: S, key: string | readonly string[]): Promise<readonly Notes[S][]>;
  /** As `salesAfter`. */
  notesAfter<S extends keyof Notes>(stream: S, seq: number, limit: number): Promise<readonly Entry<Notes[S]>[]>;
  /**
   * Adds what `decide` makes of the key's notes, as `notes` gives them, with nobody in between; nothing when it gives
   * null. Of several keys it sees the notes of all, and what it makes is added to the first. Resolves with what was added.
   */
  note<S extends keyof Notes>(
    stream: S,
    key: NoteKey,
    decide: (notes: readonly Notes[S][]) => Notes[S] | null,
  ): Promise<Notes[S] | null>;

  /** What a reader has not acknowledged yet, as `salesAfter`. Each reader has a mark of its own. */
  pending<R extends keyof Readers>(reader: R, limit: number): Promise<readonly Entry<Readers[R]>[]>;
  pendingCount(reader: keyof Readers): Promise<number>;
  /** Everything from this number on counts as not acknowledged again; nothing is skipped by it. */
  reread(reader: OutboxStream, fromSeq: number): Promise<void>;
  /** Whether the reader has a mark: it was begun, or has acknowledged something. */
  hasBegun(reader: keyof Readers): Promise<boolean>;
  /** For a reader that has never acknowledged anything all until now counts as acknowledged; for another nothing changes. */
  beginNow(reader: keyof Readers): Promise<void>;
  /** An entry that was acknowledged before stays so. */
  acknowledge(reader: keyof Readers, seq: number): Promise<void>;

  /**
   * Nightly housekeeping: nothing that was written gets lost or changes. Old sales are set aside, where all that reads
   * sales finds them; what is left of that is done in the nights that follow.
   */
  tidy(tidying: Tidying): Promise<void>;
  close(): Promise<void>;
}

/** A sale, a position, or all names that a position has and had, the one that it has first. */
export type NoteKey = string | readonly [string, ...string[]];

/** Which sales are old: those that closed `keepMs` ago, and that nobody waits for. */
export interface Tidying {
  readonly nowMs: number;
  readonly keepMs: number;
  /** Those who read at this kiosk: what one of them has not acknowledged is not old. */
  readonly readers: readonly (keyof Readers)[];
}

/** What the payment service calls an offer (`offer-made`), and a finished payment (`captured`). */
export interface OwnedName {
  readonly kind: "offer" | "payment";
  readonly name: string;
  /** Which service calls it so: two may give one name. Absent in older journals, where it is nobody else's at any service. */
  readonly service?: string;
}

/** Numbers rise by one within a stream, for ever. */
export interface Entry<T> {
  readonly seq: number;
  readonly body: T;
}

export interface Notes extends Sent {
  /** What waits for a person, and what was acknowledged; by matter. */
  readonly matters: MatterEvent;
  /** What operators have ordered; by place. */
  readonly orders: Order;
  /** Receipts that the payment service does not want; by sale. */
  readonly receiptRefusals: ReceiptRefusal;
  /** What became of what a service still held of paid sales; by sale. */
  readonly remainders: RemainderEvent;
  /** What the reconciliations of all positions came to, now and then, under one key. The newest counts. */
  readonly booksSoFar: BooksSoFar;
  /** When a clock was taken as right that something spoke against. */
  readonly clock: ClockTaken;
  /** What else operators did on their page. */
  readonly acts: Act;
  /** Who went on with a journal that the start had refused, and with what. */
  readonly acceptances: Acceptance;
}

export interface Acceptance {
  readonly atMs: number;
  readonly by: string;
  readonly note: string;
  /** What was wrong, a sentence each. */
  readonly found: readonly string[];
  /** Numbers of which nothing is there any more. */
  readonly gaps: readonly Gap[];
  /** Numbers at which a stream goes on otherwise than it was written, or with a row that is not as it was. */
  readonly accepted: readonly Gap[];
}

/** Numbers of a stream, the first and the last of them. */
export interface Gap {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

interface ReceiptRefusal {
  readonly saleId: string;
  readonly atMs: number;
  readonly detail: string;
}

/** What is noted and goes to the operator. */
interface Sent {
  readonly refunds: RefundEvent;
  readonly reconciliations: ReconciliationEvent;
  readonly unaccounted: Unaccounted;
}

/** A reader that looks for something is named after it. `receipts` attaches receipts, `remainders` frees rests, `returned-refunds` asks what became of refunds. All others are the outbox. */
export interface Readers extends Sent {
  readonly sales: SaleRecord;
  readonly receipts: SaleRecord;
  /** What a service still holds is looked for. */
  readonly remainders: SaleRecord;
  /** What a bank sent back is looked for. */
  readonly "returned-refunds": RefundEvent;
  /** What waits for a person is looked for in four streams. */
  readonly "matters-of-sales": SaleRecord;
  readonly "matters-of-refunds": RefundEvent;
  readonly "matters-of-unaccounted": Unaccounted;
  readonly "matters-of-remainders": RemainderEvent;
  /** Matters up to here are not open any more. */
  readonly matters: MatterEvent;
}

/** What goes to the operator, stream by stream. */
export type OutboxStream = "sales" | keyof Sent;
