import { parseAmount } from "../../core/money.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { namesOf, type Places } from "../belongings.ts";

/** A paid sale with its charge in minor units. */
export interface PaidSale {
  readonly record: SaleRecord;
  readonly paymentReference: string;
  readonly chargedMinor: number;
}

/** Null when nothing was charged: then there is nothing to give back. */
export function paidSaleOf(record: SaleRecord): PaidSale | null {
  const chargedMinor = parseAmount(record.charged, record.currency) ?? 0;
  if (record.reference === null || chargedMinor === 0) return null;
  return { record, paymentReference: record.reference, chargedMinor };
}

/** Why no money goes back by the terminal that took it, with what to do; null when it can. */
export function noTerminalBecause({ positions, retired }: Places, { saleId, position }: SaleRecord): string | null {
  if (positions.some((each) => namesOf(each).includes(position))) return null;
  const gone = retired.includes(position) ? "is retired" : "is no longer in the configuration";
  return [
    `No refund: sale ${saleId} was paid at position "${position}", which ${gone}, and so is its terminal. What to do, one of:`,
    `  1. Its terminal belongs to another position now: write formerly: ["${position}"] on that one, and try again.`,
    "  2. The terminal is gone: give the money back at the payment service, by the reference of the payment.",
  ].join("\n");
}
