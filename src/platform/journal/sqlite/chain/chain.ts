import { createHash, randomUUID } from "node:crypto";
import type Database from "better-sqlite3";
import type { Notes } from "../../../../ports/journal.ts";
import { batchOf } from "../rows/batch.ts";

/**
 * Each row of a journal carries a SHA-256 over its contents and the hash of the row before it in its stream. A row that
 * was changed, left out, put in or moved is noticed by whoever follows the links; the last link stands outside of the
 * file too (`outside-mark.ts`). Rows that change in place (marks), have no order (owners) or speak for others (anchors) carry a
 * proof of their own.
 *
 * The hashes are no secret: somebody who edits a journal and its mark and reckons all hashes anew is not noticed.
 */
export interface Head {
  readonly seq: number;
  readonly hash: Buffer;
}

/** No stream comes so far: a thousand rows a second need thirty thousand years. A larger number is an edit or damage. */
export const MOST_SEQ = 2 ** 50;
/** Nothing is accepted that leaves less room behind it. */
export const MOST_ACCEPTED_SEQ = MOST_SEQ / 4;

/** What of a row its hash covers, in the order of the columns. */
export type Column = string | number;

/** A row in its stream, numbered on its own: `event`, `sale`, or what `note` calls it. */
export interface ChainedRow {
  readonly seq: number;
  /** Null in what was written before there was a chain. */
  readonly hash: Buffer | null;
  readonly columns: readonly Column[];
  readonly body: string;
}

/**
 * Where a stream goes on from another hash than that of the row before: its hash is that of the stream at `seq`.
 * `older`: of the rows up to here none has a hash of its own. `archived`: they are in another file. `end` stands behind
 * rows that are there: before a gap, or at the end of an archive. `accepted`: somebody went on without the rows before
 * it, or with a row at `seq` that is not as it was written; such a row has the hash that it must have as it is now, and
 * is not to change again.
 */
export interface Anchor extends Head {
  readonly why: "older" | "archived" | "accepted" | "end";
}

/** Where an anchor stands. */
export interface AnchorAt {
  readonly stream: string;
  readonly seq: number;
}

interface AnchorRow extends Anchor {
  readonly stream: string;
  readonly proof: Buffer;
}

/** The hash of a row: over the one before it, its stream, its number and its columns. */
export function link(before: Buffer, stream: string, seq: number, columns: readonly Column[]): Buffer {
  const row = JSON.stringify([stream, seq, ...columns]);
  return createHash("sha256").update(before).update(row).digest();
}

/** What a stream's first row follows: its journal's own id, so that no row of another journal fits. */
export function beginning(id: string, stream: string): Head {
  return {
    seq: 0,
    hash: createHash("sha256")
      .update(JSON.stringify(["kioskd", id, stream]))
      .digest(),
  };
}

/** Tells whether a row that stands in no chain is as it was written. */
export function proof(id: string, columns: readonly Column[]): Buffer {
  const row = JSON.stringify([id, ...columns]);
  return createHash("sha256").update(row).digest().subarray(0, 8);
}

export function newJournalId(): string {
  return randomUUID();
}

/** Empty before a journal has one. */
export function journalId(db: Database.Database): string {
  return db.prepare<[], { id: string }>("SELECT id FROM journal").get()?.id ?? "";
}

const ROWS_AT_ONCE = 1_000;

/** Every stream that there is. */
export const STREAMS: readonly string[] = [
  ...["event", "sale"],
  ...Object.keys({
    ...{ refunds: 0, reconciliations: 0, unaccounted: 0, matters: 0, orders: 0, receiptRefusals: 0, remainders: 0 },
    ...{ booksSoFar: 0, clock: 0, acts: 0, acceptances: 0 },
  } satisfies Record<keyof Notes, 0>),
];

/** What people call a stream. */
export function nameOf(stream: string): string {
  return stream === "event" ? "event" : stream === "sale" ? "record" : `note (${stream})`;
}

/** Reads and links the rows of all streams of a journal. */
export class Chain {
  readonly id: string;
  readonly #db: Database.Database;
  readonly #statements = new Map<string, Statements>();
  readonly #lastAnchor: Database.Statement<[string], Head>;
  readonly #anchorBefore: Database.Statement<[string, number], Head>;
  readonly #anchors: Database.Statement<[string, number, number], Anchor>;
  readonly #sealed: Database.Statement<[string], Pick<Head, "seq">>;

