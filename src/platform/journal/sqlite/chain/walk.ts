import { type Anchor, beginning, type Chain, type ChainedRow, type Head, link } from "./chain.ts";

/** Rows that are read at once. */
const BATCH_ROWS = 100;

/** What is wrong with the link of a row, or with the place where it should be. */
export type Problem =
  /** Nothing tells why these numbers are not there. */
  { readonly kind: "gone"; readonly from: number; readonly to: number } | { readonly kind: "changed" };

/** One step along a stream. */
export interface Seen {
  readonly stream: string;
  /** Of the row, or of the anchor where there is no row. */
  readonly seq: number;
  readonly row: ChainedRow | null;
  readonly anchor: Anchor | null;
  /** Numbers before it that an anchor tells of. */
  readonly isAfterGap: boolean;
  readonly problem: Problem | null;
  /** Why the row cannot be read; null when it can. */
  readonly unreadable: string | null;
  /** The hash that the row must have as it is. */
  readonly ownHash: Buffer;
  /** From where the stream goes on. */
  readonly head: Head;
}

/**
 * Follows the links of a stream from its beginning, or from one of them, and goes on behind whatever is wrong. Rows may
 * be changed or taken out behind it, or go to an archive. Reads in batches, however long the stream is.
 * @param read throws an Error for a body that cannot be read
 */
export function* walk(chain: Chain, stream: string, read: (row: ChainedRow) => void, from?: Head): Generator<Seen> {
  let head = from ?? beginning(chain.id, stream);
  for (let isMore = true; isMore; ) {
    const rows = chain.rows(stream, head.seq + 1, BATCH_ROWS);
    isMore = rows.length > 0;
    // After the rows: where some of them have left meanwhile, an anchor tells of it.
    const throughSeq = isMore ? (rows.at(-1)?.seq ?? head.seq) : Number.MAX_SAFE_INTEGER;
    for (const seen of follow(chain, stream, { from: head, rows, throughSeq }, read)) {
      head = seen.head;
      yield seen;
    }
  }
}

/** Rows that come next in a stream. */
export interface Stretch {
  /** The link that the first row follows. */
  readonly from: Head;
  readonly rows: readonly ChainedRow[];
  /** Anchors up to here are gone over, also behind the last row. */
  readonly throughSeq: number;
}

/** Follows the links of rows, and goes on behind whatever is wrong. */
export function* follow(
  chain: Chain,
  stream: string,
  { from, rows, throughSeq }: Stretch,
  read: (row: ChainedRow) => void,
): Generator<Seen> {
  const anchors = chain.anchors(stream, from.seq, throughSeq);
  const sealedSeq = chain.sealedThrough(stream);
  let head = from;
  let next = 0;
  function* goOver(beforeSeq: number): Generator<Seen> {
    for (let anchor = anchors[next]; anchor !== undefined && anchor.seq < beforeSeq; anchor = anchors[++next]) {
      const seen = withoutRow(chain, stream, head, anchor);
      head = seen.head;
      yield seen;
    }
  }
  for (const row of rows) {
    yield* goOver(row.seq);
    const anchor = anchors[next]?.seq === row.seq ? (anchors[next++] ?? null) : null;
    const seen = withRow({ stream, head, row, anchor, sealedSeq, read });
    head = seen.head;
    yield seen;
  }
  yield* goOver(Number.POSITIVE_INFINITY);
}

function withoutRow(chain: Chain, stream: string, before: Head, anchor: Anchor): Seen {
  const { seq, hash } = anchor;
  const gone = { kind: "gone", from: before.seq + 1, to: seq } as const;
  const isTold = anchor.why === "accepted" || (anchor.why === "archived" && isEnd(chain, stream, before));
  const problem = isTold ? null : gone;
  return { stream, seq, row: null, anchor, isAfterGap: true, problem, unreadable: null, ownHash: hash, head: anchor };
}

/** What is archived has an anchor at both of its ends. The row before it may be archived since it was read. */
function isEnd(chain: Chain, stream: string, { seq }: Head): boolean {
  if (seq === 0 || chain.rows(stream, seq, 1)[0]?.seq !== seq) return true;
  return chain.anchors(stream, seq - 1, seq).length > 0;
}

interface Place {
  readonly stream: string;
  readonly head: Head;
  readonly row: ChainedRow;
  readonly anchor: Anchor | null;
  readonly sealedSeq: number;
  read(row: ChainedRow): void;
}

function withRow({ stream, head: before, row, anchor, sealedSeq, read }: Place): Seen {
  const { seq } = row;
  const ownHash = link(before.hash, stream, seq, row.columns);
  const isTold = anchor?.why === "accepted";
  const isNext = seq === before.seq + 1;
  const isAnchored = anchor === null || anchor.hash.equals(ownHash);
  // A row that was accepted has a hash of its own, and the stream goes on from another one.
  const isAccepted = isTold || anchor?.why === "older";
  const isAsWritten =
    row.hash === null ? seq <= sealedSeq && isAnchored : row.hash.equals(ownHash) && (isAccepted || isAnchored);
  const head = anchor ?? { seq, hash: row.hash ?? ownHash };
  const isGone = !isNext && !isTold;
  const gone = { kind: "gone", from: before.seq + 1, to: seq - 1 } as const;
  const problem = isGone ? gone : isAsWritten ? null : ({ kind: "changed" } as const);
  const why = whyUnreadable(row, read);
  return { stream, seq, row, anchor, isAfterGap: isTold, problem, unreadable: why, ownHash, head };
}

function whyUnreadable(row: ChainedRow, read: (row: ChainedRow) => void): string | null {
  try {
    read(row);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
