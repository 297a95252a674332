import Database from "better-sqlite3";
import { newJournalId } from "./chain/chain.ts";
import { seal } from "./chain/seal.ts";
import { Broken, BrokenFile } from "./errors.ts";

/** Marks the file as ours ("kios"), so that another program's database is never taken for a journal. */
export const APPLICATION_ID = 0x6b696f73;

/**
 * The steps from an empty file to today's layout; `user_version` counts those that are done. A released step
 * is never changed: a new layout is a new step.
 *
 * `event` has no index: an append writes one small page. `sale` holds the records of closed sales and is the
 * outbox at the same time: its `seq` has no gaps, and the mark `delivered` says up to where the broker has it.
 * `note` holds what else is on record, in streams that are numbered on their own. `owner` says which sale each of the
 * payment service's names belongs to. Each row has its `hash` or `proof` (`chain.ts`); rows of the first two layouts
 * have none, and the `anchor` behind them has it for all. `aside` keeps what stood in a row that could not be read any
 * more when somebody accepted the journal without it.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE event (
     seq INTEGER PRIMARY KEY,
     position TEXT NOT NULL,
     sale TEXT NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TABLE sale (
     seq INTEGER PRIMARY KEY,
     first_event INTEGER NOT NULL,
     last_event INTEGER NOT NULL,
     body TEXT NOT NULL
   ) STRICT;
   CREATE TABLE mark (
     name TEXT PRIMARY KEY,
     value INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   INSERT INTO mark VALUES ('delivered', 0);`,
  `CREATE TABLE note (
     stream TEXT NOT NULL,
     seq INTEGER NOT NULL,
     key TEXT NOT NULL,
     body TEXT NOT NULL,
     PRIMARY KEY (stream, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX note_key ON note (stream, key, seq);`,
  `CREATE TABLE journal (id TEXT NOT NULL) STRICT;
   CREATE TABLE anchor (
     stream TEXT NOT NULL,
     seq INTEGER NOT NULL,
     hash BLOB NOT NULL,
     why TEXT NOT NULL,
     proof BLOB NOT NULL,
     PRIMARY KEY (stream, seq)
   ) STRICT, WITHOUT ROWID;
   ALTER TABLE event ADD COLUMN hash BLOB;
   ALTER TABLE sale ADD COLUMN hash BLOB;
   ALTER TABLE note ADD COLUMN hash BLOB;
   ALTER TABLE mark ADD COLUMN proof BLOB;
   CREATE TABLE owner (
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     sale TEXT NOT NULL,
     proof BLOB NOT NULL,
     PRIMARY KEY (kind, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE aside (
     stream TEXT NOT NULL,
     seq INTEGER NOT NULL,
     row TEXT NOT NULL,
     hash BLOB
   ) STRICT;
   CREATE INDEX note_order ON note (key, body ->> 'type', seq) WHERE stream = 'orders';`,
];

/** Of the layout that has the chain; what was written before is sealed when it comes to be. */
const CHAINED = 3;

/** @param unreadable as `seal` */
export function migrate(db: Database.Database, unreadable: "throw" | "pass over" = "throw"): void {
  const version = layoutOf(db);
  db.transaction(() => {
    for (const [index, step] of MIGRATIONS.entries()) {
      if (index >= version) db.exec(step);
    }
    if (version < CHAINED) seal(db, newJournalId(), unreadable);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
    db.pragma(`application_id = ${APPLICATION_ID}`);
  }).immediate();
}

export function layoutOf(db: Database.Database): number {
  return Number(db.pragma("user_version", { simple: true }));
}

/** Whether there must be a mark outside of it. */
export function isChained(db: Database.Database): boolean {
  return layoutOf(db) >= CHAINED;
}

interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/** What SQLite says that tables and indexes are. */
function schemaOf(db: Database.Database): SchemaObject[] {
  const all = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name";
  return db.prepare<[], SchemaObject>(all).all();
}

/** It takes a few milliseconds to make, and is the same for ever. */
let today: readonly SchemaObject[] | null = null;

function schemaOfToday(): readonly SchemaObject[] {
  today ??= madeAnew();
  return today;
}

function madeAnew(): readonly SchemaObject[] {
  const fresh = new Database(":memory:");
  try {
    for (const step of MIGRATIONS) fresh.exec(step);
    return schemaOf(fresh);
  } finally {
    fresh.close();
  }
}

export function isSchemaOfToday(db: Database.Database): boolean {
  return JSON.stringify(schemaOf(db)) === JSON.stringify(schemaOfToday());
}

/** @throws Broken when the tables are not those that the layout's steps make */
export function checkSchema(db: Database.Database): void {
  if (isSchemaOfToday(db)) return;
  const wanted = schemaOfToday();
  const isAnother = ({ type, name, sql }: SchemaObject): boolean =>
    type === "table" && !wanted.some((each) => each.name === name && each.sql === sql);
  const found = "its tables are not those of a journal";
  throw schemaOf(db).some(isAnother) ? new BrokenFile(found) : new Broken(found);
}

/**
 * Makes tables that are not there, and takes away indexes and triggers that no journal has; `completeSchema` makes the
 * indexes when the rows are in order.
 * @param isIndexWrong takes all indexes away, so that they are made anew
 * @returns what was wrong
 * @throws Broken when a table is not a journal's, or is another one than a journal's
 */
export function mendTables(db: Database.Database, isIndexWrong: boolean): string[] {
  const wanted = schemaOfToday();
  const wrong: string[] = [];
  for (const { type, name, sql } of schemaOf(db)) {
    const isWanted = wanted.some((each) => each.name === name && each.sql === sql);
    if (isWanted && !(isIndexWrong && type === "index")) continue;
    if (type === "table") throw new Broken(`its table ${name} is not a journal's`);
    wrong.push(isWanted ? `its index ${name} does not fit its table` : `its ${type} ${name} is not a journal's`);
    db.exec(`DROP ${type} "${name}"`);
  }
  const there = schemaOf(db).map(({ name }) => name);
  for (const { type, name, sql } of wanted.filter((each) => !there.includes(each.name))) {
    if (!isIndexWrong || type === "table") wrong.push(`its ${type} ${name} is gone`);
    if (type === "table") db.exec(sql);
  }
  return wrong;
}

/** Makes the indexes that are not there. */
export function completeSchema(db: Database.Database): void {
  const there = schemaOf(db).map(({ name }) => name);
  for (const { name, sql } of schemaOfToday()) if (!there.includes(name)) db.exec(sql);
}
