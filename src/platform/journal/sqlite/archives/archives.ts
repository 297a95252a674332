import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type Database from "better-sqlite3";
import { archiveNameOf } from "../../../../core/journal-files.ts";
import type { Row } from "../bodies/bodies.ts";
import { Chain } from "../chain/chain.ts";
import { refuseChanged } from "../check/check.ts";
import { Broken, JournalError } from "../errors.ts";
import { batchOf, MOST_ROWS } from "../rows/batch.ts";
import { Marks } from "../rows/marks.ts";
import { ARCHIVED, type Archived, endOf, explainedArchive, openArchive } from "./archive-file.ts";

const SALES = "archived-sales ";
const EVENTS = "archived-events ";

export interface SaleRow extends Row {
  readonly first_event: number;
  readonly last_event: number;
}

interface FoundRow extends SaleRow {
  readonly saleId: string;
}

/** The last record of a sale that takes the place of an earlier one. */
interface Amendment {
  readonly saleId: string;
  readonly seq: number;
}

/** Rows behind one number, up to another. */
interface Range {
  readonly after: number;
  readonly through: number;
}

export interface Archive {
  readonly file: string;
  readonly year: number;
  readonly sales: Range;
  readonly events: Range;
}

/** Rows that are taken from an archive at a time. */
const PAGE_ROWS = 200;

/**
 * The archive files with a journal's old sales, and what is read across them. Which there are and how far each goes
 * stands among the journal's marks: one that is missing is noticed by whoever needs it, and keeps nobody else waiting.
 */
export class Archives {
  readonly #path: string;
  readonly #id: string;
  readonly #chain: Chain;
  readonly #marks: Marks;
  readonly #after: Database.Statement<[number, number], SaleRow>;
  readonly #backwards: Database.Statement<[{ outcome: string | null }], SaleRow>;
  readonly #closedBetween: Database.Statement<[string, string], FoundRow>;
  readonly #amended: Database.Statement<[number], Amendment>;
  readonly #before: Database.Statement<[number, number], SaleRow>;
  readonly #events: Database.Statement<[number, number, string], Row>;
  readonly #atOnce: Database.Transaction<(read: () => unknown) => unknown>;

  constructor(path: string, db: Database.Database, id: string) {
    this.#path = path;
    this.#id = id;
    this.#chain = new Chain(db);
    this.#marks = new Marks(db, id);
    this.#after = db.prepare("SELECT * FROM sale WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#backwards = db.prepare(`SELECT * FROM sale WHERE ${OF_OUTCOME} ORDER BY seq DESC`);
    this.#closedBetween = db.prepare(`${CLOSED_BETWEEN} ORDER BY seq`);
    this.#amended = db.prepare(AMENDED);
    this.#before = db.prepare("SELECT * FROM sale WHERE seq < ? ORDER BY seq DESC LIMIT ?");
    this.#events = db.prepare(EVENTS_OF_SALE);
    this.#atOnce = db.transaction((read: () => unknown) => read());
  }

