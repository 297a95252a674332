import type { RefundEvent } from "../../../core/refund.ts";
import type { SaleEvent } from "../../../core/sale/event.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import type { Notes } from "../../../ports/journal.ts";
import { readEvent, readNote, readRecord, readRow } from "./bodies.ts";
import { guarded } from "./errors.ts";
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
  readonly body: string;
}

interface SaleRow extends Row {
  readonly first_event: number;
  readonly last_event: number;
}

/** @throws JournalError when there is no journal at the path, or it cannot be read; so does each method for an entry. */
export function openHistory(path: string): History {
  const db = openForReading(path);
  const backwards = db.prepare<[], SaleRow>("SELECT * FROM sale ORDER BY seq DESC");
  const one = db.prepare<[string], SaleRow>("SELECT * FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1");
  const events = db.prepare<[number, number, string], Row>(
    "SELECT seq, body FROM event WHERE seq BETWEEN ? AND ? AND sale = ? ORDER BY seq",
  );
  const notes = db.prepare<[string, string], Row>(
    "SELECT seq, body FROM note WHERE stream = ? AND key = ? ORDER BY seq",
  );
  function notesOf<S extends keyof Notes>(stream: S, key: string): Notes[S][] {
    return notes.all(stream, key).map((row) => readRow(path, row, (text) => readNote(stream, text)));
  }
  const closedSale = (row: SaleRow): ClosedSale => ({ seq: row.seq, ...readRow(path, row, readRecord) });
  function latest(limit: number, outcome: string | null): readonly ClosedSale[] {
    const found: ClosedSale[] = [];
    const amended = new Set<string>();
    for (const row of backwards.iterate()) {
      if (found.length >= limit) break;
      const sale = closedSale(row);
      if (!amended.has(sale.saleId) && (outcome === null || sale.outcome === outcome)) found.push(sale);
      if (sale.amends === true) amended.add(sale.saleId);
    }
    return found;
  }
  function sale(saleId: string): ReturnType<History["sale"]> {
    const row = one.get(saleId);
    if (row === undefined) return null;
    const rows = events.all(row.first_event, row.last_event, saleId);
    return {
      sale: closedSale(row),
      events: rows.map((each) => readRow(path, each, readEvent)),
      refunds: notesOf("refunds", saleId),
      receiptRefusal: notesOf("receiptRefusals", saleId)[0]?.detail ?? null,
    };
  }
  return {
    latest: (limit, outcome) => guarded(path, () => latest(limit, outcome)),
    sale: (saleId) => guarded(path, () => sale(saleId)),
    refunds: (saleId) => guarded(path, () => notesOf("refunds", saleId)),
    close: () => db.close(),
  };
}
