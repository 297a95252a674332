import Database from "better-sqlite3";
import type { Acceptance, Notes } from "../../../../ports/journal.ts";
import { readEvent, readNote, readRecord } from "../bodies/bodies.ts";
import { acceptedIn, changedText, UNTOLD, untoldAnchors } from "../chain/anchors.ts";
import { Chain, type ChainedRow, nameOf, STREAMS } from "../chain/chain.ts";
import { type ReadMark, readMark } from "../chain/outside-mark.ts";
import { distrust, distrustText } from "../chain/trust.ts";
import { walk } from "../chain/walk.ts";
import { Broken, JournalError } from "../errors.ts";
import { type JournalPlace, markPathOf, openForReading, realPath } from "../open.ts";
import { Marks } from "../rows/marks.ts";
import { Owners } from "../rows/owners.ts";
import { Positions } from "../rows/positions.ts";
import { SOURCES } from "../rows/reader-rows.ts";
import { checkArchives } from "./archive-check.ts";
import { problemText } from "./check.ts";
import { Replays } from "./replays.ts";

/** What was looked at, and where it breaks. */
export interface Verified {
  readonly journal: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Where it breaks, a line each; none when all is whole. */
  readonly broken: readonly string[];
  readonly acceptances: readonly Acceptance[];
}

/** How many rows of how many were looked at. */
export interface Progress {
  readonly rows: number;
  readonly ofRows: number;
}

/** So many places are told; whoever reads them knows enough. */
const BROKEN_MOST = 20;
const OWNERS_AT_ONCE = 1_000;
const STEP_ROWS = 1_000;

/**
 * Looks at all of a journal beside a running daemon, a step at a time and row by row, so that it needs little memory.
 * @throws JournalError as `openForReading`
 */
export function* verifyJournal(place: JournalPlace): Generator<Progress, Verified> {
  // The mark first: the journal only goes on from there.
  const known = readMark(markPathOf(place));
  const db = openForReading(place.path, known);
  try {
    return yield* new Verification(place.path, db).run(known);
  } finally {
    db.close();
  }
}

