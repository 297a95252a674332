import { closeSync, existsSync, openSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { archiveNameOf, archiveYearOf } from "../../../core/journal-files.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import { isArchiveOf } from "./archives/archive-file.ts";
import { Archives } from "./archives/archives.ts";
import { readRecord } from "./bodies/bodies.ts";
import { Chain, journalId } from "./chain/chain.ts";
import { OutsideMark, type Reached, readMark } from "./chain/outside-mark.ts";
import { distrusted } from "./chain/refusals.ts";
import { distrust, reachedBy } from "./chain/trust.ts";
import { checkRows } from "./check/check.ts";
import { Broken, guarded, JournalError } from "./errors.ts";
import { checkPages, type JournalPlace, lockOn, markPathOf, openForReading, realPath, refuseStranger } from "./open.ts";
import { checkSchema, isChained, layoutOf, MIGRATIONS } from "./tables.ts";

/** What a copy of a journal holds. */
export interface JournalFacts {
  readonly id: string;
  readonly layout: number;
  readonly streams: Reached["streams"];
  /** The number of its last record, and what that is about; null before the first sale. */
  readonly lastSale: { readonly seq: number; readonly saleId: string; readonly closedAt: string } | null;
}

export interface JournalCopy extends JournalFacts {
  /** Whether the daemon had ended in order: nothing can have been sold since. */
  readonly isEnded: boolean;
  readonly path: string;
  readonly markPath: string;
  readonly archives: readonly { readonly year: string; readonly path: string }[];
}

/** A step of a copy takes a few milliseconds of the process. */
const STEP_PAGES = 1_000;

interface ArchiveFile {
  readonly year: string;
  readonly path: string;
}

/**
 * The archives beside a journal that are of a journal with one of these ids: another file may have such a name, that of
 * another kiosk's journal too.
 */
export function archivesOf(path: string, ids: readonly string[]): readonly ArchiveFile[] {
  const real = realPath(path);
  const folder = dirname(real);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.flatMap((name) => {
    const year = archiveYearOf(basename(real), name);
    const file = join(folder, name);
    return year !== null && isArchiveOf(file, ids) ? [{ year, path: file }] : [];
  });
}

/**
 * Where the archive of a year belongs.
 * @throws JournalError when something else than an archive of a journal with one of these ids is there
 */
export function archivePath(path: string, year: string, ids: readonly string[]): string {
  const real = realPath(path);
  const file = join(dirname(real), archiveNameOf(basename(real), year));
  if (!existsSync(file) || isArchiveOf(file, ids)) return file;
  throw new JournalError(
    `The file ${file} is no archive of the journal ${path}, or cannot be read as one, and an archive belongs there: move the file away, or let journal.path name a journal in a folder of its own. Nothing was changed.`,
  );
}

/**
 * Copies a journal as it is at one moment, beside a daemon that goes on writing, with its archives and the mark of that
 * moment, and looks at every row of the copy.
 * @throws JournalError when it cannot be read, is damaged, or is not the one that its mark knows
 */
export async function copyJournal(place: JournalPlace, folder: string): Promise<JournalCopy> {
  const path = realPath(place.path);
  const markPath = markPathOf(place);
  const copy = { path: join(folder, "journal.db"), markPath: join(folder, "journal.mark") };
  const db = openForReading(path, readMark(markPath));
  const id = journalId(db);
  try {
    // The mark first: the daemon writes it after the journal, which is at least as far then.
    const known = readMark(markPath);
    // Everything is read as it is now: without it SQLite would begin anew each time that the daemon writes.
    db.exec("BEGIN");
    const found = distrust(new Chain(db), known);
    if (found !== null) throw distrusted(path, markPath, found);
    for (const { year } of new Archives(path, db, id).all()) archivePath(path, String(year), [id]);
    await copyFile(path, db, copy.path);
  } finally {
    db.close();
  }
  // After the journal: what is moved from the journal into an archive meanwhile is in both, and not in none.
  const archives: { year: string; path: string }[] = [];
  for (const { year, path: archive } of archivesOf(path, [id])) {
    const to = join(folder, `${year}.db`);
    const file = guarded(archive, () => new Database(archive, { readonly: true, fileMustExist: true }));
    try {
      await copyFile(archive, file, to);
    } finally {
      file.close();
    }
    archives.push({ year, path: to });
  }
  const facts = lookAtCopy(copy.path, path);
  writeMark(copy.markPath, facts);
  // At the end: a daemon that was started meanwhile may sell what is not in the copy.
  const after = readMark(markPath);
  const isEnded = after.kind === "reached" && after.reached.closed !== null;
  return { ...facts, ...copy, isEnded, archives };
}

/** The copy is one file that needs no log beside it. */
async function copyFile(path: string, db: Database.Database, to: string): Promise<void> {
  closeSync(openSync(to, "wx", 0o600));
  await db.backup(to, { progress: () => STEP_PAGES });
  guarded(path, () => {
    const copy = new Database(to);
    try {
      copy.pragma("journal_mode = DELETE");
    } finally {
      copy.close();
    }
  });
}

/**
 * Reads every row of a copy, and how far it comes.
 * @param name what to call it when something is wrong with it
 * @throws JournalError when it is damaged, no journal, or newer than this program
 */
export function lookAtCopy(path: string, name: string): JournalFacts {
  return guarded(name, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      refuseStranger(name, db, { kind: "none" });
      checkPages(db);
      if (!isChained(db)) throw new Broken("it has no links between its rows");
      if (layoutOf(db) === MIGRATIONS.length) {
        checkSchema(db);
        for (const _ of checkRows(db));
      }
      const chain = new Chain(db);
      const { journal: id, streams } = reachedBy(chain, null);
      return { id, layout: layoutOf(db), streams, lastSale: lastSaleIn(chain) };
    } finally {
      db.close();
    }
  });
}

