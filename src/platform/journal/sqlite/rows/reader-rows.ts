import type Database from "better-sqlite3";
import type { Journal, Readers } from "../../../../ports/journal.ts";
import type { Archives } from "../archives/archives.ts";
import { type Row, readPending, readRows } from "../bodies/bodies.ts";
import type { Chain } from "../chain/chain.ts";
import { Marks } from "./marks.ts";

interface Source {
  readonly stream: string;
  readonly mark: string;
}

/** Where each reader reads. Names of marks are the readers', but for the first one of all. */
export const SOURCES: Readonly<Record<keyof Readers, Source>> = {
  sales: { stream: "sale", mark: "delivered" },
  receipts: { stream: "sale", mark: "receipts" },
  remainders: { stream: "sale", mark: "remainders" },
  refunds: { stream: "refunds", mark: "refunds" },
  reconciliations: { stream: "reconciliations", mark: "reconciliations" },
  unaccounted: { stream: "unaccounted", mark: "unaccounted" },
  "matters-of-sales": { stream: "sale", mark: "matters-of-sales" },
  "matters-of-refunds": { stream: "refunds", mark: "matters-of-refunds" },
  "returned-refunds": { stream: "refunds", mark: "returned-refunds" },
  "matters-of-unaccounted": { stream: "unaccounted", mark: "matters-of-unaccounted" },
  "matters-of-remainders": { stream: "remainders", mark: "matters-of-remainders" },
  matters: { stream: "matters", mark: "matters" },
};

/** Up to which record a reader needs none any more. */
export function acknowledgedSale(marks: Marks, reader: keyof Readers): number {
  const { stream, mark } = SOURCES[reader];
  return stream === "sale" ? (marks.get(mark) ?? 0) : Number.MAX_SAFE_INTEGER;
}

/** Up to where each reader has read, and what waits behind. */
export function readerRows(
  path: string,
  db: Database.Database,
  chain: Chain,
  archives: Archives,
): Pick<Journal, "pending" | "pendingCount" | "reread" | "hasBegun" | "beginNow" | "acknowledge"> {
  const marks = new Marks(db, chain.id);
  const through = (reader: keyof Readers): number => marks.get(SOURCES[reader].mark) ?? 0;
  const move = db.transaction((reader: keyof Readers, seq: number, isWanted: (now: number) => boolean) => {
    if (isWanted(through(reader))) marks.put(SOURCES[reader].mark, seq);
  });
  const begin = db.transaction((reader: keyof Readers) => {
    const { stream, mark } = SOURCES[reader];
    if (marks.get(mark) === null) marks.put(mark, chain.head(stream).seq);
  });
  return {
    pending: async (reader, limit) => {
      const { stream } = SOURCES[reader];
      const after = through(reader);
      const rows: readonly Row[] =
        stream === "sale" ? archives.salesAfter(after, limit) : chain.rows(stream, after + 1, limit);
      return readRows(path, rows, (body) => readPending(reader, body));
    },
    pendingCount: async (reader) => {
      const { stream } = SOURCES[reader];
      const afterSeq = through(reader);
      return Math.max(0, chain.head(stream).seq - afterSeq - chain.missing(stream, afterSeq));
    },
    reread: async (reader, fromSeq) => {
      const seq = Math.max(0, fromSeq - 1);
      // What comes later would wait behind what nobody can read.
      if (SOURCES[reader].stream === "sale") archives.refuseMissing(seq);
      move.immediate(reader, seq, (now) => now > seq);
    },
    hasBegun: async (reader) => marks.get(SOURCES[reader].mark) !== null,
    beginNow: async (reader) => begin.immediate(reader),
    acknowledge: async (reader, seq) => move.immediate(reader, seq, (now) => now < seq),
  };
}