class Verification {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #chain: Chain;
  readonly #marks: Marks;
  readonly #broken: string[] = [];

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#db = db;
    this.#chain = new Chain(db);
    this.#marks = new Marks(db, this.#chain.id);
  }

  *run(known: ReadMark): Generator<Progress, Verified> {
    this.#attempt(() => this.#checkPages());
    this.#checkMark(known);
    this.#checkAnchors();
    const replays = new Replays(this.#db, this.#chain, (line) => this.#tell(line));
    const heads = STREAMS.map((stream) => this.#chain.head(stream).seq);
    const ofRows = heads.reduce((sum, seq) => sum + seq, 0);
    const counts = { events: 0, records: 0, notes: 0, marks: 0, names: 0 };
    let rows = 0;
    for (const stream of STREAMS) {
      const counted = stream === "event" ? "events" : stream === "sale" ? "records" : "notes";
      for (const seen of walk(this.#chain, stream, this.#reading(stream))) {
        const { seq, row, problem, unreadable } = seen;
        if (problem !== null) this.#tell(`${nameOf(stream)} ${seq} ${problemText(problem)}`);
        if (unreadable !== null) this.#tell(`${nameOf(stream)} ${seq}: ${unreadable}`);
        if (stream === "event") this.#attempt(() => replays.take(seen));
        if (row !== null) counts[counted]++;
        rows++;
        if (rows % STEP_ROWS === 0) yield { rows, ofRows };
      }
      if (stream === "event") this.#attempt(() => replays.end());
    }
    yield* this.#checkArchives({ rows, ofRows });
    counts.marks = this.#checkMarks();
    counts.names = this.#checkOwners();
    this.#checkRefunds(replays.counts.refunded);
    const { sales, resolved, atPerson, open, doubtful } = replays.counts;
    const replayed = { sales, resolved, "at a person": atPerson, open, "not whole": doubtful };
    return {
      journal: this.#chain.id,
      counts: { ...counts, ...replayed },
      broken: this.#broken,
      acceptances: this.#acceptances(),
    };
  }

  /** Their links; their sales were replayed while they were in the journal. */
  *#checkArchives(progress: Progress): Generator<Progress> {
    const steps = checkArchives(realPath(this.#path), this.#db);
    for (let isMore = true; isMore; ) {
      this.#attempt(() => {
        isMore = false;
        isMore = steps.next().done !== true;
      });
      yield progress;
    }
  }

  #checkPages(): void {
    const found = this.#db.pragma(`integrity_check(${BROKEN_MOST})`) as { readonly integrity_check: string }[];
    for (const { integrity_check: line } of found) if (line !== "ok") this.#tell(`pages: ${line}`);
  }

  #checkMark(known: ReadMark): void {
    const found = distrust(this.#chain, known);
    if (found !== null) this.#tell(`the mark outside: ${distrustText(found)}`);
  }

  #checkAnchors(): void {
    for (const changed of this.#chain.changedAnchors()) this.#tell(changedText(changed));
    for (const { stream, seq } of untoldAnchors(this.#chain, acceptedIn(this.#db))) {
      this.#tell(`${nameOf(stream)} ${seq}: ${UNTOLD}`);
    }
  }

  #reading(stream: string): (row: ChainedRow) => void {
    if (stream === "sale") return ({ body }) => void readRecord(body);
    if (stream === "event") {
      const owners = new Owners(this.#db, this.#chain.id);
      const positions = new Positions(this.#db, this.#marks);
      return ({ seq, columns, body }) => {
        const event = readEvent(body);
        owners.checkKnown(event);
        positions.checkKnown(String(columns[0]), event, seq);
      };
    }
    return ({ body }) => void readNote(stream as keyof Notes, body);
  }

  #checkMarks(): number {
    this.#attempt(() => this.#marks.check([SOURCES.sales.mark]));
    for (const { stream, mark } of Object.values(SOURCES)) {
      const { seq } = this.#chain.head(stream);
      const value = this.#marks.get(mark) ?? 0;
      if (value > seq) this.#tell(`the mark "${mark}" stands at ${value}, its stream ends at ${seq}`);
    }
    return this.#count("SELECT count(*) AS count FROM mark");
  }

  #checkOwners(): number {
    const owners = new Owners(this.#db, this.#chain.id);
    this.#attempt(() => {
      let after: ReturnType<Owners["check"]> = { kind: "offer", name: "" };
      while (after !== null) after = owners.check(after, OWNERS_AT_ONCE);
    });
    return this.#count("SELECT count(*) AS count FROM owner");
  }

  /** @param known of how many sales with a record there are refunds */
  #checkRefunds(known: number): void {
    const all = this.#count("SELECT count(DISTINCT key) AS count FROM note WHERE stream = 'refunds'");
    const anchors = ["event", "sale"].flatMap((stream) => this.#chain.anchors(stream));
    const hasGap = anchors.some(({ why }) => why !== "older");
    if (all > known && !hasGap) this.#tell(`refunds: of ${all - known} refunded sales there is no record`);
  }

  #acceptances(): Acceptance[] {
    const rows = this.#db.prepare<[], { body: string }>(
      "SELECT body FROM note WHERE stream = 'acceptances' ORDER BY seq",
    );
    const found: Acceptance[] = [];
    this.#attempt(() => found.push(...rows.all().map(({ body }) => readNote("acceptances", body))));
    return found;
  }

  #count(sql: string): number {
    return this.#db.prepare<[], { count: number }>(sql).get()?.count ?? 0;
  }

  #tell(line: string): void {
    if (this.#broken.length < BROKEN_MOST) this.#broken.push(line);
  }

  /** What breaks on the way is told, and the rest is looked at all the same. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof Broken || error instanceof JournalError || isOfSqlite(error)) this.#tell(error.message);
      else throw error;
    }
  }
}

function isOfSqlite(error: unknown): error is Error {
  return error instanceof Database.SqliteError;
}
