import { setImmediate as breath } from "node:timers/promises";
import type { Journal } from "../../../ports/journal.ts";
import { Archiver } from "./archives/archiver.ts";
import { Archives } from "./archives/archives.ts";
import { Chain } from "./chain/chain.ts";
import { explained } from "./errors.ts";
import { Keeper } from "./keeper.ts";
import {
  type AtStart,
  type JournalPlace,
  type OpenJournal,
  openBeside,
  openForReading,
  openForWriting,
} from "./open.ts";
import { noteRows } from "./rows/note-rows.ts";
import { readerRows } from "./rows/reader-rows.ts";
import { saleRows } from "./rows/sale-rows.ts";

/** A journal that looks at what was not looked at when it was opened, a step at a time. */
export interface CheckedJournal extends Journal {
  /** Looks at a few more rows; false when there is nothing left to look at. `tidy` may begin anew. */
  checkOn(nowMs: number): boolean;
}

/**
 * The journal in one SQLite file, in WAL mode with a sync at every commit.
 * @throws JournalError when the file cannot be used; nothing is changed then.
 */
export function openJournal(place: JournalPlace, atStart?: AtStart): CheckedJournal {
  return journalOn(openForWriting(place, atStart));
}

/**
 * The same beside a running daemon, for a command that notes something; sales are the daemon's alone.
 * @throws JournalError as `openJournal`, and when there is no file.
 */
export function openJournalBeside(place: JournalPlace): Omit<Journal, "append"> {
  return journalOn(openBeside(place));
}

/**
 * What the journal knows of positions, for whoever only looks.
 * @throws JournalError as `openJournalBeside`.
 */
export function openJournalForReading(
  path: string,
): Pick<Journal, "positions" | "lastSale" | "notes" | "notesAfter" | "close"> {
  const db = openForReading(path);
  const chain = new Chain(db);
  const archives = new Archives(db.name, db, chain.id);
  const { positions, lastSale } = saleRows(path, db, chain, archives);
  const { notes, notesAfter } = noteRows(path, db, chain);
  return advised(path, {
    ...{ positions, lastSale, notes, notesAfter },
    close: async () => {
      db.close();
    },
  });
}

function journalOn(opened: OpenJournal): CheckedJournal {
  const { path, db } = opened;
  const chain = new Chain(db);
  const keeper = new Keeper(opened, chain);
  const archives = new Archives(path, db, chain.id);
  const { add: addSale, ...sales } = saleRows(path, db, chain, archives);
  const { add: addNote, ...notes } = noteRows(path, db, chain);
  const readers = readerRows(path, db, chain, archives);
  const journal = advised<Journal>(path, {
    ...sales,
    ...notes,
    ...readers,
    append: async (position, event, record) => {
      if (event.type === "selected") keeper.refuse("begin");
      keeper.write(() => addSale(position, event, record));
    },
    note: async (stream, key, decide) => keeper.write(() => addNote(stream, key, decide)),
    reread: async (reader, fromSeq) => {
      keeper.refuse("go-on");
      await readers.reread(reader, fromSeq);
    },
    acknowledge: async (reader, seq) => {
      keeper.refuse("go-on");
      await readers.acknowledge(reader, seq);
    },
    look: async () => keeper.look(),
    check: async () => keeper.check(),
    tidy: async (tidying) => {
      keeper.lookAgain(tidying.nowMs);
      try {
        const archiver = new Archiver({ path, db, chain, write: (work) => keeper.write(work) }, tidying);
        for (const _ of archiver.run()) {
          await breath();
          if (!db.open) return;
        }
      } finally {
        if (db.open) keeper.foldLog();
      }
    },
    close: async () => keeper.close(),
  });
  return { ...journal, checkOn: (nowMs) => keeper.checkOn(nowMs) };
}

/** Whatever fails in it says what to do. */
function advised<T extends { readonly [name in keyof T]: (...args: never[]) => Promise<unknown> }>(
  path: string,
  parts: T,
): T {
  const entries = Object.entries<(...args: never[]) => Promise<unknown>>(parts).map(([name, work]) => {
    const withAdvice = async (...args: never[]): Promise<unknown> => {
      try {
        return await work(...args);
      } catch (error) {
        throw explained(path, error);
      }
    };
    return [name, withAdvice];
  });
  return Object.fromEntries(entries) as T;
}
