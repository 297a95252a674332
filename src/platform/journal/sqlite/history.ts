import { type MadeRefund, type RefundEvent, refundsMade } from "../../../core/refund.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import type { Notes } from "../../../ports/journal.ts";
import type { ClosedSale, SaleLife, SalesPage, SalesWish, Totals, TotalsWish } from "../../../ports/sales-history.ts";
import { Archives, type SaleRow } from "./archives/archives.ts";
import { type Row, readEvent, readNote, readRecord, readRow } from "./bodies/bodies.ts";
import { Chain } from "./chain/chain.ts";
import { refuseChanged } from "./check/check.ts";
import { guarded } from "./errors.ts";
import { openForReading } from "./open.ts";
import { salesPage } from "./sales-pages.ts";
import { totalsOf } from "./totals.ts";

/** What people read of a journal; safe beside a running daemon. */
export interface History {
  /** The latest closed sales, newest first, each as its last record has it. */
  latest(limit: number, outcome: string | null): readonly ClosedSale[];
  /** What is asked for, newest first, from one number on. */
  page(wish: SalesWish): SalesPage;
  /**
   * A closed sale with its events, oldest first; null when there is none of that id.
   * @throws JournalError when one of its rows is not as it was written
   */
  sale(saleId: string): SaleLife | null;
  totals(wish: TotalsWish): Totals;
  /**
   * Takes each sale that closed from a moment up to another, which is left out, both as ISO 8601 in UTC, in the order of
   * their numbers, as its last record has it.
   */
  closedBetween(from: string, to: string, take: (sale: ClosedSale) => void): void;
  /** The refunds of which it was learned in this time that they were made, or came back, in that order. */
  refundsMade(fromMs: number, toMs: number): readonly MadeRefund[];
  /** The steps of a sale's refunds, oldest first. */
  refunds(saleId: string): readonly RefundEvent[];
  close(): void;
}

/** @throws JournalError when there is no journal at the path, or it cannot be read; so does each method for an entry. */
export function openHistory(path: string): History {
  const db = openForReading(path);
  const chain = new Chain(db);
  const archives = new Archives(db.name, db, chain.id);
  const one = db.prepare<[string], SaleRow>("SELECT * FROM sale WHERE body ->> 'saleId' = ? ORDER BY seq DESC LIMIT 1");
  const notes = db.prepare<[string, string], Row>(
    "SELECT seq, body FROM note INDEXED BY note_key WHERE stream = ? AND key = ? ORDER BY seq LIMIT 200",
  );
  const made = db.prepare<[number, number], Row>(
    "SELECT seq, body FROM note WHERE stream = 'refunds' AND body ->> 'type' IN ('made', 'returned') AND body ->> 'atMs' >= ? AND body ->> 'atMs' < ? ORDER BY seq",
  );
  function notesOf<S extends keyof Notes>(stream: S, key: string): Notes[S][] {
    return notes.all(stream, key).map((row) => readRow(path, row, (text) => readNote(stream, text)));
  }
  const closedSale = (row: SaleRow): ClosedSale => ({ seq: row.seq, ...readRow(path, row, readRecord) });
  function latest(limit: number, outcome: string | null): readonly ClosedSale[] {
    const found: ClosedSale[] = [];
    const amended = new Set<string>();
    for (const row of archives.newestFirst(outcome)) {
      const sale = closedSale(row);
      if (!amended.has(sale.saleId) && (outcome === null || sale.outcome === outcome)) found.push(sale);
      if (found.length >= limit) break;
      if (sale.amends === true) amended.add(sale.saleId);
    }
    return found;
  }
  function* records(): Generator<SaleRecord> {
    for (const row of archives.newestFirst(null)) yield closedSale(row);
  }
  function sale(saleId: string): SaleLife | null {
    const own = one.get(saleId);
    if (own !== undefined) refuseChanged(chain, "sale", [own]);
    const row = own ?? archives.record(saleId);
    if (row === null) return null;
    refuseChanged(chain, "refunds", notes.all("refunds", saleId));
    const rows = archives.events(row.first_event, row.last_event, saleId);
    return {
      sale: closedSale(row),
      events: rows.map((each) => readRow(path, each, readEvent)),
      refunds: notesOf("refunds", saleId),
      remainders: notesOf("remainders", saleId),
      receiptRefusal: notesOf("receiptRefusals", saleId)[0]?.detail ?? null,
    };
  }
  function refundsMadeIn(fromMs: number, toMs: number): readonly MadeRefund[] {
    return made.all(fromMs, toMs).flatMap((row) => {
      const { refundId, saleId, atMs, type } = readRow(path, row, (text) => readNote("refunds", text));
      return refundsMade(notesOf("refunds", saleId)).filter(
        (each) => each.refundId === refundId && each.atMs === atMs && each.amountMinor < 0 === (type === "returned"),
      );
    });
  }
  return {
    latest: (limit, outcome) => guarded(path, () => archives.atOnce(() => latest(limit, outcome))),
    page: (wish) =>
      guarded(path, () =>
        archives.atOnce(() =>
          salesPage(archives, { closedSale, refunds: (saleId) => notesOf("refunds", saleId) }, wish),
        ),
      ),
    totals: (wish) => guarded(path, () => archives.atOnce(() => totalsOf(records(), wish))),
    sale: (saleId) => guarded(path, () => archives.atOnce(() => sale(saleId))),
    closedBetween: (from, to, take) =>
      guarded(path, () =>
        archives.atOnce(() => {
          for (const row of archives.closedBetween(from, to)) take(closedSale(row));
        }),
      ),
    refundsMade: (fromMs, toMs) => guarded(path, () => refundsMadeIn(fromMs, toMs)),
    refunds: (saleId) => guarded(path, () => notesOf("refunds", saleId)),
    close: () => db.close(),
  };
}
