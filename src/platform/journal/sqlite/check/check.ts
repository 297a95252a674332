import type Database from "better-sqlite3";
import type { Notes } from "../../../../ports/journal.ts";
import { readEvent, readNote, readRecord } from "../bodies/bodies.ts";
import { acceptedIn, checkAnchors } from "../chain/anchors.ts";
import { beginning, Chain, type ChainedRow, type Head, nameOf, STREAMS } from "../chain/chain.ts";
import { follow, type Problem, type Seen, walk } from "../chain/walk.ts";
import { Broken } from "../errors.ts";
import { Marks } from "../rows/marks.ts";
import { Owners } from "../rows/owners.ts";
import { Positions } from "../rows/positions.ts";

/** Rows between two breaths. */
const STEP_ROWS = 100;

/** A row that does not follow from the one before it, or cannot be read. */
class BrokenRow extends Broken {
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
  checkAnchors(chain, acceptedIn(db));
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
  let rows = 0;
  for (const seen of walk(chain, stream, read, startOf(chain, stream, afterSeq))) {
    refuseBroken(seen);
    rows++;
    if (rows % STEP_ROWS === 0) yield;
  }
  yield;
}

/**
 * Follows the links of single rows only, each from the row before it.
 * @throws Broken when one is not as it was written
 */
export function refuseChanged(chain: Chain, stream: string, rows: readonly { readonly seq: number }[]): void {
  const unsealed: number[] = [];
  for (const { seq } of rows) {
    const [row] = chain.rows(stream, seq, 1);
    if (row?.hash === null) unsealed.push(seq);
    else if (row?.seq === seq) {
      const own = { from: chain.before(stream, seq), rows: [row], throughSeq: seq };
      for (const seen of follow(chain, stream, own, () => {})) refuseBroken(seen);
    }
  }
  const [first] = unsealed;
  if (first === undefined) return;
  // Rows without hashes of their own have one together: that of the anchor behind them.
  for (const seen of walk(chain, stream, () => {}, chain.before(stream, first))) {
    if (unsealed.includes(seen.seq) || seen.anchor !== null) refuseBroken(seen);
    if (seen.anchor !== null && seen.seq >= (unsealed.at(-1) ?? 0)) return;
  }
  throw new BrokenRow(stream, first, "has no hash");
}

/** @throws BrokenRow when something is wrong there */
export function refuseBroken({ stream, seq, problem, unreadable }: Seen): void {
  if (problem !== null) throw new BrokenRow(stream, seq, problemText(problem));
  if (unreadable !== null) throw new BrokenRow(stream, seq, unreadable);
}

export function problemText(problem: Problem): string {
  if (problem.kind === "gone") return `follows number ${problem.from - 1}: what was between is gone`;
  return "is not as it was written, or the one before it is not";
}

function startOf(chain: Chain, stream: string, afterSeq: number): Head {
  if (afterSeq <= 0) return beginning(chain.id, stream);
  const hash = chain.at(stream, afterSeq);
  if (hash !== null) return { seq: afterSeq, hash };
  // Among rows without hashes of their own none can be checked but all of them.
  return chain.anchors(stream, afterSeq)[0] ?? beginning(chain.id, stream);
}
