import type { SaleEvent } from "../../../core/sale/event.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import type { Journal, OutboxEntry } from "../../../ports/journal.ts";
import { JournalError, openForWriting } from "./open.ts";

interface EventRow {
  readonly seq: number;
  readonly sale: string;
  readonly body: string;
}

interface SaleRow {
  readonly seq: number;
  readonly body: string;
}

/**
 * The journal in one SQLite file, in WAL mode with a sync at every commit.
 * @throws JournalError when the file cannot be used; nothing is changed then.
 */
export function openJournal(path: string): Journal {
  const { db, unlock } = openForWriting(path);
  const insertEvent = db.prepare("INSERT INTO event (position, sale, body) VALUES (?, ?, ?)");
  const insertSale = db.prepare("INSERT INTO sale (first_event, last_event, body) VALUES (?, ?, ?)");
  const backwards = db.prepare<[string], EventRow>(
    "SELECT seq, sale, body FROM event WHERE position = ? ORDER BY seq DESC",
  );
  const newest = db.prepare<[], { body: string }>("SELECT body FROM event ORDER BY seq DESC LIMIT 1");
  const waiting = db.prepare<[number], SaleRow>(
    "SELECT seq, body FROM sale WHERE seq > (SELECT value FROM mark WHERE name = 'delivered') ORDER BY seq LIMIT ?",
  );
  const count = db.prepare<[], { waiting: number }>(
    `SELECT ifnull((SELECT max(seq) FROM sale), 0) - (SELECT value FROM mark WHERE name = 'delivered') AS waiting`,
  );
  const advance = db.prepare("UPDATE mark SET value = ? WHERE name = 'delivered' AND value < ?");
  const checked = db.prepare(
    "INSERT OR REPLACE INTO mark VALUES ('checked', ifnull((SELECT value FROM mark WHERE name = 'checked'), 0) + 1)",
  );

  function lastSaleRows(position: string): EventRow[] {
    const rows: EventRow[] = [];
    for (const row of backwards.iterate(position)) {
      if (rows[0] !== undefined && row.sale !== rows[0].sale) break;
      rows.push(row);
    }
    return rows.reverse();
  }

  const append = db.transaction((position: string, event: SaleEvent, record: SaleRecord | null) => {
    const { lastInsertRowid } = insertEvent.run(position, event.saleId, JSON.stringify(event));
    if (record === null) return;
    const first = lastSaleRows(position)[0];
    insertSale.run(first?.seq ?? lastInsertRowid, lastInsertRowid, JSON.stringify(record));
  });

  return {
    append: async (position, event, record) => append.immediate(position, event, record),
    lastSale: async (position) => lastSaleRows(position).map((row) => parse<SaleEvent>(path, row)),
    newestAtMs: async () => {
      const row = newest.get();
      return row === undefined ? null : parse<SaleEvent>(path, { seq: 0, ...row }).atMs;
    },
    undelivered: async (limit) =>
      waiting.all(limit).map((row): OutboxEntry => ({ seq: row.seq, record: parse<SaleRecord>(path, row) })),
    acknowledge: async (seq) => {
      advance.run(seq, seq);
    },
    undeliveredCount: async () => count.get()?.waiting ?? 0,
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

function parse<T>(path: string, row: { readonly seq: number; readonly body: string }): T {
  try {
    return JSON.parse(row.body) as T;
  } catch {
    throw new JournalError(`The journal ${path} holds an entry that cannot be read (number ${row.seq}).`);
  }
}
