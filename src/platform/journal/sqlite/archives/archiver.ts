import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { isoTime } from "../../../../core/time.ts";
import type { Tidying } from "../../../../ports/journal.ts";
import { readNote, readRow } from "../bodies/bodies.ts";
import type { Chain, Head } from "../chain/chain.ts";
import { follow } from "../chain/walk.ts";
import { refuseBroken } from "../check/check.ts";
import { Broken, JournalError } from "../errors.ts";
import { Marks } from "../rows/marks.ts";
import { Positions } from "../rows/positions.ts";
import { acknowledgedSale } from "../rows/reader-rows.ts";
import { RECENT_RECORDS } from "../rows/sale-rows.ts";
import { type Archived, appendToArchive, createArchive, type Moving } from "./archive-file.ts";
import { Archives } from "./archives.ts";

/** Who has compared the books so recently goes on with it. */
const COMPARES_WITHIN_MS = 90 * 86_400_000;

export interface ArchiveLimits {
  /** So many stay whatever their age. */
  readonly newestRecords: number;
  /** How many rows go at a time: what comes in between waits that long. */
  readonly stepRecords: number;
  readonly stepEvents: number;
  readonly stepsANight: number;
}

const LIMITS: ArchiveLimits = {
  newestRecords: RECENT_RECORDS,
  stepRecords: 50,
  stepEvents: 300,
  stepsANight: 2_000,
};

interface Source {
  readonly path: string;
  readonly db: Database.Database;
  readonly chain: Chain;
  /** Carries out a transaction on the journal. */
  write(work: () => void): void;
}

interface RecordRow {
  readonly seq: number;
  readonly first: number;
  readonly last: number;
  readonly closedAt: string;
}

interface Stretch extends Moving {
  /** Every link on the way. */
  readonly heads: readonly Head[];
  /** Nothing is left up to this number. */
  readonly through: number;
}

interface Copied {
  readonly year: number;
  readonly event: Stretch;
  readonly sale: Stretch;
}

/**
 * Moves old sales from a journal to its archives, oldest first. Rows are durable in the archive before they leave the
 * journal in a transaction of its own: after a power cut between the two they are in both, and the next step finds that
 * they are the same.
 *
 * What goes is the beginning of `event` and of `sale`, up to the first row that must stay. The last sale of each
 * position stays too: the events of one that is older stand in the journal on their own, between two anchors.
 */
export class Archiver {
  readonly #source: Source;
  readonly #limits: ArchiveLimits;
  readonly #archives: Archives;
  readonly #positions: Positions;
  /** Sales that closed before this are old. */
  readonly #oldBefore: string;
  readonly #thisYear: number;
  /** Of the records above this number somebody waits for the first. */
  readonly #freeThrough: number;

  constructor(source: Source, { nowMs, keepMs, readers }: Tidying, limits: ArchiveLimits = LIMITS) {
    const { path, db, chain } = source;
    const marks = new Marks(db, chain.id);
    this.#source = source;
    this.#limits = limits;
    this.#archives = new Archives(path, db, chain.id);
    this.#positions = new Positions(db, marks);
    // By a clock that is far ahead nothing becomes old.
    const todayMs = Math.min(nowMs, newestMs(db));
    this.#oldBefore = isoTime(Math.max(0, todayMs - keepMs));
    this.#thisYear = yearOf(isoTime(todayMs));
    const read = readers.map((reader) => acknowledgedSale(marks, reader));
    this.#freeThrough = Math.min(...read, ...this.#comparedThrough(todayMs - COMPARES_WITHIN_MS));
  }

  /**
   * A night's work, a little at a time: the journal takes what comes in between.
   * @throws JournalError when an archive cannot be written; Broken when a row of the journal is not as it was written
   */
  *run(): Generator<void> {
    for (let step = 0; step < this.#limits.stepsANight; step++) {
      const moving = this.#copy();
      if (moving === null) return;
      yield;
      this.#leave(moving);
      yield;
    }
  }

