import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { markNameOf } from "../../../core/journal-files.ts";
import { ownedByKiosk } from "../../files/owner.ts";
import { acceptedIn, checkAnchors } from "./chain/anchors.ts";
import { Chain, journalId } from "./chain/chain.ts";
import { OutsideMark, type ReadMark, readMark } from "./chain/outside-mark.ts";
import { distrusted, gone } from "./chain/refusals.ts";
import { distrust, reachedBy } from "./chain/trust.ts";
import { checkRows } from "./check/check.ts";
import { Broken, BrokenFile, guarded, JournalError, unreadable } from "./errors.ts";
import { APPLICATION_ID, checkSchema, isChained, isSchemaOfToday, layoutOf, MIGRATIONS, migrate } from "./tables.ts";
import { MODE, makeWhole } from "./whole-database.ts";

/** Where a journal is, and the mark that says from outside how far it had come. */
export interface JournalPlace {
  readonly path: string;
  /** Beside the journal when it is not said. */
  readonly mark?: string | undefined;
}

export interface OpenJournal {
  /** The file itself, whatever the configuration calls it. */
  readonly path: string;
  readonly db: Database.Database;
  readonly mark: OutsideMark;
  /** What was not looked at at the start: a step at a time, as `checkRows`. */
  readonly unchecked: Generator<void> | null;
  /** Whether nobody has written to it since its last clean end. */
  readonly isAsClosed: boolean;
  /** The file that keeps others away; null for whoever only adds something beside the daemon. */
  readonly lock: string | null;
  unlock(): void;
}

/** How much is looked at before anything is sold. */
export interface AtStart {
  /** A file of up to so many rows is looked at whole. */
  readonly wholeRows: number;
  /** Of a larger one the newest rows of each stream are; the others beside serving. */
  readonly newestRows: number;
}

const AT_START: AtStart = { wholeRows: 20_000, newestRows: 500 };

/** Beside the journal, and not among the names that SQLite gives to what belongs to it. */
export function markPathOf({ path, mark }: JournalPlace): string {
  return mark ?? join(dirname(path), markNameOf(basename(path)));
}

/**
 * Opens or creates the journal for the one daemon that may write it.
 * @throws JournalError when the file is damaged, is not the one that the mark knows or has come less far, is no
 *   journal, is newer than this program, or is in use; JournalGoneError when only the mark is there. Nothing is
 *   changed then.
 */
export function openForWriting(place: JournalPlace, atStart: AtStart = AT_START): OpenJournal {
  return guarded(place.path, () => openedForWriting(place, atStart));
}

function openedForWriting(place: JournalPlace, atStart: AtStart): OpenJournal {
  const path = realPath(place.path);
  const markPath = markPathOf(place);
  const fresh = !existsSync(path);
  const known = readMark(markPath);
  refuseRemains(path, fresh);
  if (fresh) refuseGone(path, markPath, known);
  if (fresh) mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const unlock = lock(path);
  const opened: { close(): void }[] = [];
  try {
    const isAsLeft = !fresh && isAsClosed(path, known);
    // The mark first: one that tells of nothing is no loss when the journal does not come to be.
    if (fresh) guarded(path, () => create(path, (made) => writeMark(markPath, new Chain(made))));
    else looked(path, (db) => examine(path, db, { markPath, known, atStart }));
    const db = guarded(path, () => new Database(path));
    opened.push(db);
    const isWhole = guarded(path, () => prepare(path, db) || isSmall(db, atStart));
    const mark = new OutsideMark(markPath);
    opened.push(mark);
    mark.write(reachedBy(new Chain(db), null));
    const unchecked = isWhole ? null : checkRows(db);
    return { path, db, mark, unchecked, isAsClosed: isAsLeft, lock: lockOf(path), unlock };
  } catch (error) {
    for (const part of opened) part.close();
    unlock();
    throw error;
  }
}

/**
 * Opens an existing journal for short writes beside a running daemon, which keeps its lock.
 * @throws JournalError as `openForWriting`, and when there is no file or its layout is not this program's.
 */
export function openBeside(place: JournalPlace): OpenJournal {
  const path = realPath(place.path);
  const markPath = markPathOf(place);
  const known = readMark(markPath);
  const db = existing(path, {}, known, (file) => {
    const chain = new Chain(file);
    const found = distrust(chain, known);
    if (found !== null) throw distrusted(path, markPath, found);
    checkAnchors(chain, acceptedIn(file));
  });
  db.pragma("synchronous = FULL");
  const mark = guarded(path, () => new OutsideMark(markPath));
  return { path, db, mark, unchecked: null, isAsClosed: false, lock: null, unlock: () => undefined };
}

/**
 * Opens an existing journal for reading beside a running daemon.
 * @param known its mark, which tells a journal of ours whose header is damaged from a stranger's file
 * @throws JournalError when there is none, it is damaged, or its layout is not this program's.
 */
