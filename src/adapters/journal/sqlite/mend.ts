import type Database from "better-sqlite3";
import type { Notes } from "../../../ports/journal.ts";
import { readEvent, readNote, readRecord } from "./bodies.ts";
import { Chain, type ChainedRow, type Head, journalId, newJournalId, STREAMS } from "./chain.ts";
import { JournalError } from "./errors.ts";
import { Found } from "./found.ts";
import { Marks } from "./marks.ts";
import { OpenSales } from "./open-sales.ts";
import type { ReadMark } from "./outside-mark.ts";
import { type OwnedSale, Owners } from "./owners.ts";
import { Positions } from "./positions.ts";
import { SOURCES } from "./reader-rows.ts";
import { completeSchema, layoutOf, MIGRATIONS, mendTables, migrate } from "./schema.ts";
import { type Seen, walk } from "./walk.ts";

export interface Mending {
  readonly known: ReadMark;
  readonly nowMs: number;
  /** It has just been made, for one that is gone. */
  readonly isNew: boolean;
  /** SQLite says that its indexes do not fit its tables. */
  readonly hasWrongIndexes: boolean;
  /** Is told of each row that was looked at. */
  looked(): void;
}

const OWNERS_AT_ONCE = 1_000;
const CHANGED = "is not as it was written";

/**
 * Puts a journal right as far as that can be done, and tells what was wrong: afterwards it is one that can be opened. To
 * be called inside of a transaction. What cannot be read is put aside, what is gone leaves a gap, and all else is kept
 * as it is.
 * @throws Broken when its tables are not a journal's, JournalError when a newer version wrote it
 */
export function mend(path: string, db: Database.Database, mending: Mending): Found {
  const found = new Found();
  mendLayout(path, db, found);
  for (const what of mendTables(db, mending.hasWrongIndexes)) found.wrong(what);
  mendId(db, mending.known, found);
  const chain = new Chain(db);
  const sales = new OpenSales();
  const mendRows = (stream: string, take: (row: ChainedRow) => void = () => {}): void =>
    mendStream(db, chain, stream, found, (row) => {
      mending.looked();
      take(row);
    });
  mendOwners(db, chain, found, (learn) => {
    mendRows("event", (row) => {
      const [position, saleId] = row.columns.map(String) as [string, string];
      const event = readEvent(row.body);
      learn(event);
      sales.event(position, saleId, event, row.seq);
    });
  });
  mendRows("sale", ({ body }) => sales.record(readRecord(body).saleId));
  for (const stream of STREAMS.slice(2)) mendRows(stream);
  mendReach(chain, mending, found);
  mendMarks(db, chain, sales.lastSales(), found);
  completeSchema(db);
  if (!found.isNothing) sales.handOver(path, db, chain, mending.nowMs, found);
  return found;
}

