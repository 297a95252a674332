import type { RefundEvent } from "../../../core/refund.ts";
import { timeOfIso } from "../../../core/time.ts";
import type { ClosedSale, SalesPage, SalesWish } from "../../../ports/sales-history.ts";
import type { Archives, SaleRow } from "./archives/archives.ts";

/** Rows that are looked at for one page, and at a time. */
const SCAN_MAX = 5_000;
const SCAN_ROWS = 200;
/** A clock that was put back leaves sales that closed later before others. */
const CLOCK_MARGIN_MS = 86_400_000;

interface Readings {
  closedSale(row: SaleRow): ClosedSale;
  refunds(saleId: string): readonly RefundEvent[];
}

/** What is asked for, newest first, from one number on. Looks at a bounded number of sales, however rare those are. */
export function salesPage(archives: Archives, { closedSale, refunds }: Readings, wish: SalesWish): SalesPage {
  const { before, fromMs, untilMs, limit } = wish;
  const found: ClosedSale[] = [];
  const page = (next: number | null): SalesPage => {
    return { sales: found.map((sale) => ({ sale, refunds: refunds(sale.saleId) })), next };
  };
  const closedMs = (row: SaleRow): number => timeOfIso(closedSale(row).closedAt);
  let next = before ?? (untilMs === null ? Number.MAX_SAFE_INTEGER : numberAt(archives, closedMs, untilMs));
  let amended: ReadonlyMap<string, number> | null = null;
  const isAmended = ({ outcome, saleId, seq }: ClosedSale): boolean => {
    // Only what was handed to a person has a second record. For all that this page may come to they are looked up once.
    if (outcome !== "needs-attention") return false;
    amended ??= archives.amendedAbove(seq - SCAN_MAX - SCAN_ROWS);
    return (amended.get(saleId) ?? 0) > seq;
  };
  for (let looked = 0; looked < SCAN_MAX; ) {
    const rows = archives.salesBefore(next, SCAN_ROWS);
    if (rows.length === 0) return page(null);
    for (const row of rows) {
      const sale = closedSale(row);
      if (fromMs !== null && timeOfIso(sale.closedAt) < fromMs - CLOCK_MARGIN_MS) return page(null);
      next = row.seq;
      looked += 1;
      if (!isMeant(sale, wish) || isAmended(sale)) continue;
      found.push(sale);
      if (found.length >= limit) return page(next);
    }
  }
  return page(next);
}

function isMeant(sale: ClosedSale, { fromMs, untilMs, positions, outcome }: SalesWish): boolean {
  const closedMs = timeOfIso(sale.closedAt);
  if ((fromMs !== null && closedMs < fromMs) || (untilMs !== null && closedMs >= untilMs)) return false;
  return (positions === null || positions.includes(sale.position)) && (outcome === null || sale.outcome === outcome);
}

/** The number above all sales that closed before then, as far as their times rise with their numbers. */
function numberAt(archives: Archives, closedMs: (row: SaleRow) => number, untilMs: number): number {
  let low = 1;
  let high = (archives.salesBefore(Number.MAX_SAFE_INTEGER, 1)[0]?.seq ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [row] = archives.salesBefore(middle + 1, 1);
    if (row === undefined || closedMs(row) < untilMs + CLOCK_MARGIN_MS) low = middle + 1;
    else high = middle;
  }
  return low;
}
