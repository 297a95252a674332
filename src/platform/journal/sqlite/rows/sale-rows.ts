import type Database from "better-sqlite3";
import type { SaleEvent } from "../../../../core/sale/event.ts";
import type { SaleRecord } from "../../../../core/sale/record.ts";
import { isoTime } from "../../../../core/time.ts";
import type { Journal } from "../../../../ports/journal.ts";
import type { Archives } from "../archives/archives.ts";
import { type Row, readEvent, readRecord, readRow, readRows } from "../bodies/bodies.ts";
import type { Chain } from "../chain/chain.ts";
import { Marks } from "./marks.ts";
import { Owners } from "./owners.ts";
import { Positions } from "./positions.ts";

interface EventRow extends Row {
  readonly type: string;
}

/** How far back it is looked for sales that were handed to a person. */
export const RECENT_RECORDS = 500;

type SaleRows = Pick<Journal, "lastSale" | "handedOver" | "ownerOf" | "salesAfter" | "newestAtMs" | "positions"> & {
  /**
   * To be called inside of a transaction.
   * @param first where the record's sale begins, when it is not the position's last
   */
  add(position: string, event: SaleEvent, record: SaleRecord | null, first?: number): void;
};

/** The events of sales, and the records of those that are closed. */
export function saleRows(path: string, db: Database.Database, chain: Chain, archives: Archives): SaleRows {
  const owners = new Owners(db, chain.id);
  const positions = new Positions(db, new Marks(db, chain.id));
  const insertEvent = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?)");
  const insertSale = db.prepare("INSERT INTO sale VALUES (?, ?, ?, ?, ?)");
  const newest = db.prepare<[], Row>("SELECT seq, body FROM event ORDER BY seq DESC LIMIT 1");
  const recorded = db.prepare<[string], { first: number }>(
    "SELECT first_event AS first FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1",
  );
  const attention = db.prepare<[number, string, string, number], { first: number; last: number; sale: string }>(
    `SELECT min(first_event) AS first, max(last_event) AS last, body ->> 'saleId' AS sale FROM sale
     WHERE seq > ifnull((SELECT max(seq) FROM sale), 0) - ? AND body ->> 'position' = ? GROUP BY sale
     HAVING max(iif(body ->> 'outcome' = 'needs-attention', body ->> 'closedAt', '')) >= ?
     ORDER BY last DESC LIMIT ?`,
  );
  const saleOf = db.prepare<[number], { sale: string }>("SELECT sale FROM event WHERE seq = ?");
  const ofSale = db.prepare<[number, number, string], EventRow>(
    "SELECT seq, body, body ->> 'type' AS type FROM event WHERE seq BETWEEN ? AND ? AND sale = ? ORDER BY seq",
  );

  function eventsOf(sale: string, first: number, last = Number.MAX_SAFE_INTEGER): SaleEvent[] {
    return withoutOldReadings(ofSale.iterate(first, last, sale)).map((row) => readRow(path, row, readEvent));
  }

  /** Where the record's sale begins. An earlier record of it knows; without one it is the position's last. */
  function firstEvent(position: string, { saleId, amends }: SaleRecord): number | null {
    return amends === true ? (recorded.get(saleId)?.first ?? null) : (positions.lastSale(position)?.first ?? null);
  }

  return {
    add: (position, event, record, begins) => {
      const body = JSON.stringify(event);
      // What could not be read again would keep the kiosk from starting.
      readEvent(body);
      const { seq, hash } = chain.next("event", [position, event.saleId, body]);
      insertEvent.run(seq, position, event.saleId, body, hash);
      owners.learn(event);
      positions.learn(position, event, seq);
      if (record === null) return;
      const text = JSON.stringify(record);
      readRecord(text);
      const first = begins ?? firstEvent(position, record) ?? seq;
      positions.recorded(position, first, seq);
      const link = chain.next("sale", [first, seq, text]);
      insertSale.run(link.seq, first, seq, text, link.hash);
    },
    lastSale: async (position) => {
      const place = positions.lastSale(position);
      if (place === null) return [];
      return eventsOf(saleOf.get(place.first)?.sale ?? "", place.first, place.last ?? undefined);
    },
    handedOver: async (position, sinceMs, limit) => {
      const newestFirst = attention.all(RECENT_RECORDS, position, isoTime(sinceMs), limit);
      return newestFirst.toReversed().map(({ sale, first, last }) => eventsOf(sale, first, last));
    },
    newestAtMs: async () => {
      const row = newest.get();
      return row === undefined ? null : readRow(path, row, readEvent).atMs;
    },
    ownerOf: async (owned) => owners.of(owned),
    positions: async () => positions.all(),
    salesAfter: async (seq, limit) => readRows(path, archives.salesAfter(seq, limit), readRecord),
  };
}

/** A reading says all that the one before it said: of several in a row the last one counts, however many there are. */
function withoutOldReadings(rows: Iterable<EventRow>): EventRow[] {
  const counting: EventRow[] = [];
  for (const row of rows) {
    if (row.type === "metered" && counting.at(-1)?.type === "metered") counting.pop();
    counting.push(row);
  }
  return counting;
}