function lastSaleIn(chain: Chain): JournalFacts["lastSale"] {
  const row = chain.rows("sale", chain.head("sale").seq, 1)[0];
  if (row === undefined) return null;
  const { saleId, closedAt }: SaleRecord = readRecord(row.body);
  return { seq: row.seq, saleId, closedAt };
}

/** What this machine knows of a journal that is to be put here. */
export interface Standing {
  readonly journalPath: string;
  readonly markPath: string;
  /** `stays`: the mark that is here belongs to this journal, or cannot be read, and is not taken back. */
  readonly mark: "stays" | "laid";
  readonly isMarkUnreadable: boolean;
  /** The mark, or the journal that is here, is of another journal. */
  readonly isOther: boolean;
  /** The ids of the journal that is put here and of those that are here by now. */
  readonly ids: readonly string[];
  /** How much further this machine had come, stream by stream. */
  readonly missing: readonly { readonly stream: string; readonly has: number; readonly had: number }[];
  /** What the mark is to say when it is laid. */
  readonly reached: Reached;
}

/** Holds a backup against what is known on this machine: by its mark, or else by the journal that is there. */
export function standingOf(place: JournalPlace, { id, streams }: JournalFacts): Standing {
  const journalPath = realPath(place.path);
  const markPath = markPathOf(place);
  const known = readMark(markPath);
  const there = reachedThere(journalPath);
  const marked = known.kind === "reached" ? known.reached : null;
  const stays = known.kind === "unreadable" || marked?.journal === id;
  const same = [marked, there].filter((each) => each?.journal === id).map((each) => each?.streams ?? {});
  const furthest: Record<string, readonly [seq: number, hash: string]> = { ...streams };
  for (const [stream, at] of same.flatMap((each) => Object.entries(each))) {
    if (at[0] > (furthest[stream]?.[0] ?? 0)) furthest[stream] = at;
  }
  const missing = Object.entries(furthest)
    .map(([stream, [had]]) => ({ stream, has: streams[stream]?.[0] ?? 0, had }))
    .filter(({ has, had }) => had > has);
  return {
    ...{ journalPath, markPath, missing },
    mark: stays ? "stays" : "laid",
    isMarkUnreadable: known.kind === "unreadable",
    isOther: [marked, there].some((each) => each !== null && each.journal !== id),
    ids: [id, ...[marked, there].flatMap((each) => each?.journal ?? [])],
    reached: { journal: id, streams: furthest, closed: null },
  };
}

/** How far the journal comes that is there; null when there is none, or none that can be read. */
function reachedThere(path: string): Reached | null {
  if (!existsSync(path)) return null;
  try {
    const db = openForReading(path);
    try {
      return reachedBy(new Chain(db), null);
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof JournalError) return null;
    throw error;
  }
}

/** Writes a mark into a file that is not there yet. */
export function layMark(path: string, reached: Reached): void {
  const mark = new OutsideMark(path);
  try {
    mark.write(reached);
    mark.sync();
  } finally {
    mark.close();
  }
}

function writeMark(path: string, { id, streams }: JournalFacts): void {
  layMark(path, { journal: id, streams, closed: null });
}

/**
 * Keeps the daemon and refunds away from a place while a journal is put there.
 * @throws JournalError when either is at work
 */
export function lockPlace(path: string): () => void {
  const real = realPath(path);
  const held: (() => void)[] = [];
  const unlock = (): void => {
    for (const each of held.splice(0).reverse()) each();
  };
  for (const [file, who] of [
    [`${real}.lock`, "a kioskd runs on it: stop that first (systemctl stop kioskd)"],
    [`${real}.refund-lock`, "a refund is being made: wait until it is done"],
  ] as const) {
    const isNew = !existsSync(file);
    const turn = lockOn(real, file);
    if (turn === null) {
      unlock();
      throw new JournalError(`The journal ${real} is in use: ${who}. Nothing was changed.`);
    }
    held.push(() => {
      turn();
      if (isNew && !existsSync(real)) rmSync(file, { force: true });
    });
  }
  return unlock;
}
