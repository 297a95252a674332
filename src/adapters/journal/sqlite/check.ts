import type Database from "better-sqlite3";
import type { Notes } from "../../../ports/journal.ts";
import { readEvent, readNote, readRecord } from "./bodies.ts";
import { type Anchor, beginning, Chain, type ChainedRow, type Head, link, STREAMS } from "./chain.ts";
import { Broken } from "./errors.ts";
import { Marks } from "./marks.ts";
import { Owners } from "./owners.ts";
import { Positions } from "./positions.ts";

/** Rows between two breaths. */
const STEP_ROWS = 100;

/** A row that does not follow from the one before it, or cannot be read. */
export class BrokenRow extends Broken {
  readonly stream: string;
  readonly seq: number;

  constructor(stream: string, seq: number, found: string) {
    super(`${nameOf(stream)} number ${seq} ${found}`);
    this.stream = stream;
    this.seq = seq;
  }
}

/**
 * Follows the links of a journal's rows and reads each row, a few at a time: whoever drives it may do something else in
 * between. Ends when all is whole.
 * @param newest how many rows of each stream, from the last one back
 * @throws Broken with the place where it breaks
 */
export function* checkRows(db: Database.Database, newest = Number.MAX_SAFE_INTEGER): Generator<void> {
  const chain = new Chain(db);
  const marks = new Marks(db, chain.id);
  const owners = new Owners(db, chain.id);
  const positions = new Positions(db, marks);
  const indexed = db.prepare<[string, string, number], { seq: number }>(
    "SELECT seq FROM note INDEXED BY note_key WHERE stream = ? AND key = ? AND seq = ?",
  );
  marks.check(["delivered"]);
  for (const stream of STREAMS) {
    const head = chain.head(stream);
    yield* checkStream(chain, stream, head.seq - newest, ({ seq, columns, body }) => {
      if (stream === "sale") readRecord(body);
      else if (stream === "event") {
        const event = readEvent(body);
        owners.checkKnown(event);
        positions.checkKnown(String(columns[0]), event, seq);
      } else {
        readNote(stream as keyof Notes, body);
        if (indexed.get(stream, String(columns[0]), seq) === undefined) throw new Broken("is not in its index");
      }
    });
  }
  let after: ReturnType<Owners["check"]> = { kind: "offer", name: "" };
  for (let seen = 0; after !== null && seen < newest; seen += STEP_ROWS) {
    after = owners.check(after, STEP_ROWS);
    yield;
  }
}

/** Follows the links of a stream to its end, from behind a number on. */
export function* checkStream(
  chain: Chain,
  stream: string,
  afterSeq: number,
  read: (row: ChainedRow) => void,
): Generator<void> {
  let head = startOf(chain, stream, afterSeq);
  for (let isMore = true; isMore; ) {
    const rows = chain.rows(stream, head.seq + 1, STEP_ROWS);
    // Rows may go to an archive meanwhile. The anchor in their place is read after them, so one of both is seen.
    head = follow(stream, { from: head, rows, anchors: chain.anchors(stream) }, read).at(-1) ?? head;
    isMore = rows.length === STEP_ROWS;
    yield;
  }
  past(stream, head, chain.anchors(stream), Number.MAX_SAFE_INTEGER);
}

interface Stretch {
  /** The link that the first row follows. */
  readonly from: Head;
  readonly rows: readonly ChainedRow[];
  /** All of the stream. */
  readonly anchors: readonly Anchor[];
}

/**
 * Follows the links of rows.
 * @returns every link on the way
 * @throws BrokenRow
 */
export function follow(stream: string, { from, rows, anchors }: Stretch, read: (row: ChainedRow) => void): Head[] {
  const sealedSeq = Math.max(0, ...anchors.filter(({ why }) => why !== "accepted").map(({ seq }) => seq));
  const heads: Head[] = [];
  for (const row of rows) {
    const before = past(stream, heads.at(-1) ?? from, anchors, row.seq);
    heads.push(before, step(stream, before, row, { anchors, sealedSeq, read }));
  }
  return heads;
}

interface Around {
  readonly anchors: readonly Anchor[];
  /** Rows up to here may have no hash of their own. */
  readonly sealedSeq: number;
  read(row: ChainedRow): void;
}

function step(stream: string, before: Head, row: ChainedRow, { anchors, sealedSeq, read }: Around): Head {
  const { seq } = row;
  const accepted = anchors.find((anchor) => anchor.seq === seq && anchor.why === "accepted");
  if (accepted !== undefined) return accepted;
  if (seq !== before.seq + 1)
    throw new BrokenRow(stream, seq, `follows number ${before.seq}: what was between is gone`);
  const hash = link(before.hash, stream, seq, row.columns);
  if (row.hash === null ? seq > sealedSeq : !row.hash.equals(hash)) {
    throw new BrokenRow(stream, seq, "is not as it was written, or the one before it is not");
  }
  try {
    read(row);
  } catch (error) {
    throw new BrokenRow(stream, seq, error instanceof Error ? error.message : String(error));
  }
  return { seq, hash };
}

/** Goes on over anchors that stand before a number. */
export function past(stream: string, head: Head, anchors: readonly Anchor[], beforeSeq: number): Head {
  let reached = head;
  for (const anchor of anchors) {
    const { seq, hash, why } = anchor;
    if (seq < reached.seq || seq >= beforeSeq || (seq === reached.seq && why === "accepted")) continue;
    if (seq === reached.seq && !hash.equals(reached.hash)) {
      throw new BrokenRow(stream, seq, "or one before it is not as it was written");
    }
    if (seq > reached.seq && (why === "older" || why === "end"))
      throw new BrokenRow(stream, reached.seq + 1, "is gone");
    reached = anchor;
  }
  return reached;
}

function startOf(chain: Chain, stream: string, afterSeq: number): Head {
  if (afterSeq <= 0) return beginning(chain.id, stream);
  const hash = chain.at(stream, afterSeq);
  if (hash !== null) return { seq: afterSeq, hash };
  // Among rows without hashes of their own none can be checked but all of them.
  return chain.anchors(stream).find(({ seq }) => seq > afterSeq) ?? beginning(chain.id, stream);
}

/** What people call a stream. */
function nameOf(stream: string): string {
  return stream === "event" ? "event" : stream === "sale" ? "record" : `note (${stream})`;
}