  /** The next rows, durable in their archive; null when nothing more may go now. */
  #copy(): Copied | null {
    const { chain } = this.#source;
    const newest = this.#archives.all().at(-1);
    const next = this.#next(newest?.year ?? 0);
    if (next === null) return null;
    const event = this.#stretch("event", next.records.at(-1)?.last ?? 0, this.#limits.stepEvents);
    const done = next.records.findLast(({ last }) => last <= event.through);
    const sale = this.#stretch("sale", done?.seq ?? 0, this.#limits.stepRecords);
    if (event.rows.length + sale.rows.length === 0) return null;
    const file = this.#archives.fileOf(next.year);
    if (!existsSync(file)) {
      if (newest?.year === next.year) {
        throw new JournalError(`The archive ${file} is missing: no more sales are archived until it is put back.`);
      }
      createArchive(file, chain.id, { event: event.from, sale: sale.from });
    }
    return appendToArchive(file, chain.id, { event, sale }) ? { year: next.year, event, sale } : null;
  }

  /** The next old records that go to one file, at most as many as a step takes; null when none may go. */
  #next(newestYear: number): { readonly records: readonly RecordRow[]; readonly year: number } | null {
    const { db, chain } = this.#source;
    const rows = db
      .prepare<[number, number], RecordRow>(
        `SELECT seq, first_event AS first, last_event AS last, body ->> 'closedAt' AS closedAt
         FROM sale WHERE seq > ? ORDER BY seq LIMIT ?`,
      )
      .all(chain.archived("sale").seq, this.#limits.stepRecords + RECENT_RECORDS);
    const freeThrough = Math.min(this.#freeThrough, chain.head("sale").seq - this.#limits.newestRecords);
    // What closed before an old sale is old, whatever the clock showed.
    const old = rows.slice(0, rows.findLastIndex(({ closedAt }) => closedAt < this.#oldBefore) + 1);
    const free = old.filter(({ seq }) => seq <= freeThrough);
    const open = this.#positions.lastSales().filter(({ last }) => last === null);
    const heldFrom = Math.min(...[...rows.slice(free.length), ...open].map(({ first }) => first));
    // The order of the files is that of the records.
    const yearOfFile = ({ closedAt }: RecordRow): number =>
      Math.max(Math.min(yearOf(closedAt), this.#thisYear), newestYear);
    const [oldest] = free;
    if (oldest === undefined || oldest.first >= heldFrom) return null;
    const year = yearOfFile(oldest);
    const end = free.findIndex((record) => record.last >= heldFrom || yearOfFile(record) !== year);
    const records = free.slice(0, end < 0 ? this.#limits.stepRecords : Math.min(end, this.#limits.stepRecords));
    return records.length === 0 ? null : { records, year };
  }

  #stretch(stream: Archived, throughSeq: number, limit: number): Stretch {
    const { chain } = this.#source;
    const from = chain.archived(stream);
    const found = chain.rows(stream, from.seq + 1, limit);
    const rows = found.filter(({ seq }) => seq <= throughSeq);
    const isAll = rows.length < found.length || rows.length === 0;
    const through = isAll ? throughSeq : (rows.at(-1)?.seq ?? from.seq);
    const heads = [from];
    for (const seen of follow(chain, stream, { from, rows, throughSeq: through }, () => {})) {
      refuseBroken(seen);
      heads.push(seen.head);
    }
    const to = heads.at(-1) ?? from;
    const among = chain.anchors(stream, from.seq, to.seq).filter(({ why }) => why !== "end");
    return { from, to, rows, anchors: among, heads, through: isAll ? throughSeq : to.seq };
  }

  #leave({ year, event, sale }: Copied): void {
    const { db, chain, write } = this.#source;
    const through = event.to.seq;
    const kept = this.#positions.lastSales().filter(({ first }) => first <= through);
    const stretches = kept.map(({ first, last }) => ({ first, last: Math.min(last ?? through, through) }));
    const isKept =
      "EXISTS (SELECT 1 FROM json_each(?) AS kept WHERE seq BETWEEN kept.value ->> 'first' AND kept.value ->> 'last')";
    write(() => {
      if (chain.archived("event").seq !== event.from.seq || chain.archived("sale").seq !== sale.from.seq) return;
      const links = new Map([...chain.anchors("event"), ...event.heads].map((head) => [head.seq, head]));
      db.prepare(`DELETE FROM event WHERE seq <= ? AND NOT ${isKept}`).run(through, JSON.stringify(stretches));
      db.prepare("DELETE FROM sale WHERE seq <= ?").run(sale.to.seq);
      const around = stretches.map(({ first, last }) => ({ first: first - 1, last }));
      db.prepare(`DELETE FROM anchor WHERE stream = 'event' AND seq <= ? AND NOT ${isKept}`).run(
        through,
        JSON.stringify(around),
      );
      db.prepare("DELETE FROM anchor WHERE stream = 'sale' AND seq <= ?").run(sale.to.seq);
      const there = new Set(chain.anchors("event").map(({ seq }) => seq));
      for (const { first, last } of around) {
        if (first > 0 && !there.has(first)) chain.putAnchor("event", linkAt(links, first), "archived");
        if (!there.has(last)) chain.putAnchor("event", linkAt(links, last), "end");
      }
      if (through > 0) chain.putAnchor("event", event.to, "archived");
      if (sale.to.seq > 0) chain.putAnchor("sale", sale.to, "archived");
      this.#archives.reached(year, { sale: sale.to.seq, event: through });
    });
  }

  /** Up to where the books of each position are compared, where somebody compares them. */
  #comparedThrough(sinceMs: number): number[] {
    const newest = this.#source.db.prepare<[string], { seq: number; body: string }>(
      `SELECT seq, body FROM note WHERE stream = 'reconciliations' AND key = ? AND body ->> 'type' = 'compared'
       ORDER BY seq DESC LIMIT 1`,
    );
    return this.#positions.all().flatMap((position) => {
      const row = newest.get(position);
      const note = row && readRow(this.#source.path, row, (body) => readNote("reconciliations", body));
      return note?.type === "compared" && note.atMs >= sinceMs ? [note.throughSale] : [];
    });
  }
}

function linkAt(links: ReadonlyMap<number, Head>, seq: number): Head {
  const found = links.get(seq);
  if (found === undefined) throw new Broken(`what event number ${seq + 1} follows is not known`);
  return found;
}

function newestMs(db: Database.Database): number {
  const newest = db.prepare<[], { atMs: number }>(
    "SELECT body ->> 'atMs' AS atMs FROM event ORDER BY seq DESC LIMIT 1",
  );
  return newest.get()?.atMs ?? 0;
}

function yearOf(iso: string): number {
  return Number(iso.slice(0, 4));
}
