import type Database from "better-sqlite3";
import { isStreamOfLoss, journalMatter } from "../../../../core/matters.ts";
import type { Notes } from "../../../../ports/journal.ts";
import { ARCHIVED } from "../archives/archive-file.ts";
import { Archives } from "../archives/archives.ts";
import { readEvent, readNote, readRecord } from "../bodies/bodies.ts";
import { acceptedIn, changedText, UNTOLD, untoldAnchors } from "../chain/anchors.ts";
import {
  beginning,
  Chain,
  type ChainedRow,
  type Head,
  journalId,
  MOST_ACCEPTED_SEQ,
  nameOf,
  newJournalId,
  STREAMS,
} from "../chain/chain.ts";
import type { ReadMark } from "../chain/outside-mark.ts";
import { type Seen, walk } from "../chain/walk.ts";
import { JournalError } from "../errors.ts";
import { wrongHeader } from "../open.ts";
import { Marks } from "../rows/marks.ts";
import { noteRows } from "../rows/note-rows.ts";
import { ownedBy, writtenAs } from "../rows/owned-names.ts";
import { type OwnedSale, Owners } from "../rows/owners.ts";
import { Positions } from "../rows/positions.ts";
import { SOURCES } from "../rows/reader-rows.ts";
import { APPLICATION_ID, completeSchema, layoutOf, MIGRATIONS, mendTables, migrate } from "../tables.ts";
import { Found, placeText } from "./found.ts";
import { OpenSales } from "./open-sales.ts";

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
  mendHeader(path, db, mending.known, found);
  for (const what of mendTables(db, mending.hasWrongIndexes)) found.wrong(what);
  mendId(db, mending.known, found);
  const chain = new Chain(db);
  mendAnchors(path, db, chain, found);
  mendNumbers(db, chain, found);
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
  mendUntold(db, chain, found);
  mendMarks(db, chain, sales.lastSales(), found);
  completeSchema(db);
  if (found.isNothing) return found;
  sales.handOver(path, db, chain, mending.nowMs, found);
  tellPerson(path, db, chain, mending.nowMs, found);
  return found;
}

/** A sale that is wholly lost leaves nothing that could be handed to a person but its numbers. */
function tellPerson(path: string, db: Database.Database, chain: Chain, nowMs: number, found: Found): void {
  const gone = found.gaps.filter(({ stream }) => isStreamOfLoss(stream));
  if (gone.length === 0 && !found.isEndUnknown) return;
  const places = gone.map((gap) => ({ stream: gap.stream, text: placeText(gap) }));
  const matter = journalMatter(places, found.isEndUnknown, nowMs);
  noteRows(path, db, chain).add("matters", matter.matterId, () => ({ type: "arose", ...matter }));
  found.waiting = matter.detail;
}

