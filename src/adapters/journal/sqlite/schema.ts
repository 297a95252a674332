import Database from "better-sqlite3";
import { newJournalId } from "./chain.ts";
import { Broken } from "./errors.ts";
import { seal } from "./seal.ts";

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
 * have none, and the `anchor` behind them has it for all.
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
   CREATE INDEX note_order ON note (key, body ->> 'type', seq) WHERE stream = 'orders';`,
];

/** Of the layout that has the chain; what was written before is sealed when it comes to be. */
const CHAINED = 3;

export function migrate(db: Database.Database): void {
  const version = layoutOf(db);
  db.transaction(() => {
    for (const [index, step] of MIGRATIONS.entries()) {
      if (index >= version) db.exec(step);
    }
    if (version < CHAINED) seal(db, newJournalId());
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

/** What SQLite says that the tables are, in a journal of today's layout. */
function schemaOf(db: Database.Database): string {
  const rows = db
    .prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    .all();
  return rows.map(({ sql }) => sql).join("\n");
}

/** @throws Broken when the tables are not those that the layout's steps make */
export function checkSchema(db: Database.Database): void {
  const fresh = new Database(":memory:");
  try {
    for (const step of MIGRATIONS) fresh.exec(step);
    if (schemaOf(fresh) !== schemaOf(db)) throw new Broken("its tables are not those of a journal");
  } finally {
    fresh.close();
  }
}