function mendLayout(path: string, db: Database.Database, found: Found): void {
  const layout = layoutOf(db);
  if (layout === MIGRATIONS.length) return;
  const tables = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'anchor'").get();
  if (tables !== undefined && layout < MIGRATIONS.length) {
    found.wrong(`its layout says ${layout}, its tables are of layout ${MIGRATIONS.length}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  } else if (layout < MIGRATIONS.length) migrate(db, "pass over");
  else throw new JournalError(`${path} was written by a newer kioskd (layout ${layout}): install that version again.`);
}

/** It is what every link begins with. */
function mendId(db: Database.Database, known: ReadMark, found: Found): void {
  if (journalId(db) !== "") return;
  db.prepare("DELETE FROM journal").run();
  db.prepare("INSERT INTO journal VALUES (?)").run(known.kind === "reached" ? known.reached.journal : newJournalId());
  found.wrong("its own id is gone");
}

function reading(stream: string): (row: ChainedRow) => void {
  if (stream === "event") return ({ body }) => void readEvent(body);
  if (stream === "sale") return ({ body }) => void readRecord(body);
  return ({ body }) => void readNote(stream as keyof Notes, body);
}

function mendStream(
  db: Database.Database,
  chain: Chain,
  stream: string,
  found: Found,
  take: (row: ChainedRow) => void,
): void {
  /** The last of the rows that have no hash of their own. */
  let sealed: Head | null = null;
  for (const seen of walk(chain, stream, reading(stream))) {
    const { seq, row, anchor, problem, unreadable, head } = seen;
    if (problem?.kind === "gone") found.gap({ stream, from: problem.from, to: problem.to }, "is gone");
    if (row === null) {
      if (problem !== null) moveSeal(chain, seen, sealed);
      continue;
    }
    if (unreadable !== null) {
      found.gap({ stream, from: seq, to: seq }, `cannot be read and is put aside: ${unreadable}`);
      // Its index may not bear what it holds.
      if (stream === "orders") db.exec("DROP INDEX IF EXISTS note_order");
      chain.putAside(stream, seq);
      if (anchor?.why === "older") moveSeal(chain, seen, sealed);
      else chain.putAnchor(stream, head, "accepted");
      continue;
    }
    if (problem !== null) {
      if (problem.kind === "changed") found.row(stream, seq, CHANGED);
      chain.rehash(stream, seq, seen.ownHash);
      chain.putAnchor(stream, head, anchor?.why ?? "accepted");
    }
    if (row.hash === null) sealed = head;
    take(row);
  }
}

/** The anchor for all rows without a hash stands at the last of them that is there; the stream goes on where it did. */
function moveSeal(chain: Chain, { stream, head }: Seen, sealed: Head | null): void {
  chain.putAnchor(stream, head, "accepted");
  if (sealed !== null) chain.putAnchor(stream, sealed, "older");
}

function mendOwners(
  db: Database.Database,
  chain: Chain,
  found: Found,
  throughEvents: (learn: Owners["learn"]) => void,
): void {
  const owners = new Owners(db, chain.id);
  const taken: OwnedSale[] = [];
  for (let after: Parameters<Owners["takeChanged"]>[0] | null = { kind: "offer", name: "" }; after !== null; ) {
    const step = owners.takeChanged(after, OWNERS_AT_ONCE);
    taken.push(...step.taken);
    after = step.through;
  }
  for (const { kind, name } of taken) found.wrong(`which sale the ${kind} ${name} belongs to was changed`);
  throughEvents((event) => {
    const isNew = owners.learn(event);
    const brought =
      event.type === "offer-made" ? event.reference : event.type === "captured" ? event.receipt.paymentReference : null;
    if (isNew && !taken.some(({ name }) => name === brought)) {
      found.wrong(`it was not written down any more which sale ${brought} belongs to`);
    }
    return isNew;
  });
  // Of what no event tells any more: a name stays somebody's.
  for (const owned of taken) owners.put(owned);
}

/** Numbers that were given out once are never given again. */
function mendReach(chain: Chain, { known, isNew }: Mending, found: Found): void {
  if (isNew) found.wrong("it is gone, and a new one is begun", "all that was in it");
  if (known.kind === "none") found.wrong("it has no mark, which says how far it had come", "its end: nobody can tell");
  else if (known.kind === "unreadable") {
    found.wrong("its mark is damaged, and does not say how far it had come", "its end: nobody can tell");
  } else {
    const { journal, streams } = known.reached;
    const isOwn = journal === chain.id;
    if (!isOwn && !isNew) found.wrong("its mark is another journal's", "all that the other one holds");
    for (const stream of Object.keys(streams).filter((each) => !STREAMS.includes(each))) {
      found.wrong(
        `its mark tells of "${stream}", which this version does not know`,
        "what a newer version wrote there",
      );
    }
    for (const stream of STREAMS) {
      const [seq, hash] = streams[stream] ?? [0, ""];
      const { seq: ownSeq } = chain.head(stream);
      if (ownSeq < seq) {
        found.gap({ stream, from: ownSeq + 1, to: seq }, isOwn || isNew ? "is gone" : "is of the other journal");
        chain.putAnchor(stream, { seq, hash: Buffer.from(hash, "hex") }, "accepted");
      } else if (isOwn && seq > 0) {
        const at = chain.at(stream, seq);
        if (at?.toString("hex") === hash) continue;
        found.row(stream, seq, "is not the one that the mark knows");
        const hasAnchor = chain.anchors(stream).some((anchor) => anchor.seq === seq);
        if (at !== null && !hasAnchor) chain.putAnchor(stream, { seq, hash: at }, "accepted");
      }
    }
  }
}

function mendMarks(db: Database.Database, chain: Chain, lastSales: ReadonlyMap<string, number>, found: Found): void {
  const marks = new Marks(db, chain.id);
  const changed = new Set(marks.changed().map(({ name }) => name));
  for (const name of changed) found.wrong(`its mark "${name}" was changed`, lossOfMark(name));
  const [first] = chain.rows("event", 1, 1);
  const moved = new Positions(db, marks).learnAnew(lastSales, first?.seq ?? 1, (name) => !changed.has(name));
  for (const name of moved.filter((each) => !changed.has(each))) found.wrong(`its mark "${name}" was wrong`);
  for (const name of changed) {
    if (moved.includes(name)) continue;
    const reader = Object.entries(SOURCES).find(([, { mark }]) => mark === name);
    // What was sent is sent once more rather than never; a receipt is rather missing than there twice.
    if (reader === undefined) marks.put(name, marks.get(name) ?? 0);
    else marks.put(name, name === "receipts" ? chain.head("sale").seq : 0);
  }
  if (marks.get(SOURCES.sales.mark) !== null) return;
  found.wrong(`its mark "${SOURCES.sales.mark}" is gone`, lossOfMark(SOURCES.sales.mark));
  marks.put(SOURCES.sales.mark, 0);
}

function lossOfMark(name: string): string {
  if (name === "receipts") return "receipts that were not attached yet: none is attached any more";
  return Object.values(SOURCES).some(({ mark }) => mark === name) ? "how far it was read: it is read once more" : "";
}
