import type { RefundEvent } from "../../../core/refund.ts";
import type { SaleEvent } from "../../../core/sale/event.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import type { Notes } from "../../../ports/journal.ts";
import { openForReading } from "./open.ts";

interface ClosedSale extends SaleRecord {
  readonly seq: number;
}

/** What people read of a journal; safe beside a running daemon. */
export interface History {
  /** The latest closed sales, newest first, each as its last record has it. */
  latest(limit: number, outcome: string | null): readonly ClosedSale[];
  /** A closed sale with its events, oldest first; null when there is none of that id. */
  sale(saleId: string): {
    readonly sale: ClosedSale;
    readonly events: readonly SaleEvent[];
    readonly refunds: readonly RefundEvent[];
    /** Why the payment service did not want its receipt; null unless it said so. */
    readonly receiptRefusal: string | null;
  } | null;
  /** The steps of a sale's refunds, oldest first. */
  refunds(saleId: string): readonly RefundEvent[];
  close(): void;
}

interface Row {
  readonly seq: number;
  readonly first_event: number;
  readonly last_event: number;
  readonly body: string;
}

/** @throws JournalError when there is no journal at the path, or it cannot be read. */
export function openHistory(path: string): History {
  const db = openForReading(path);
  const backwards = db.prepare<[], Row>("SELECT * FROM sale ORDER BY seq DESC");
  const one = db.prepare<[string], Row>("SELECT * FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1");
  const events = db.prepare<[number, number, string], { body: string }>(
    "SELECT body FROM event WHERE seq BETWEEN ? AND ? AND sale = ? ORDER BY seq",
  );
  const notes = db.prepare<[string, string], { body: string }>(
    "SELECT body FROM note WHERE stream = ? AND key = ? ORDER BY seq",
  );
  function notesOf<S extends keyof Notes>(stream: S, key: string): Notes[S][] {
    return notes.all(stream, key).map(({ body }) => JSON.parse(body) as Notes[S]);
  }
  const closedSale = (row: Row): ClosedSale => ({ seq: row.seq, ...(JSON.parse(row.body) as SaleRecord) });
  return {
    latest: (limit, outcome) => {
      const found: ClosedSale[] = [];
      const amended = new Set<string>();
      for (const row of backwards.iterate()) {
        if (found.length >= limit) break;
        const sale = closedSale(row);
        if (!amended.has(sale.saleId) && (outcome === null || sale.outcome === outcome)) found.push(sale);
        if (sale.amends === true) amended.add(sale.saleId);
      }
      return found;
    },
    sale: (saleId) => {
      const row = one.get(saleId);
      if (row === undefined) return null;
      const bodies = events.all(row.first_event, row.last_event, saleId);
      return {
        sale: closedSale(row),
        events: bodies.map(({ body }) => JSON.parse(body) as SaleEvent),
        refunds: notesOf("refunds", saleId),
        receiptRefusal: notesOf("receiptRefusals", saleId)[0]?.detail ?? null,
      };
    },
    refunds: (saleId) => notesOf("refunds", saleId),
    close: () => db.close(),
  };
}
