import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { Acceptance } from "../../../../ports/journal.ts";
import { ownedByKiosk } from "../../../files/owner.ts";
import { Chain } from "../chain/chain.ts";
import { readMark } from "../chain/outside-mark.ts";
import { Broken, JournalError, keepAndRestore, rescue, steps } from "../errors.ts";
import {
  create,
  type JournalPlace,
  lock,
  markPathOf,
  pageErrors,
  realPath,
  refuseStranger,
  writeMark,
  wrongHeader,
} from "../open.ts";
import { noteRows } from "../rows/note-rows.ts";
import { APPLICATION_ID, MIGRATIONS, migrate } from "../tables.ts";
import { Found } from "./found.ts";
import { type Mending, mend } from "./mend.ts";

/** All acceptances stand under it. */
const ACCEPTANCE_KEY = "*";

/** A journal that nobody else writes, looked at for going on with it. */
export interface Accepting {
  /** What is wrong with it, and what would be done. */
  readonly found: Found;
  /**
   * Goes on with it, all at once or not at all.
   * @throws JournalError when it cannot be written
   */
  accept(who: Pick<Acceptance, "by" | "note">): void;
  close(): void;
}

type Look = Pick<Mending, "known" | "nowMs" | "looked">;

/**
 * Looks for all that keeps a journal from being opened, and changes nothing yet.
 * @throws JournalError when a daemon has it, there is none and was none, SQLite cannot read it, or another program or a
 *   newer version wrote it
 * @param looked is told of each row that was looked at
 */
export function openForAccepting(place: JournalPlace, nowMs: number, looked: () => void = () => {}): Accepting {
  const path = realPath(place.path);
  const markPath = markPathOf(place);
  const known = readMark(markPath);
  const isFresh = !existsSync(path);
  if (isFresh && existsSync(`${path}-wal`)) {
    throw beyondHelp(path, "the file is gone, but its write-ahead log is there");
  }
  if (!isFresh && statSync(path).size === 0 && !existsSync(`${path}-wal`)) throw beyondHelp(path, "the file is empty");
  if (isFresh && known.kind === "none") {
    throw new JournalError(`There is no journal at ${path}, and no mark of one: check journal.path.`);
  }
  if (isFresh) mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const unlock = lock(path);
  try {
    return isFresh
      ? beginning(path, markPath, { known, nowMs, looked }, unlock)
      : existing(path, markPath, { known, nowMs, looked }, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** One whose file is gone: a new one whose numbers go on where the mark ends. */
function beginning(path: string, markPath: string, look: Look, unlock: () => void): Accepting {
  const mending = { ...look, isNew: true, hasWrongIndexes: false };
  const wasEmpty = look.known.kind === "reached" && Object.keys(look.known.reached.streams).length === 0;
  const onTrial = new Database(":memory:");
  migrate(onTrial);
  const found = wasEmpty ? new Found() : mend(path, onTrial, mending);
  onTrial.close();
  return {
    found,
    accept: (who) => {
      create(path, (db) => db.transaction(() => goOn(path, db, mending, who)).immediate());
      const db = new Database(path);
      try {
        writeMark(markPath, new Chain(db));
      } finally {
        db.close();
      }
      ownedByKiosk(path, [path, markPath]);
    },
    close: unlock,
  };
}

function existing(path: string, markPath: string, look: Look, unlock: () => void): Accepting {
  // Who closes a journal last, and may write, folds its log in, and what is behind a torn place of the log is lost then.
  const last = readable(path, () => reader(path));
  const db = readable(path, () => new Database(path));
  const closeAll = (): void => {
    db.close();
    last.close();
  };
  try {
    const hasWrongIndexes = readable(path, () => {
      if (wrongHeader(db, look.known) === null) refuseStranger(path, db, look.known);
      db.pragma("synchronous = FULL");
      // What is done on trial stays in memory.
      db.pragma("cache_spill = OFF");
      return wrongIndexesIn(db);
    });
    const mending = { ...look, isNew: false, hasWrongIndexes };
    return {
      found: readable(path, () => onTrial(db, () => mend(path, db, mending))),
      accept: (who) => {
        db.transaction(() => goOn(path, db, mending, who)).immediate();
        writeMark(markPath, new Chain(db));
        ownedByKiosk(path, [markPath, path, `${path}-wal`, `${path}-shm`]);
      },
      close: () => {
        closeAll();
        unlock();
      },
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}

/** A connection that has the file and its log open. */
function reader(path: string): Database.Database {
  const db = new Database(path, { readonly: true });
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function goOn(path: string, db: Database.Database, mending: Mending, who: Pick<Acceptance, "by" | "note">): void {
  const found = mend(path, db, mending);
  const { add } = noteRows(path, db, new Chain(db));
  add("acceptances", ACCEPTANCE_KEY, () => ({
    ...{ atMs: mending.nowMs, by: who.by, note: who.note },
    ...{ found: found.sentences(), gaps: found.gaps, accepted: found.accepted },
  }));
}

/** Does it, and undoes it. */
function onTrial(db: Database.Database, work: () => Found): Found {
  let found = new Found();
  const undo = new Error("undo");
  try {
    db.transaction(() => {
      found = work();
      throw undo;
    }).immediate();
  } catch (error) {
    if (error !== undo) throw error;
  }
  return found;
}

/** @throws Broken when more is wrong with its pages than that indexes do not fit their tables */
function wrongIndexesIn(db: Database.Database): boolean {
  const { indexes, pages } = pageErrors(db);
  const [page] = pages;
  if (page !== undefined) throw new Broken(page);
  return indexes.length > 0;
}

/** Whatever its file does to SQLite is beyond what can be accepted. */
function readable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Broken) throw beyondHelp(path, error.message);
    if (error instanceof Database.SqliteError && /NOTADB|CORRUPT|MISMATCH|CONSTRAINT|^SQLITE_ERROR$/.test(error.code)) {
      throw beyondHelp(path, error.message);
    }
    throw error;
  }
}

function beyondHelp(path: string, found: string): JournalError {
  return new JournalError(
    steps(
      `The journal ${path} cannot be read as a database: ${found}.`,
      "To accept it does not help: what is in it has to be rescued first. Nothing was changed. What to do:",
      [
        ...keepAndRestore(path),
        `Without one, rescue what can be read: ${rescue(path)}`,
        `Make it a journal: sqlite3 rescued.db "DROP TABLE IF EXISTS lost_and_found; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}"`,
        "Put rescued.db in the journal's place, without the old -wal file, and accept that one.",
        `Where nothing can be rescued, move ${path} and ${path}-wal away, and accept that the journal is gone.`,
      ],
    ),
  );
}