function mendHeader(path: string, db: Database.Database, known: ReadMark, found: Found): void {
  const wrong = wrongHeader(db, known);
  if (wrong !== null) {
    found.wrong(wrong);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }
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

/** A number that no row can have keeps all that come behind it from being counted. */
function mendNumbers(db: Database.Database, chain: Chain, found: Found): void {
  for (const stream of STREAMS) {
    const rows = chain.putAsideUncounted(stream);
    if (rows === 0) continue;
    found.wrong(`${nameOf(stream)}: ${rows} with a number that none can have, put aside`);
    if (stream === "orders") db.exec("DROP INDEX IF EXISTS note_order");
  }
}

/** What an anchor hides that is not as it was written is found when the rows are followed without it. */
function mendAnchors(path: string, db: Database.Database, chain: Chain, found: Found): void {
  const archives = new Archives(path, db, chain.id);
  for (const anchor of chain.changedAnchors()) {
    found.wrong(changedText(anchor));
    chain.removeAnchor(anchor);
    const { stream, seq, why } = anchor;
    if (why !== "archived" && why !== "end") continue;
    const hash = archives.hashAt(stream, seq);
    if (hash !== null) chain.putAnchor(stream, { seq, hash }, why);
  }
  for (const stream of ARCHIVED) {
    const seq = archives.through(stream);
    if (chain.archived(stream).seq >= seq) continue;
    const hash = archives.hashAt(stream, seq);
    if (hash === null) continue;
    found.wrong(`it was not written down any more that its archives end with ${nameOf(stream)} ${seq}`);
    chain.putAnchor(stream, { seq, hash }, "archived");
  }
}

/** Where somebody is said to have gone on: from now on it is true. */
function mendUntold(db: Database.Database, chain: Chain, found: Found): void {
  for (const { stream, seq } of untoldAnchors(chain, [...acceptedIn(db), ...found.accepted])) {
    const isThere = chain.rows(stream, seq, 1)[0]?.seq === seq;
    if (isThere) found.row(stream, seq, UNTOLD);
    else found.gap({ stream, from: chain.before(stream, seq).seq + 1, to: seq }, UNTOLD);
    found.goesOn(stream, seq);
  }
}

/** The stream goes on from there, whatever is missing before it. */
function goOn(chain: Chain, stream: string, head: Head, found: Found): void {
  chain.putAnchor(stream, head, "accepted");
  found.goesOn(stream, head.seq);
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
  let before = beginning(chain.id, stream);
  for (const seen of walk(chain, stream, reading(stream))) {
    const { seq, row, anchor, problem, unreadable, head } = seen;
    if (problem?.kind === "gone") found.gap({ stream, from: problem.from, to: problem.to }, "is gone");
    if (row === null) {
      // What is archived has an anchor at both of its ends.
      if (problem !== null && anchor?.why === "archived") chain.putAnchor(stream, before, "end");
      else if (problem !== null) moveSeal(chain, seen, sealed, found);
      before = head;
      continue;
    }
    if (unreadable !== null) {
      found.gap({ stream, from: seq, to: seq }, `cannot be read and is put aside: ${unreadable}`);
      // Its index may not bear what it holds.
      if (stream === "orders") db.exec("DROP INDEX IF EXISTS note_order");
      chain.putAside(stream, seq);
      if (anchor?.why === "older") moveSeal(chain, seen, sealed, found);
      else goOn(chain, stream, head, found);
      before = head;
      continue;
    }
    if (problem !== null) {
      if (problem.kind === "changed") found.row(stream, seq, CHANGED);
      chain.rehash(stream, seq, seen.ownHash);
      if (anchor === null || anchor.why === "accepted") goOn(chain, stream, head, found);
    }
    before = head;
    if (row.hash === null) sealed = head;
    take(row);
  }
}

/** The anchor for all rows without a hash stands at the last of them that is there; the stream goes on where it did. */
function moveSeal(chain: Chain, { stream, head }: Seen, sealed: Head | null, found: Found): void {
  goOn(chain, stream, head, found);
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
    const owned = ownedBy(event);
    if (isNew && owned !== null && !taken.some(({ name }) => name === writtenAs(owned))) {
      found.wrong(`it was not written down any more which sale ${owned.name} belongs to`);
    }
    return isNew;
  });
  // Of what no event tells any more: a name stays somebody's.
  for (const owned of taken) owners.put(owned);
}

/** A mark whose numbers leave no room for those that would come behind them says nothing. */
function countable(chain: Chain, known: ReadMark): ReadMark {
  if (known.kind !== "reached") return known;
  const isBeyond = STREAMS.some((stream) => {
    const [seq] = known.reached.streams[stream] ?? [0];
    return seq > MOST_ACCEPTED_SEQ && seq > chain.head(stream).seq;
  });
  return isBeyond ? { kind: "unreadable" } : known;
}

/** Numbers that were given out once are never given again. */
function mendReach(chain: Chain, { known: read, isNew }: Mending, found: Found): void {
  const known = countable(chain, read);
  if (isNew) found.wrong("it is gone, and a new one is begun", "all that was in it");
  found.isEndUnknown = isNew || known.kind !== "reached" || known.reached.journal !== chain.id;
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
        goOn(chain, stream, { seq, hash: Buffer.from(hash, "hex") }, found);
      } else if (isOwn && seq > 0) {
        const at = chain.at(stream, seq);
        if (at?.toString("hex") === hash) continue;
        found.row(stream, seq, "is not the one that the mark knows");
        const hasAnchor = chain.anchors(stream).some((anchor) => anchor.seq === seq);
        if (at !== null && !hasAnchor) goOn(chain, stream, { seq, hash: at }, found);
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
