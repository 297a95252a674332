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

function* checkStream(
  chain: Chain,
  stream: string,
  afterSeq: number,
  read: (row: ChainedRow) => void,
): Generator<void> {
  const anchors = chain.anchors(stream);
  const sealedSeq = Math.max(0, ...anchors.filter(({ why }) => why === "older").map(({ seq }) => seq));
  let head = startOf(chain, stream, afterSeq, anchors);
  for (let isMore = true; isMore; ) {
    const rows = chain.rows(stream, head.seq + 1, STEP_ROWS);
    for (const row of rows) {
      head = step(stream, past(stream, head, anchors, row.seq), row, { anchors, sealedSeq, read });
    }
    isMore = rows.length === STEP_ROWS;
    yield;
  }
  past(stream, head, anchors, Number.MAX_SAFE_INTEGER);
}

interface Around {
  readonly anchors: readonly Anchor[];
  /** Rows up to here have no hash of their own. */
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
function past(stream: string, head: Head, anchors: readonly Anchor[], beforeSeq: number): Head {
  let reached = head;
  for (const anchor of anchors) {
    const { seq, hash, why } = anchor;
    if (seq < reached.seq || seq >= beforeSeq || (seq === reached.seq && why === "accepted")) continue;
    if (seq === reached.seq && !hash.equals(reached.hash)) {
      throw new BrokenRow(stream, seq, "or one before it is not as it was written");
    }
    if (seq > reached.seq && why === "older") throw new BrokenRow(stream, reached.seq + 1, "is gone");
    reached = anchor;
  }
  return reached;
}

function startOf(chain: Chain, stream: string, afterSeq: number, anchors: readonly Anchor[]): Head {
  if (afterSeq <= 0) return beginning(chain.id, stream);
  const hash = chain.at(stream, afterSeq);
  // Among rows without hashes of their own none can be checked but all of them.
  return hash === null ? (anchors.at(-1) ?? beginning(chain.id, stream)) : { seq: afterSeq, hash };
}

/** What people call a stream. */
function nameOf(stream: string): string {
  return stream === "event" ? "event" : stream === "sale" ? "record" : `note (${stream})`;
}
