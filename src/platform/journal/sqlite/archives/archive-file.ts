import Database from "better-sqlite3";
import { refuseChangedAnchors } from "../chain/anchors.ts";
import { type Anchor, Chain, type ChainedRow, type Head, journalId } from "../chain/chain.ts";
import { Broken, JournalError } from "../errors.ts";
import { makeWhole } from "../whole-database.ts";

/** Marks the file as an archive of ours ("kioa"), so that it is never taken for a journal. */
const ARCHIVE_ID = 0x6b696f61;
const LAYOUT = 1;

/**
 * A journal's tables of sales. The first anchor of each stream tells what its first row follows, the one called `end`
 * stands behind its last row.
 */
const TABLES = `
  CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    position TEXT NOT NULL,
    sale TEXT NOT NULL,
    body TEXT NOT NULL,
    hash BLOB
  ) STRICT;
  CREATE TABLE sale (
    seq INTEGER PRIMARY KEY,
    first_event INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash BLOB
  ) STRICT;
  CREATE INDEX sale_id ON sale (body ->> 'saleId');
  CREATE TABLE journal (id TEXT NOT NULL) STRICT;
  CREATE TABLE anchor (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    why TEXT NOT NULL,
    proof BLOB NOT NULL,
    PRIMARY KEY (stream, seq)
  ) STRICT, WITHOUT ROWID;`;

/** The streams of which rows go to archives. */
export const ARCHIVED = ["event", "sale"] as const;
export type Archived = (typeof ARCHIVED)[number];

/** The next rows of a stream: those behind `from`, up to `to`. */
export interface Moving {
  readonly from: Head;
  readonly to: Head;
  readonly rows: readonly ChainedRow[];
  /** What the journal has among them, for rows without hashes and for gaps. */
  readonly anchors: readonly Anchor[];
}

export type MovingRows = { readonly [stream in Archived]: Moving };

/** The file is not an archive of the journal: nothing of it is lost, and it is not to be replaced. */
class NotOurs extends Broken {}

/** The error, with advice when it comes from an archive's file. */
export function explainedArchive(file: string, error: unknown): unknown {
  if (!(error instanceof Broken) && !(error instanceof Database.SqliteError)) return error;
  const { message } = error;
  if (error instanceof NotOurs) {
    return new JournalError(
      `The file ${file} stands where an archive of this journal belongs: ${message}. Move it away, and put the archive in its place when there is one. The kiosk sells without it.`,
    );
  }
  if (error instanceof Database.SqliteError && /BUSY|READONLY|CANTOPEN|PERM|AUTH|IOERR|FULL/.test(error.code)) {
    return new JournalError(
      `The archive ${file} cannot be used: ${message} (${error.code}). Check mount, owner, mode and free space.`,
    );
  }
  return new JournalError(
    `The archive ${file} is damaged: ${message}. Keep a copy of it, and put the file of the newest backup in its place. The kiosk sells without it.`,
  );
}

/** Carries out work on an archive; whatever its file does to SQLite becomes advice. */
function guardedArchive<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explainedArchive(file, error);
  }
}

/**
 * Opens an archive for reading.
 * @throws JournalError when it is damaged or is another journal's
 */