  constructor(db: Database.Database) {
    this.id = journalId(db);
    this.#db = db;
    this.#lastAnchor = db.prepare("SELECT seq, hash FROM anchor WHERE stream = ? ORDER BY seq DESC LIMIT 1");
    this.#anchorBefore = db.prepare(
      "SELECT seq, hash FROM anchor WHERE stream = ? AND seq < ? ORDER BY seq DESC LIMIT 1",
    );
    this.#anchors = db.prepare(
      "SELECT seq, hash, why FROM anchor WHERE stream = ? AND seq > ? AND seq <= ? ORDER BY seq",
    );
    this.#sealed = db.prepare(
      "SELECT seq FROM anchor WHERE stream = ? AND why <> 'accepted' ORDER BY seq DESC LIMIT 1",
    );
  }

  /** The last link: of the last row, or of an anchor when that is newer. */
  head(stream: string): Head {
    const row = this.#of(stream).last.get();
    const anchor = this.#lastAnchor.get(stream) ?? beginning(this.id, stream);
    if (row === undefined || row.hash === null || anchor.seq >= row.seq) return anchor;
    return { seq: row.seq, hash: row.hash };
  }

  /**
   * What a row that is there follows. Rows without hashes of their own are followed from their beginning, for which all
   * before it are read.
   */
  before(stream: string, seq: number): Head {
    const row = this.#of(stream).before.get(seq);
    const anchor = this.#anchorBefore.get(stream, seq);
    if (row === undefined || (anchor !== undefined && anchor.seq >= row.seq)) {
      return anchor ?? beginning(this.id, stream);
    }
    const hash = this.at(stream, row.seq);
    if (hash !== null) return { seq: row.seq, hash };
    let head = anchor ?? beginning(this.id, stream);
    while (head.seq < row.seq) {
      const rows = this.rows(stream, head.seq + 1, ROWS_AT_ONCE).filter((each) => each.seq <= row.seq);
      for (const each of rows) head = { seq: each.seq, hash: link(head.hash, stream, each.seq, each.columns) };
      if (rows.length === 0) break;
    }
    return head;
  }

  /** The link of a row that is about to be added. */
  next(stream: string, columns: readonly Column[]): Head {
    const { seq, hash } = this.head(stream);
    return { seq: seq + 1, hash: link(hash, stream, seq + 1, columns) };
  }

  /** The hash that a stream had at a number; null when no row and no anchor tells. */
  at(stream: string, seq: number): Buffer | null {
    if (seq === 0) return beginning(this.id, stream).hash;
    const anchor = this.anchors(stream).find((each) => each.seq === seq);
    return anchor?.hash ?? this.rows(stream, seq, 1).find((row) => row.seq === seq)?.hash ?? null;
  }

  /** Rows from a number on, in order, at most `limit`, and fewer when they are large. */
  rows(stream: string, fromSeq: number, limit: number): ChainedRow[] {
    const found = this.#of(stream).from.iterate(fromSeq, limit);
    return batchOf(chained(found));
  }

  /** In order; those behind one number and up to another, or all. */
  anchors(stream: string, afterSeq = -1, throughSeq = Number.MAX_SAFE_INTEGER): Anchor[] {
    return this.#anchors.all(stream, afterSeq, throughSeq);
  }

  /** Up to here rows may have no hash of their own: an anchor has it for them. */
  sealedThrough(stream: string): number {
    return this.#sealed.get(stream)?.seq ?? 0;
  }

  /** The last link of what is in other files; the beginning when nothing is. */
  archived(stream: string): Head {
    const last = this.anchors(stream).findLast(({ why }) => why === "archived");
    return last ?? beginning(this.id, stream);
  }

  /** How many numbers above this one have no row: anchors tell of each of them. */
  missing(stream: string, afterSeq: number): number {
    let count = 0;
    let reached = afterSeq;
    for (const { seq } of this.anchors(stream, afterSeq)) {
      const [row] = this.rows(stream, seq, 1);
      const lastSeq = row?.seq === seq ? seq - 1 : seq;
      reached = Math.max(reached, this.#of(stream).before.get(seq)?.seq ?? 0);
      count += Math.max(0, lastSeq - reached);
      reached = seq;
    }
    return count;
  }

  putAnchor(stream: string, { seq, hash }: Head, why: Anchor["why"]): void {
    this.#db
      .prepare("INSERT OR REPLACE INTO anchor VALUES (?, ?, ?, ?, ?)")
      .run(stream, seq, hash, why, this.#anchorProof(stream, { seq, hash, why }));
  }

  removeAnchor({ stream, seq }: AnchorAt): void {
    this.#db.prepare("DELETE FROM anchor WHERE stream = ? AND seq = ?").run(stream, seq);
  }

  /** Anchors that are not as they were written. */
  changedAnchors(): (Anchor & AnchorAt)[] {
    const all = this.#db.prepare<[], AnchorRow>("SELECT stream, seq, hash, why, proof FROM anchor").all();
    return all.filter((anchor) => !this.#anchorProof(anchor.stream, anchor).equals(anchor.proof));
  }

  /** Where somebody went on with what is there; of one stream in order. */
  acceptedAnchors(): AnchorAt[] {
    const all = "SELECT stream, seq FROM anchor WHERE why = 'accepted' ORDER BY stream, seq";
    return this.#db.prepare<[], AnchorAt>(all).all();
  }

  #anchorProof(stream: string, { seq, hash, why }: Anchor): Buffer {
    return proof(this.id, ["anchor", stream, seq, hash.toString("hex"), why]);
  }

  /** Gives a row the hash that it must have as it is. */
  rehash(stream: string, seq: number, hash: Buffer): void {
    const { table, where } = shapeOf(stream);
    this.#db.prepare(`UPDATE ${table} SET hash = ? WHERE ${where} AND seq = ?`).run(hash, seq);
  }

  /** Takes a row that nobody can read out of its stream, and keeps what it holds. */
  putAside(stream: string, seq: number): void {
    const { table, columns, where } = shapeOf(stream);
    this.#db
      .prepare(`INSERT INTO aside SELECT ?, seq, json_array(${columns}), hash FROM ${table} WHERE ${where} AND seq = ?`)
      .run(stream, seq);
    this.#db.prepare(`DELETE FROM ${table} WHERE ${where} AND seq = ?`).run(seq);
  }

  /**
   * Takes rows out of a stream that have a number which none can have come to, and keeps what they hold.
   * @returns how many
   */
  putAsideUncounted(stream: string): number {
    const { table, columns, where } = shapeOf(stream);
    const before = `SELECT 1 FROM ${table} AS other WHERE ${where} AND other.seq = ${table}.seq - 1`;
    const anchor = `SELECT 1 FROM anchor WHERE anchor.stream = '${stream}' AND anchor.seq = ${table}.seq - 1`;
    const isUncounted = `${where} AND (seq < 1 OR seq > ${MOST_SEQ}
      OR (seq > ${MOST_ACCEPTED_SEQ} AND NOT EXISTS (${before}) AND NOT EXISTS (${anchor})))`;
    const keep = this.#db.prepare(
      `INSERT INTO aside SELECT '${stream}', seq, json_array(${columns}), hash FROM ${table} WHERE ${isUncounted}`,
    );
    const remove = this.#db.prepare(`DELETE FROM ${table} WHERE ${isUncounted}`);
    let count = 0;
    // What stands behind one of them is one of them.
    for (let isMore = true; isMore; ) {
      keep.run();
      const { changes } = remove.run();
      count += changes;
      isMore = changes > 0;
    }
    return count;
  }

  #of(stream: string): Statements {
    const known = this.#statements.get(stream);
    if (known !== undefined) return known;
    const { table, columns, where } = shapeOf(stream);
    const made = {
      last: this.#db.prepare<[], Last>(`SELECT seq, hash FROM ${table} WHERE ${where} ORDER BY seq DESC LIMIT 1`),
      before: this.#db.prepare<[number], Pick<Head, "seq">>(
        `SELECT seq FROM ${table} WHERE ${where} AND seq < ? ORDER BY seq DESC LIMIT 1`,
      ),
      from: this.#db
        .prepare<[number, number], RawRow>(
          `SELECT seq, hash, ${columns} FROM ${table} WHERE ${where} AND seq >= ? ORDER BY seq LIMIT ?`,
        )
        .raw(),
    };
    this.#statements.set(stream, made);
    return made;
  }
}

function* chained(rows: Iterable<RawRow>): Generator<ChainedRow> {
  for (const [seq, hash, ...columns] of rows) yield { seq, hash, columns, body: String(columns.at(-1)) };
}

interface Statements {
  readonly last: Database.Statement<[], Last>;
  readonly before: Database.Statement<[number], Pick<Head, "seq">>;
  readonly from: Database.Statement<[number, number], RawRow>;
}

interface Last {
  readonly seq: number;
  readonly hash: Buffer | null;
}

type RawRow = [seq: number, hash: Buffer | null, ...columns: Column[]];

/** The columns of a row that its hash covers beside stream and number; the last of them is its body. */
function shapeOf(stream: string): { readonly table: string; readonly columns: string; readonly where: string } {
  if (stream === "event") return { table: "event", columns: "position, sale, body", where: "true" };
  if (stream === "sale") return { table: "sale", columns: "first_event, last_event, body", where: "true" };
  if (!STREAMS.includes(stream)) throw new Error(`there is no stream ${stream}`);
  return { table: "note", columns: "key, body", where: `stream = '${stream}'` };
}