export function openForReading(path: string, known: ReadMark = readMark(markPathOf({ path }))): Database.Database {
  return existing(realPath(path), { readonly: true }, known, () => {});
}

/**
 * Makes a journal that holds nothing yet.
 * @param made what else is done before it is there
 */
export function create(path: string, made: (db: Database.Database) => void): void {
  makeWhole(path, (db) => {
    // Small pages, because every append writes whole ones and an SD card wears by what is written.
    db.pragma("page_size = 1024");
    db.pragma("synchronous = FULL");
    migrate(db);
    made(db);
  });
}

/** Writes a mark anew, whatever it said before. */
export function writeMark(markPath: string, chain: Chain): void {
  const mark = new OutsideMark(markPath);
  try {
    // Both of its slots.
    for (let slot = 0; slot < 2; slot++) mark.write(reachedBy(chain, null));
    mark.sync();
  } finally {
    mark.close();
  }
}

/** Whether it was brought up to date, for which all of its rows are looked at. */
function prepare(path: string, db: Database.Database): boolean {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  const isOlder = layoutOf(db) !== MIGRATIONS.length;
  if (isOlder) migrate(db);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    if (existsSync(file) && (statSync(file).mode & 0o077) !== 0) chmodSync(file, MODE);
  }
  return isOlder;
}

/** Whether nobody has written to it since its last clean end; all of it was looked at by then. */
function isAsClosed(path: string, known: ReadMark): boolean {
  if (known.kind !== "reached" || known.reached.closed === null) return false;
  const { bytes, atMs } = known.reached.closed;
  const { size, mtimeMs } = statSync(path);
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return size === bytes && mtimeMs === atMs && (log?.size ?? 0) === 0;
}

/** Looks at a file without changing it, its log included: a connection that may only read takes nothing from it. */
function looked(path: string, look: (db: Database.Database) => void): void {
  guarded(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      look(db);
    } finally {
      db.close();
    }
  });
}

interface Trusted {
  readonly markPath: string;
  readonly known: ReadMark;
  readonly atStart: AtStart;
}

function examine(path: string, db: Database.Database, { markPath, known, atStart }: Trusted): void {
  refuseStranger(path, db, known);
  if (!isChained(db)) {
    // All of it is read once more when it is brought up to date.
    checkPages(db);
    if (known.kind !== "none") throw distrusted(path, markPath, { kind: "other-journal" });
    return;
  }
  checkSchema(db);
  const found = distrust(new Chain(db), known);
  if (found !== null) throw distrusted(path, markPath, found);
  if (isSmall(db, atStart)) checkPages(db);
  for (const _ of checkRows(db, isSmall(db, atStart) ? undefined : atStart.newestRows));
}

export function checkPages(db: Database.Database): void {
  const { indexes, pages } = pageErrors(db);
  const [page] = pages;
  if (page !== undefined) throw new BrokenFile(page);
  const [index] = indexes;
  if (index !== undefined) throw new Broken(index);
}

