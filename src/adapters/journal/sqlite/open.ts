import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { learnPositions } from "./positions.ts";
import { APPLICATION_ID, MIGRATIONS, migrate } from "./schema.ts";

/** The journal cannot be used. The message says what was found and what to do. */
export class JournalError extends Error {
  override readonly name = "JournalError";
}

/**
 * Opens or creates the journal for the one daemon that may write it.
 * @throws JournalError when the file is damaged, is no journal, is newer than this program, or is in use.
 */
export function openForWriting(path: string): { db: Database.Database; unlock: () => void } {
  const fresh = !existsSync(path);
  if (fresh) mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  refuseRemains(path, fresh);
  const unlock = lock(path);
  let db: Database.Database | null = null;
  try {
    if (fresh) guarded(path, () => create(path));
    db = guarded(path, () => new Database(path));
    prepare(path, db);
    return { db, unlock };
  } catch (error) {
    db?.close();
    unlock();
    throw error;
  }
}

/** A journal that is whole or not there: what a power cut leaves of one in the making is begun anew. */
function create(path: string): void {
  const unfinished = `${path}.new`;
  for (const end of ["", "-journal"]) rmSync(unfinished + end, { force: true });
  const db = new Database(unfinished);
  try {
    // Small pages, because every append writes whole ones and an SD card wears by what is written.
    db.pragma("page_size = 1024");
    db.pragma("synchronous = FULL");
    migrate(db);
  } finally {
    db.close();
  }
  renameSync(unfinished, path);
  const folder = openSync(dirname(path), "r");
  fsyncSync(folder);
  closeSync(folder);
}

function prepare(path: string, db: Database.Database): void {
  guarded(path, () => {
    verify(path, db);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    if (db.pragma("user_version", { simple: true }) !== MIGRATIONS.length) migrate(db);
    learnPositions(db);
  });
}

/**
 * Opens an existing journal for short writes beside a running daemon, which keeps its lock.
 * @throws JournalError as `openForWriting`, and when there is no file or its layout is not this program's.
 */
export function openBeside(path: string): Database.Database {
  return existing(path, {}, (db) => db.pragma("synchronous = FULL"));
}

/**
 * Opens an existing journal for reading beside a running daemon.
 * @throws JournalError as `openBeside`.
 */
export function openForReading(path: string): Database.Database {
  return existing(path, { readonly: true }, () => {});
}

function existing(path: string, options: { readonly?: boolean }, prepared: (db: Database.Database) => void) {
  if (!existsSync(path)) {
    throw new JournalError(`There is no journal at ${path}: check journal.path, or start the kiosk once.`);
  }
  return guarded(path, () => {
    const db = new Database(path, { ...options, fileMustExist: true });
    try {
      verify(path, db);
      if (db.pragma("user_version", { simple: true }) !== MIGRATIONS.length) {
        throw new JournalError(`${path} was written by an older kioskd: start the kiosk once to bring it up to date.`);
      }
      prepared(db);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** A journal is never empty, and never gone while its write-ahead log is still there. */
function refuseRemains(path: string, fresh: boolean): void {
  if (fresh && existsSync(`${path}-wal`)) throw damaged(path, "the file is missing, but its write-ahead log is there");
  if (!fresh && statSync(path).size === 0 && !existsSync(`${path}-wal`)) throw damaged(path, "the file is empty");
}

function verify(path: string, db: Database.Database): void {
  const found = db.pragma("quick_check(1)", { simple: true });
  if (found !== "ok") throw damaged(path, String(found));
  if (db.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new JournalError(`${path} is no kioskd journal: check journal.path. Nothing was changed.`);
  }
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version > MIGRATIONS.length) {
    throw new JournalError(
      `${path} was written by a newer kioskd (layout ${version}, this one knows ${MIGRATIONS.length}): install that version again.`,
    );
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Database.SqliteError && /NOTADB|CORRUPT/.test(error.code)) throw damaged(path, error.message);
    if (error instanceof Database.SqliteError) {
      throw new JournalError(
        `The journal ${path} cannot be opened: ${error.message} (${error.code}). Check mount, owner and space.`,
      );
    }
    throw error;
  }
}

function damaged(path: string, found: string): JournalError {
  return new JournalError(
    [
      `The journal ${path} is damaged: ${found}.`,
      "kioskd does not start on it, because it may hold reservations that are still open. What to do:",
      `  1. Keep a copy of ${path} and ${path}-wal.`,
      `  2. Rescue what can be read: sqlite3 ${path} .recover | sqlite3 rescued.db, and compare its last sales with the payment service.`,
      `  3. Only when no reservation is open there: move ${path}, ${path}-wal and ${path}-shm away; kioskd then begins a new journal.`,
    ].join("\n"),
  );
}

/**
 * The turn to give money back, which one process at a time has for all sales of a journal, and the way to hand it on;
 * null while another process has it.
 */
export function takeRefundTurn(path: string): (() => void) | null {
  const file = `${path}.refund-lock`;
  const handOn = lockOn(path, file);
  // The administrator's file must not keep the kiosk's own user away.
  const { uid, gid } = statSync(path);
  if (process.getuid?.() === 0) chownSync(file, uid, gid);
  return handOn;
}

/** Keeps a second daemon away. */
function lock(path: string): () => void {
  const unlock = lockOn(path, `${path}.lock`);
  if (unlock === null) throw new JournalError(`The journal ${path} is in use by another kioskd: stop that one first.`);
  return unlock;
}

/**
 * A lock that is SQLite's own, on a file beside the journal: the kernel frees it when the process dies, however it
 * dies, and readers of the journal do not feel it. Null while another process has it.
 */
function lockOn(path: string, file: string): (() => void) | null {
  return guarded(path, () => {
    const db = new Database(file, { timeout: 0 });
    try {
      db.pragma("journal_mode = DELETE");
      db.exec("BEGIN EXCLUSIVE");
      return () => db.close();
    } catch (error) {
      db.close();
      if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return null;
      throw error;
    }
  });
}
