import type { RefundEvent } from "../core/refund.ts";
import type { RemainderEvent } from "../core/remainder.ts";
import type { SaleEvent } from "../core/sale/event.ts";
import type { SaleRecord } from "../core/sale/record.ts";

/** What people read of closed sales beside a daemon that sells. Each call ends within seconds, however old the journal. */
export interface SalesHistory {
  page(wish: SalesWish): Promise<SalesPage>;
  /** Null when there is none of that id. */
  sale(saleId: string): Promise<SaleLife | null>;
  totals(wish: TotalsWish): Promise<Totals>;
  close(): Promise<void>;
}

export interface ClosedSale extends SaleRecord {
  readonly seq: number;
}

/** A sale with its life, oldest first. */
export interface SaleLife {
  readonly sale: ClosedSale;
  readonly events: readonly SaleEvent[];
  readonly refunds: readonly RefundEvent[];
  /** What became of what the payment service still held when the sale was closed. */
  readonly remainders: readonly RemainderEvent[];
  /** Why the payment service did not want its receipt; null unless it said so. */
  readonly receiptRefusal: string | null;
}

export interface SalesWish {
  /** Only numbers below; null for the newest. */
  readonly before: number | null;
  /** When they closed; `untilMs` itself is not in it. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  /** All names of one position; null for every position. */
  readonly positions: readonly string[] | null;
  readonly outcome: SaleRecord["outcome"] | null;
  readonly limit: number;
}

export interface SalesPage {
  /** Newest first, each as its last record has it, with the steps of its refunds. */
  readonly sales: readonly { readonly sale: ClosedSale; readonly refunds: readonly RefundEvent[] }[];
  /** Where the next page begins; null when there is nothing older. There may be some where `sales` is short or empty. */
  readonly next: number | null;
}

export type TotalsBy = "day" | "week" | "month";

export interface TotalsWish {
  readonly by: TotalsBy;
  /** How many of them, the one with `untilMs` as the last. */
  readonly count: number;
  readonly untilMs: number;
  readonly timezone: string;
}

/** What closed in a local day, a week from Monday on, or a month. */
export interface Total {
  /** Its first day, such as `2026-11-30`. */
  readonly from: string;
  readonly paid: number;
  readonly released: number;
  readonly needsAttention: number;
  readonly chargedMinor: number;
  /** By unit, in base units. */
  readonly quantities: Readonly<Record<string, number>>;
}

export interface Totals {
  /** Oldest first; those without a sale are there too. */
  readonly totals: readonly Total[];
  /** There were more sales than are added up at once: the oldest are missing. */
  readonly isPartial: boolean;
}
