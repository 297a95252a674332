import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../core/sale/event.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import { isoTime } from "../../../core/time.ts";
import type { Entry, Journal, NoteKey, Notes, OwnedName, Readers } from "../../../ports/journal.ts";
import { JournalError, openBeside, openForReading, openForWriting } from "./open.ts";
import { firstOfLastSale, marking, positionsOn } from "./positions.ts";

interface Row {
  readonly seq: number;
  readonly body: string;
}

interface EventRow extends Row {
  readonly sale: string;
  readonly type: string;
}

/** How far back it is looked for sales that were handed to a person. */
const RECENT_RECORDS = 500;

/**
 * The journal in one SQLite file, in WAL mode with a sync at every commit.
 * @throws JournalError when the file cannot be used; nothing is changed then.
 */
export function openJournal(path: string): Journal {
  const { db, unlock } = openForWriting(path);
  return journalOn(path, db, unlock);
}

/**
 * The same beside a running daemon, for a command that notes something; sales are the daemon's alone.
 * @throws JournalError as `openJournal`, and when there is no file.
 */
export function openJournalBeside(path: string): Omit<Journal, "append"> {
  return journalOn(path, openBeside(path), () => undefined);
}

/**
 * What the journal knows of positions, for whoever only looks.
 * @throws JournalError as `openJournalBeside`.
 */
export function openJournalForReading(
  path: string,
): Pick<Journal, "positions" | "lastSale" | "notes" | "notesAfter" | "close"> {
  return journalOn(path, openForReading(path), () => undefined);
}

function journalOn(path: string, db: Database.Database, unlock: () => void): Journal {
  const newest = db.prepare<[], Row>("SELECT seq, body FROM event ORDER BY seq DESC LIMIT 1");
  const checked = db.prepare(
    "INSERT INTO mark VALUES ('checked', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
  );
  return {
    ...salesOn(path, db),
    ...notesOn(path, db),
    positions: async () => positionsOn(db),
    ...readersOn(path, db),
    newestAtMs: async () => {
      const row = newest.get();
      return row === undefined ? null : parse<SaleEvent>(path, row).atMs;
    },
    check: async () => {
      checked.run();
    },
    tidy: async () => {
      db.pragma("wal_checkpoint(TRUNCATE)");
    },
    close: async () => {
      if (!db.open) return;
      db.close();
      unlock();
    },
  };
}

function salesOn(
  path: string,
  db: Database.Database,
): Pick<Journal, "append" | "lastSale" | "handedOver" | "ownerOf" | "salesAfter"> {
  const insertEvent = db.prepare("INSERT INTO event (position, sale, body) VALUES (?, ?, ?)");
  const insertSale = db.prepare("INSERT INTO sale (first_event, last_event, body) VALUES (?, ?, ?)");
  const mark = marking(db);
  const firstOf = firstOfLastSale(db);
  const backwards = db.prepare<[string, number], EventRow>(
    `SELECT seq, sale, body, body ->> 'type' AS type FROM event WHERE position = ? AND seq >= ?
     ORDER BY seq DESC`,
  );
  const recorded = db.prepare<[string], { first: number }>(
    "SELECT first_event AS first FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1",
  );
  const attention = db.prepare<[number, string, string], { first: number; sale: string }>(
    `SELECT first_event AS first, body ->> 'saleId' AS sale FROM sale
     WHERE seq > ifnull((SELECT max(seq) FROM sale), 0) - ? AND body ->> 'outcome' = 'needs-attention'
       AND body ->> 'position' = ? AND body ->> 'closedAt' >= ? ORDER BY seq`,
  );
  const own = db.prepare("INSERT OR IGNORE INTO owner VALUES (?, ?, ?)");
  const owner = db.prepare<[string, string], { sale: string }>("SELECT sale FROM owner WHERE kind = ? AND name = ?");
  const ofSale = db.prepare<[number, string], Row>(
    "SELECT seq, body FROM event WHERE seq >= ? AND sale = ? ORDER BY seq",
  );
  const after = db.prepare<[number, number], Row>("SELECT seq, body FROM sale WHERE seq > ? ORDER BY seq LIMIT ?");

  function lastSaleRows(position: string): Row[] {
    const rows: EventRow[] = [];
    const first = firstOf(position);
    if (first === null) return rows;
    for (const row of backwards.iterate(position, first)) {
      rows.push(row);
      if (row.type === "selected") break;
    }
    const last = rows.at(-1);
    return rows.filter(({ sale }) => sale === last?.sale).reverse();
  }

  /** Where the record's sale begins. An earlier record of it knows; without one it is the position's last. */
  function firstEvent(position: string, { saleId, amends }: SaleRecord): number | undefined {
    return amends === true ? recorded.get(saleId)?.first : lastSaleRows(position)[0]?.seq;
  }

  const append = db.transaction((position: string, event: SaleEvent, record: SaleRecord | null) => {
    const { lastInsertRowid } = insertEvent.run(position, event.saleId, JSON.stringify(event));
    const owned = ownedBy(event);
    if (owned !== null) own.run(owned.kind, owned.name, event.saleId);
    if (event.type === "selected") mark(position, Number(lastInsertRowid));
    if (record === null) return;
    insertSale.run(firstEvent(position, record) ?? lastInsertRowid, lastInsertRowid, JSON.stringify(record));
  });

  return {
    append: async (position, event, record) => append.immediate(position, event, record),
    lastSale: async (position) => lastSaleRows(position).map((row) => parse<SaleEvent>(path, row)),
    handedOver: async (position, sinceMs) => {
      const records = attention.all(RECENT_RECORDS, position, isoTime(sinceMs));
      const sales = new Map(records.map(({ sale, first }) => [sale, first]));
      return [...sales].map(([sale, first]) => ofSale.all(first, sale).map((row) => parse<SaleEvent>(path, row)));
    },
    ownerOf: async ({ kind, name }) => owner.get(kind, name)?.sale ?? null,
    salesAfter: async (seq, limit) => entries<SaleRecord>(path, after.all(seq, limit)),
  };
}

