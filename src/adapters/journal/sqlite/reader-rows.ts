import type Database from "better-sqlite3";
import type { Journal, Readers } from "../../../ports/journal.ts";
import { readPending, readRows } from "./bodies.ts";
import type { Chain } from "./chain.ts";
import { Marks } from "./marks.ts";

interface Row {
  readonly seq: number;
  readonly body: string;
}

interface Source {
  readonly stream: string;
  readonly mark: string;
}

/** Where each reader reads. Names of marks are the readers', but for the first one of all. */
const SOURCES: Readonly<Record<keyof Readers, Source>> = {
  sales: { stream: "sale", mark: "delivered" },
  receipts: { stream: "sale", mark: "receipts" },
  refunds: { stream: "refunds", mark: "refunds" },
  reconciliations: { stream: "reconciliations", mark: "reconciliations" },
  unaccounted: { stream: "unaccounted", mark: "unaccounted" },
  "matters-of-sales": { stream: "sale", mark: "matters-of-sales" },
  "matters-of-refunds": { stream: "refunds", mark: "matters-of-refunds" },
  "matters-of-unaccounted": { stream: "unaccounted", mark: "matters-of-unaccounted" },
  matters: { stream: "matters", mark: "matters" },
};

/** Up to where each reader has read, and what waits behind. */
export function readerRows(
  path: string,
  db: Database.Database,
  chain: Chain,
): Pick<Journal, "pending" | "pendingCount" | "reread" | "acknowledge"> {
  const marks = new Marks(db, chain.id);
  const through = (reader: keyof Readers): number => marks.get(SOURCES[reader].mark) ?? 0;
  const move = db.transaction((reader: keyof Readers, seq: number, isWanted: (now: number) => boolean) => {
    if (isWanted(through(reader))) marks.put(SOURCES[reader].mark, seq);
  });
  return {
    pending: async (reader, limit) => {
      const rows: readonly Row[] = chain.rows(SOURCES[reader].stream, through(reader) + 1, limit);
      return readRows(path, rows, (body) => readPending(reader, body));
    },
    pendingCount: async (reader) => Math.max(0, chain.head(SOURCES[reader].stream).seq - through(reader)),
    reread: async (reader, fromSeq) => {
      const seq = Math.max(0, fromSeq - 1);
      move.immediate(reader, seq, (now) => now > seq);
    },
    acknowledge: async (reader, seq) => move.immediate(reader, seq, (now) => now < seq),
  };
}
