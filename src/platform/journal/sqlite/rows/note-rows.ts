import type Database from "better-sqlite3";
import type { Journal, NoteKey, Notes } from "../../../../ports/journal.ts";
import { type Row, readNote, readRow, readRows } from "../bodies/bodies.ts";
import type { Chain } from "../chain/chain.ts";
import { batchOf } from "./batch.ts";

/** Of orders the newest of each of these counts, and they may be a million: `note_order` finds it. */
const ORDER_TYPES = ["blocked", "unblocked", "priced"];
/** So many of a key are given at the most; one where only that counts. */
const NEWEST_OF_KEY = 200;
const ONLY_NEWEST: readonly (keyof Notes)[] = ["booksSoFar", "clock"];

type NoteRows = Pick<Journal, "notes" | "notesAfter"> & {
  /** To be called inside of a transaction. */
  add<S extends keyof Notes>(
    stream: S,
    key: NoteKey,
    decide: (notes: readonly Notes[S][]) => Notes[S] | null,
  ): Notes[S] | null;
};

/** What else is on record, in streams. */
export function noteRows(path: string, db: Database.Database, chain: Chain): NoteRows {
  const ofKey = db.prepare<[string, string, number], Row>(
    `SELECT seq, body FROM note INDEXED BY note_key WHERE stream = ? AND key = ? ORDER BY seq DESC LIMIT ?`,
  );
  const newestOrder = db.prepare<[string, string], Row>(
    `SELECT seq, body FROM note INDEXED BY note_order WHERE stream = 'orders' AND key = ? AND body ->> 'type' = ?
     ORDER BY seq DESC LIMIT 1`,
  );
  const after = db.prepare<[string, number, number], Row>(
    "SELECT seq, body FROM note WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const insert = db.prepare("INSERT INTO note VALUES (?, ?, ?, ?, ?)");

  function rowsOf(stream: keyof Notes, key: string): Row[] {
    if (stream !== "orders")
      return batchOf(ofKey.iterate(stream, key, ONLY_NEWEST.includes(stream) ? 1 : NEWEST_OF_KEY));
    return ORDER_TYPES.map((type) => newestOrder.get(key, type)).filter((row) => row !== undefined);
  }

  function notes<S extends keyof Notes>(stream: S, key: NoteKey | readonly string[]): Notes[S][] {
    const rows = [key].flat().flatMap((each) => rowsOf(stream, each));
    const inOrder = rows.toSorted((a, b) => a.seq - b.seq);
    return inOrder.map((row) => readRow(path, row, (body) => readNote(stream, body)));
  }

  return {
    add: (stream, key, decide) => {
      const note = decide(notes(stream, key));
      if (note === null) return null;
      const [own] = typeof key === "string" ? [key] : key;
      const body = JSON.stringify(note);
      readNote(stream, body);
      const { seq, hash } = chain.next(stream, [own, body]);
      insert.run(stream, seq, own, body, hash);
      return note;
    },
    notes: async (stream, key) => notes(stream, key),
    notesAfter: async (stream, seq, limit) =>
      readRows(path, batchOf(after.iterate(stream, seq, limit)), (body) => readNote(stream, body)),
  };
}