/** What an event brings that no other sale may have. */
function ownedBy(event: SaleEvent): OwnedName | null {
  if (event.type === "offer-made") return { kind: "offer", name: event.reference };
  return event.type === "captured" ? { kind: "payment", name: event.receipt.paymentReference } : null;
}

function notesOn(path: string, db: Database.Database): Pick<Journal, "notes" | "notesAfter" | "note"> {
  const ofKey = db.prepare<[string, string], Row>(
    "SELECT seq, body FROM note WHERE stream = ? AND key = ? ORDER BY seq",
  );
  const ofKeys = db.prepare<[string, string], Row>(
    "SELECT seq, body FROM note WHERE stream = ? AND key IN (SELECT value FROM json_each(?)) ORDER BY seq",
  );
  const after = db.prepare<[string, number, number], Row>(
    "SELECT seq, body FROM note WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?",
  );
  const insert = db.prepare(
    "INSERT INTO note SELECT @stream, ifnull(max(seq), 0) + 1, @key, @body FROM note WHERE stream = @stream",
  );

  function notes<S extends keyof Notes>(stream: S, key: string | readonly string[]): Notes[S][] {
    const keys = [key].flat();
    const [only] = keys;
    const rows =
      only !== undefined && keys.length === 1 ? ofKey.all(stream, only) : ofKeys.all(stream, JSON.stringify(keys));
    return rows.map((row) => parse<Notes[S]>(path, row));
  }

  async function note<S extends keyof Notes>(
    stream: S,
    key: NoteKey,
    decide: (notes: readonly Notes[S][]) => Notes[S] | null,
  ): Promise<Notes[S] | null> {
    const own = typeof key === "string" ? key : key[0];
    const added = db.transaction(() => {
      const body = decide(notes(stream, key));
      if (body !== null) insert.run({ stream, key: own, body: JSON.stringify(body) });
      return body;
    });
    return added.immediate();
  }

  return {
    notes: async (stream, key) => notes(stream, key),
    notesAfter: async (stream, seq, limit) => entries(path, after.all(stream, seq, limit)),
    note,
  };
}

/** Where each reader reads. Names of marks are the readers', but for the first one of all. */
const SOURCES: Readonly<Record<keyof Readers, { readonly from: string; readonly mark: string }>> = {
  sales: { from: "sale WHERE true", mark: "delivered" },
  receipts: { from: "sale WHERE true", mark: "receipts" },
  refunds: { from: "note WHERE stream = 'refunds'", mark: "refunds" },
  reconciliations: { from: "note WHERE stream = 'reconciliations'", mark: "reconciliations" },
  unaccounted: { from: "note WHERE stream = 'unaccounted'", mark: "unaccounted" },
  "matters-of-sales": { from: "sale WHERE true", mark: "matters-of-sales" },
  "matters-of-refunds": { from: "note WHERE stream = 'refunds'", mark: "matters-of-refunds" },
  "matters-of-unaccounted": { from: "note WHERE stream = 'unaccounted'", mark: "matters-of-unaccounted" },
  matters: { from: "note WHERE stream = 'matters'", mark: "matters" },
};

function readersOn(
  path: string,
  db: Database.Database,
): Pick<Journal, "pending" | "pendingCount" | "reread" | "acknowledge"> {
  const mark = "ifnull((SELECT value FROM mark WHERE name = @mark), 0)";
  const statements = Object.entries(SOURCES).map(([reader, { from, mark: name }]) => {
    const pending = db.prepare<[{ mark: string; limit: number }], Row>(
      `SELECT seq, body FROM ${from} AND seq > ${mark} ORDER BY seq LIMIT @limit`,
    );
    const count = db.prepare<[{ mark: string }], { waiting: number }>(
      `SELECT ifnull((SELECT max(seq) FROM ${from}), 0) - ${mark} AS waiting`,
    );
    return [reader, { pending, count, name }] as const;
  });
  const readers = new Map(statements);
  const of = (reader: string) => {
    const found = readers.get(reader);
    if (found === undefined) throw new Error(`no reader ${reader}`);
    return found;
  };
  const advance = db.prepare(
    "INSERT INTO mark VALUES (@mark, @seq) ON CONFLICT (name) DO UPDATE SET value = @seq WHERE value < @seq",
  );
  const goBack = db.prepare("UPDATE mark SET value = @seq WHERE name = @mark AND value > @seq");
  return {
    reread: async (reader, fromSeq) => {
      goBack.run({ mark: of(reader).name, seq: Math.max(0, fromSeq - 1) });
    },
    pending: async (reader, limit) => entries(path, of(reader).pending.all({ mark: of(reader).name, limit })),
    pendingCount: async (reader) => of(reader).count.get({ mark: of(reader).name })?.waiting ?? 0,
    acknowledge: async (reader, seq) => {
      advance.run({ mark: of(reader).name, seq });
    },
  };
}

function entries<T>(path: string, rows: readonly Row[]): Entry<T>[] {
  return rows.map((row) => ({ seq: row.seq, body: parse<T>(path, row) }));
}

function parse<T>(path: string, row: Row): T {
  try {
    return JSON.parse(row.body) as T;
  } catch {
    throw new JournalError(`The journal ${path} holds an entry that cannot be read (number ${row.seq}).`);
  }
}