  /** Those that there must be, oldest first. */
  all(): readonly Archive[] {
    const years = this.#marks.names(SALES).map(Number);
    const before = { sales: 0, events: 0 };
    return years
      .toSorted((one, other) => one - other)
      .map((year) => {
        const sales = { after: before.sales, through: this.#marks.get(SALES + year) ?? before.sales };
        const events = { after: before.events, through: this.#marks.get(EVENTS + year) ?? before.events };
        Object.assign(before, { sales: sales.through, events: events.through });
        return { file: this.fileOf(year), year, sales, events };
      });
  }

  /** The last number of a stream that is in an archive; 0 when none is. */
  through(stream: Archived): number {
    const last = this.all().at(-1);
    return (stream === "event" ? last?.events : last?.sales)?.through ?? 0;
  }

  /** The hash that a stream had at a number which is in an archive; null when that cannot tell. */
  hashAt(stream: string, seq: number): Buffer | null {
    if (!ARCHIVED.some((each) => each === stream)) return null;
    const rangeOf = ({ events, sales }: Archive): Range => (stream === "event" ? events : sales);
    const archive = this.all().find((each) => rangeOf(each).after < seq && seq <= rangeOf(each).through);
    if (archive === undefined) return null;
    try {
      const db = this.open(archive);
      try {
        return new Chain(db).at(stream, seq);
      } finally {
        db.close();
      }
    } catch (error) {
      if (error instanceof JournalError) return null;
      throw error;
    }
  }

  /** Beside the journal; the year is that in which its sales closed. */
  fileOf(year: number): string {
    return join(dirname(this.#path), archiveNameOf(basename(this.#path), year));
  }

  /** To be called inside of the transaction by which rows leave the journal, with the last number of each stream. */
  reached(year: number, { sale, event }: { readonly sale: number; readonly event: number }): void {
    this.#marks.put(SALES + year, sale);
    this.#marks.put(EVENTS + year, event);
  }

  /** What `read` reads of the journal is all of one moment, while another process moves rows. */
  atOnce<T>(read: () => T): T {
    return this.#atOnce(read) as T;
  }

  /** Closed sales with a number above `seq`, in order, at most `limit`, and fewer when they are large. */
  salesAfter(seq: number, limit: number): SaleRow[] {
    return this.atOnce(() => {
      const found: SaleRow[] = [];
      const next = () => [found.at(-1)?.seq ?? seq, Math.min(limit, MOST_ROWS) - found.length] as const;
      for (const archive of this.#behind(seq)) {
        const [after, room] = next();
        const page = "SELECT * FROM sale WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
        if (room > 0) found.push(...this.#rows<SaleRow>(archive, page, after, archive.sales.through, room));
      }
      return batchOf([...found, ...batchOf(this.#after.iterate(...next()))]);
    });
  }

  /** Closed sales with a number below `seq`, newest first, at most `limit`; none only where there are none. */
  salesBefore(seq: number, limit: number): SaleRow[] {
    return this.atOnce(() => {
      const own = batchOf(this.#before.iterate(seq, Math.min(limit, MOST_ROWS)));
      if (own.length > 0) return own;
      const archive = this.all().findLast(({ sales }) => sales.after < seq - 1);
      if (archive === undefined) return [];
      const page = "SELECT * FROM sale WHERE seq > ? AND seq <= ? ORDER BY seq DESC LIMIT ?";
      const through = Math.min(seq - 1, archive.sales.through);
      return batchOf(this.#rows<SaleRow>(archive, page, archive.sales.after, through, Math.min(limit, MOST_ROWS)));
    });
  }

  /** The number of the newest record that amends a sale, by sale, of those above `seq`. */
  amendedAbove(seq: number): ReadonlyMap<string, number> {
    return this.atOnce(() => this.#amendments(this.#behind(seq), seq));
  }

  /** Closed sales, newest first. An archive is opened when it is come to. To be read `atOnce`. */
  *newestFirst(outcome: string | null): Generator<SaleRow> {
    yield* this.#backwards.iterate({ outcome });
    for (const archive of this.all().toReversed()) {
      let { through } = archive.sales;
      while (through > archive.sales.after) {
        const page = "SELECT * FROM sale WHERE seq > ? AND seq <= ? ORDER BY seq DESC LIMIT ?";
        const rows = this.#rows<SaleRow>(archive, page, archive.sales.after, through, PAGE_ROWS);
        yield* rows;
        through = rows.length < PAGE_ROWS ? archive.sales.after : (rows.at(-1)?.seq ?? 0) - 1;
      }
    }
  }

  /**
   * Records of sales that closed from a moment up to another, which is left out, both as ISO 8601 in UTC; in the order
   * of their numbers, and none that a later record amends. An archive of other years is not opened. To be read `atOnce`.
   */
  *closedBetween(from: string, to: string): Generator<SaleRow> {
    const archives = this.all().filter(
      ({ year }) => Number(from.slice(0, 4)) <= year && year <= Number(to.slice(0, 4)),
    );
    const amended = this.#amendments(archives);
    const stands = ({ seq, saleId }: FoundRow): boolean => (amended.get(saleId) ?? 0) <= seq;
    for (const archive of archives) {
      let { after } = archive.sales;
      for (let isMore = true; isMore; ) {
        const page = `${CLOSED_BETWEEN} AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;
        const rows = this.#rows<FoundRow>(archive, page, from, to, after, archive.sales.through, PAGE_ROWS);
        yield* rows.filter(stands);
        isMore = rows.length === PAGE_ROWS;
        after = rows.at(-1)?.seq ?? after;
      }
    }
    for (const row of this.#closedBetween.iterate(from, to)) if (stands(row)) yield row;
  }

  /**
   * The newest record of a sale that is in an archive; null when it is in none.
   * @throws JournalError when it is not as it was written
   */
  record(saleId: string): SaleRow | null {
    for (const archive of this.all().toReversed()) {
      const named = "SELECT * FROM sale WHERE body ->> 'saleId' = ? AND seq <= ? ORDER BY seq DESC LIMIT 1";
      const [row] = this.#asWritten<SaleRow>(archive, "sale", named, saleId, archive.sales.through);
      if (row !== undefined) return row;
    }
    return null;
  }

  /**
   * The events of a sale from one number to another, wherever they are.
   * @throws JournalError when one of an archive is not as it was written; Broken when one of the journal is not
   */
  events(first: number, last: number, saleId: string): Row[] {
    const archives = this.all().filter(({ events }) => events.after < last && events.through >= first);
    const archived = archives.flatMap((archive) =>
      this.#asWritten<Row>(archive, "event", EVENTS_OF_SALE, first, Math.min(last, archive.events.through), saleId),
    );
    // A position's last sale may be in both.
    const archivedThrough = archives.at(-1)?.events.through ?? 0;
    const own = this.#events.all(Math.max(first, archivedThrough + 1), last, saleId);
    refuseChanged(this.#chain, "event", own);
    return [...archived, ...own];
  }

  /** @throws JournalError when a sale with a number above `seq` is in an archive that cannot be read */
  refuseMissing(seq: number): void {
    for (const archive of this.#behind(seq).toReversed()) this.open(archive).close();
  }

  /** @throws JournalError when it is missing, damaged, or holds less than it must */
  open({ file, sales, events }: Archive): Database.Database {
    if (!existsSync(file)) {
      throw new JournalError(
        `The archive ${file} is missing: it holds the closed sales ${sales.after + 1} to ${sales.through}, later ones are there without it. Put it back beside the journal.`,
      );
    }
    const db = openArchive(file, this.#id);
    try {
      const chain = new Chain(db);
      const end = { sale: endOf(chain, "sale").seq, event: endOf(chain, "event").seq };
      if (end.sale >= sales.through && end.event >= events.through) return db;
      throw new Broken(`it ends with the closed sale ${end.sale}, and must hold those up to ${sales.through}`);
    } catch (error) {
      db.close();
      throw explainedArchive(file, error);
    }
  }

  #behind(seq: number): Archive[] {
    return this.all().filter(({ sales }) => sales.through > seq);
  }

  #amendments(archives: readonly Archive[], above = 0): ReadonlyMap<string, number> {
    const archived = archives.flatMap((each) => this.#rows<Amendment>(each, AMENDED, above));
    const all = [...archived, ...this.#amended.iterate(above)];
    return new Map(all.map(({ saleId, seq }) => [saleId, seq]));
  }

  #rows<T>(archive: Archive, sql: string, ...values: readonly (string | number)[]): T[] {
    return this.#read(archive, (db) => db.prepare<(string | number)[], T>(sql).all(...values));
  }

  #asWritten<T extends Row>(archive: Archive, stream: Archived, sql: string, ...values: (string | number)[]): T[] {
    return this.#read(archive, (db) => {
      const rows = db.prepare<(string | number)[], T>(sql).all(...values);
      refuseChanged(new Chain(db), stream, rows);
      return rows;
    });
  }

  #read<T>(archive: Archive, read: (db: Database.Database) => T): T {
    const db = this.open(archive);
    try {
      return read(db);
    } catch (error) {
      throw explainedArchive(archive.file, error);
    } finally {
      db.close();
    }
  }
}

const CLOSED_BETWEEN =
  "SELECT *, body ->> 'saleId' AS saleId FROM sale WHERE body ->> 'closedAt' >= ? AND body ->> 'closedAt' < ?";
const AMENDED =
  "SELECT body ->> 'saleId' AS saleId, MAX(seq) AS seq FROM sale WHERE seq > ? AND body ->> 'amends' = 1 GROUP BY body ->> 'saleId'";

/** A record that amends hides the one before it, also one of another outcome. */
const OF_OUTCOME = "(@outcome IS NULL OR body ->> 'outcome' = @outcome OR body ->> 'amends' = 1)";
export const EVENTS_OF_SALE = "SELECT seq, body FROM event WHERE seq BETWEEN ? AND ? AND sale = ? ORDER BY seq";