/** What SQLite finds: indexes that do not fit their tables, which can be made anew, and all else. */
export function pageErrors(db: Database.Database): {
  readonly indexes: readonly string[];
  readonly pages: readonly string[];
} {
  const found = db.pragma("integrity_check") as { readonly integrity_check: string }[];
  const lines = found.map(({ integrity_check }) => integrity_check).filter((line) => line !== "ok");
  const isOfIndex = (line: string): boolean =>
    /^(row \d+ missing from index|wrong # of entries in index|non-unique entry in index)/.test(line);
  return { indexes: lines.filter(isOfIndex), pages: lines.filter((line) => !isOfIndex(line)) };
}

function isSmall(db: Database.Database, { wholeRows }: AtStart): boolean {
  const rows = db.prepare<[number], { events: number; notes: number }>(
    // One query for the two ends would read all that is between.
    `SELECT ifnull((SELECT max(seq) FROM event) - (SELECT min(seq) FROM event), 0) AS events,
       (SELECT count(*) FROM (SELECT 1 FROM note LIMIT ?)) AS notes`,
  );
  const { events = 0, notes = 0 } = rows.get(wholeRows + 1) ?? {};
  return events + notes <= wholeRows;
}

function existing(
  path: string,
  options: { readonly readonly?: boolean },
  known: ReadMark,
  look: (db: Database.Database) => void,
): Database.Database {
  if (!existsSync(path)) {
    throw new JournalError(`There is no journal at ${path}: check journal.path, or start the kiosk once.`);
  }
  looked(path, (db) => {
    refuseStranger(path, db, known);
    if (layoutOf(db) !== MIGRATIONS.length) {
      throw new JournalError(`${path} was written by an older kioskd: start the kiosk once to bring it up to date.`);
    }
    checkSchema(db);
    look(db);
  });
  return guarded(path, () => new Database(path, { ...options, fileMustExist: true }));
}

/** A journal is never empty, and never gone while its write-ahead log is still there. */
function refuseRemains(path: string, fresh: boolean): void {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  // Whoever only reads leaves a log that holds nothing.
  if (fresh && log > 0) throw unreadable(path, "the file is missing, but its write-ahead log is there");
  if (!fresh && statSync(path).size === 0 && log === 0) throw unreadable(path, "the file is empty");
}

function refuseGone(path: string, markPath: string, known: ReadMark): void {
  if (known.kind === "unreadable") throw gone(path, markPath, null);
  if (known.kind === "none" || Object.keys(known.reached.streams).length === 0) return;
  throw gone(path, markPath, known.reached.streams["sale"]?.[0] ?? 0);
}

/**
 * What is wrong with the header of a file that is a journal all the same, by its tables and by its mark; null when
 * nothing is, or when it is another program's, or of another layout.
 */
export function wrongHeader(db: Database.Database, known: ReadMark): string | null {
  const layout = layoutOf(db);
  const isJournal = db.pragma("application_id", { simple: true }) === APPLICATION_ID;
  if (isJournal && layout === MIGRATIONS.length) return null;
  if (known.kind !== "reached" || !isSchemaOfToday(db) || journalId(db) !== known.reached.journal) return null;
  const said = isJournal ? `that its layout is ${layout}` : "that it is no journal of kioskd";
  return `its header says ${said}, its tables are those of layout ${MIGRATIONS.length}`;
}

export function refuseStranger(path: string, db: Database.Database, known: ReadMark): void {
  const wrong = wrongHeader(db, known);
  if (wrong !== null) throw new Broken(wrong);
  if (db.pragma("application_id", { simple: true }) !== APPLICATION_ID) {
    throw new JournalError(`${path} is no kioskd journal: check journal.path. Nothing was changed.`);
  }
  const version = layoutOf(db);
  if (version > MIGRATIONS.length) {
    throw new JournalError(
      `${path} was written by a newer kioskd (layout ${version}, this one knows ${MIGRATIONS.length}): install that version again.`,
    );
  }
}

/** The file itself, whatever it is called: its log and its lock stand beside it. */
export function realPath(path: string): string {
  if (!existsSync(path)) return path;
  const real = realpathSync(path);
  const stat = statSync(real);
  if (stat.isDirectory())
    throw new JournalError(`The journal ${path} is a folder: let journal.path name a file in it.`);
  if (!stat.isFile()) throw new JournalError(`The journal ${path} is no file: let journal.path name one.`);
  if (stat.nlink > 1) {
    throw new JournalError(
      `The journal ${path} has a second name (a hard link): SQLite would keep two logs for one file. Remove one of the names: find DISK -samefile ${path}.`,
    );
  }
  return real;
}

/**
 * The turn to give money back, which one process at a time has for all sales of a journal, and the way to hand it on;
 * null while another process has it.
 */
export function takeRefundTurn(path: string): (() => void) | null {
  const real = realPath(path);
  return lockOn(real, `${real}.refund-lock`);
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

/** Keeps a second daemon away. */
export function lock(path: string): () => void {
  const unlock = lockOn(path, lockOf(path));
  if (unlock === null) throw new JournalError(`The journal ${path} is in use by another kioskd: stop that one first.`);
  return unlock;
}

/** Whether a daemon has the journal now. Nothing is changed, and no daemon is kept away by the look. */
export function isRunningOn(path: string): boolean {
  const file = lockOf(realPath(path));
  if (!existsSync(file)) return false;
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { readonly: true, timeout: 0 });
    db.prepare("SELECT count(*) FROM sqlite_master").get();
    return false;
  } catch (error) {
    return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
  } finally {
    db?.close();
  }
}

/** SQLite takes a file that it may only read without a word, and such a lock keeps nobody away. */
function refuseForeignLock(file: string): void {
  try {
    if (existsSync(file)) accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EROFS") {
      throw new JournalError(
        `The disk of ${file} is mounted read-only. \`dmesg\` says why; a failing card does that too.`,
      );
    }
    throw new JournalError(
      `The lock ${file} belongs to somebody else, or may not be written: give it to the user whose journal it is (chown, chmod 600).`,
    );
  }
}

/**
 * A lock that is SQLite's own, on a file beside the journal: the kernel frees it when the process dies, however it
 * dies, and readers of the journal do not feel it. Null while another process has it.
 */
export function lockOn(path: string, file: string): (() => void) | null {
  return guarded(path, () => {
    refuseForeignLock(file);
    const db = new Database(file, { timeout: 0 });
    try {
      db.pragma("journal_mode = DELETE");
      db.exec("BEGIN EXCLUSIVE");
      ownedByKiosk(path, [file]);
      return () => db.close();
    } catch (error) {
      db.close();
      if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return null;
      throw error;
    }
  });
}
