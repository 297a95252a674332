import type Database from "better-sqlite3";

/**
 * Which positions a journal knows, and where the last sale of each begins. `event` has no index, so the place stands
 * among the marks, written with the event that begins a sale. What no mark tells of yet (all of an older journal, or
 * what an older kioskd has added since) comes after the newest of them, and is looked up there.
 */
const PREFIX = "last-sale ";

interface Place {
  readonly position: string;
  readonly first: number;
}

/** Writes where a position's last sale begins. */
export function marking(db: Database.Database): (position: string, first: number) => void {
  const write = db.prepare("INSERT INTO mark VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  return (position, first) => void write.run(PREFIX + position, first);
}

/** Marks what no mark tells of yet; to be called before the journal is written to. */
export function learnPositions(db: Database.Database): void {
  const places = unmarked(db);
  if (places.length === 0) return;
  const mark = marking(db);
  db.transaction(() => {
    for (const { position, first } of places) mark(position, first);
  })();
}

/** Tells the number of the first event of a position's last sale; null when it never sold anything. */
export function firstOfLastSale(db: Database.Database): (position: string) => number | null {
  const marked = db.prepare<[string], { value: number }>("SELECT value FROM mark WHERE name = ?");
  return (position) => {
    const late = db.readonly ? unmarked(db).find((each) => each.position === position) : undefined;
    return late?.first ?? marked.get(PREFIX + position)?.value ?? null;
  };
}

/** All that a sale, an order or a reconciliation was ever written of. */
export function positionsOn(db: Database.Database): readonly string[] {
  const marked = db
    .prepare<[string], { name: string }>("SELECT name FROM mark WHERE name GLOB ? || '*'")
    .all(PREFIX)
    .map(({ name }) => name.slice(PREFIX.length));
  const late = db.readonly ? unmarked(db).map(({ position }) => position) : [];
  return [...new Set([...marked, ...late, ...keysOf(db, "orders"), ...keysOf(db, "reconciliations")])].filter(
    (key) => key !== "*",
  );
}

/** Each key is found by a step of its own in the index, however often it stands there. */
function keysOf(db: Database.Database, stream: string): readonly string[] {
  const rows = db
    .prepare<{ stream: string }, { key: string }>(
      `WITH RECURSIVE found (key) AS (
         SELECT min(key) FROM note WHERE stream = @stream
         UNION ALL
         SELECT (SELECT min(key) FROM note WHERE stream = @stream AND key > found.key) FROM found WHERE key IS NOT NULL
       )
       SELECT key FROM found WHERE key IS NOT NULL`,
    )
    .all({ stream });
  return rows.map(({ key }) => key);
}

/** The last sales that begin after the newest mark. */
function unmarked(db: Database.Database): readonly Place[] {
  return db
    .prepare<[string], Place>(
      `SELECT position, max(seq) AS first FROM event
       WHERE seq > (SELECT ifnull(max(value), 0) FROM mark WHERE name GLOB ? || '*')
         AND body ->> 'type' = 'selected'
       GROUP BY position`,
    )
    .all(PREFIX);
}
