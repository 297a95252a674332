import type Database from "better-sqlite3";

/** Marks the file as ours ("kios"), so that another program's database is never taken for a journal. */
export const APPLICATION_ID = 0x6b696f73;

/**
 * The steps from an empty file to today's layout; `user_version` counts those that are done. A released step
 * is never changed: a new layout is a new step.
 *
 * `event` has no index: an append writes one small page. `sale` holds the records of closed sales and is the
 * outbox at the same time: its `seq` has no gaps, and the mark `delivered` says up to where the broker has it.
 * `note` holds what else is on record, in streams that are numbered on their own. `owner` says which sale each of the
 * payment service's names belongs to.
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
  `CREATE TABLE owner (
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     sale TEXT NOT NULL,
     PRIMARY KEY (kind, name)
   ) STRICT, WITHOUT ROWID;
   INSERT OR IGNORE INTO owner
     SELECT 'offer', body ->> 'reference', sale FROM event WHERE body ->> 'type' = 'offer-made' ORDER BY seq;
   INSERT OR IGNORE INTO owner
     SELECT 'payment', body -> 'receipt' ->> 'paymentReference', sale FROM event
     WHERE body ->> 'type' = 'captured' ORDER BY seq;`,
];

export function migrate(db: Database.Database): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  db.transaction(() => {
    for (const [index, step] of MIGRATIONS.entries()) {
      if (index >= version) db.exec(step);
    }
    db.pragma(`user_version = ${MIGRATIONS.length}`);
    db.pragma(`application_id = ${APPLICATION_ID}`);
  }).immediate();
}