export function openArchive(file: string, journal: string): Database.Database {
  return guardedArchive(file, () => {
    const db = readable(file);
    try {
      checkKind(db, journal);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Whether a file is an archive of one of these journals, whatever it is called. */
export function isArchiveOf(file: string, journals: readonly string[]): boolean {
  try {
    const db = readable(file);
    try {
      return db.pragma("application_id", { simple: true }) === ARCHIVE_ID && journals.includes(journalId(db));
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return false;
    throw error;
  }
}

function readable(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    if (!wasInterrupted(db)) return db;
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  new Database(file, { fileMustExist: true }).exec("SELECT 1 FROM sqlite_schema").close();
  return new Database(file, { readonly: true, fileMustExist: true });
}

/** Whether a power cut left a transaction in it: to take that back needs a connection that may write. */
function wasInterrupted(db: Database.Database): boolean {
  try {
    db.pragma("application_id");
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === "SQLITE_READONLY_ROLLBACK") return true;
    throw error;
  }
}

function checkKind(db: Database.Database, journal: string): void {
  if (db.pragma("application_id", { simple: true }) !== ARCHIVE_ID) throw new NotOurs("it is no archive of a journal");
  if (db.pragma("user_version", { simple: true }) !== LAYOUT) throw new Broken("a newer kioskd wrote it");
  const id = db.prepare<[], { id: string }>("SELECT id FROM journal").get()?.id;
  if (id !== journal) throw new NotOurs("it belongs to another journal");
  refuseChangedAnchors(new Chain(db));
}

/** Makes an archive that holds nothing yet. It is whole or not there, whenever the power goes. */
export function createArchive(file: string, journal: string, begins: { readonly [stream in Archived]: Head }): void {
  guardedArchive(file, () => {
    makeWhole(file, (db) => {
      db.pragma("synchronous = FULL");
      db.transaction(() => {
        db.exec(TABLES);
        db.prepare("INSERT INTO journal VALUES (?)").run(journal);
        const chain = new Chain(db);
        for (const stream of ARCHIVED) chain.putAnchor(stream, begins[stream], "archived");
        db.pragma(`user_version = ${LAYOUT}`);
        db.pragma(`application_id = ${ARCHIVE_ID}`);
      })();
    });
  });
}

/**
 * Adds rows that come next, durably. Rows that are there already stay: they must be the same.
 * @returns false when another program reads the archive at this moment
 * @throws JournalError when the file is not what the rows follow, or holds another row under one of their numbers
 */
export function appendToArchive(file: string, journal: string, moving: MovingRows): boolean {
  return guardedArchive(file, () => {
    // A sale would wait meanwhile.
    const db = new Database(file, { fileMustExist: true, timeout: 0 });
    try {
      checkKind(db, journal);
      db.pragma("synchronous = EXTRA");
      const chain = new Chain(db);
      db.transaction(() => {
        for (const stream of ARCHIVED) add(db, chain, stream, moving[stream]);
      }).immediate();
      return true;
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return false;
      throw error;
    } finally {
      db.close();
    }
  });
}

function add(db: Database.Database, chain: Chain, stream: Archived, { from, to, rows, anchors }: Moving): void {
  const end = endOf(chain, stream);
  const isThere = end.seq > from.seq && chain.rows(stream, from.seq, 1)[0]?.seq === from.seq;
  const known = chain.at(stream, from.seq);
  if (known === null ? !isThere : !known.equals(from.hash)) {
    throw new Broken(`it ends with ${stream} number ${end.seq}, and number ${from.seq + 1} comes next`);
  }
  const insert = db.prepare(`INSERT INTO ${stream} VALUES (?, ?, ?, ?, ?)`);
  for (const row of rows) {
    if (row.seq > end.seq) insert.run(row.seq, ...row.columns, row.hash);
    else if (!isSame(chain.rows(stream, row.seq, 1)[0], row)) {
      throw new Broken(`it holds another ${stream} under number ${row.seq} than the journal`);
    }
  }
  if (to.seq <= end.seq) return;
  db.prepare("DELETE FROM anchor WHERE stream = ? AND why = 'end'").run(stream);
  chain.putAnchor(stream, to, "end");
  for (const anchor of anchors) chain.putAnchor(stream, anchor, anchor.why);
}

function isSame(one: ChainedRow | undefined, other: ChainedRow): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The last link of a stream that an archive holds, or what its first one follows. */
export function endOf(chain: Chain, stream: Archived): Head {
  return anchorOf(chain.anchors(stream).at(-1));
}

/** What the first row of a stream follows that an archive holds. */
export function beginOf(chain: Chain, stream: Archived): Head {
  return anchorOf(chain.anchors(stream)[0]);
}

function anchorOf(found: Head | undefined): Head {
  if (found === undefined) throw new Broken("it does not say where it begins");
  return found;
}
