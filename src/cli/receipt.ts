import type { SaleRecord } from "../core/sale/record.ts";
import { lines, type Told, told } from "../platform/console/print.ts";

const WIDTH = 44;

/** A sale as the customer would get it on paper. */
export function receiptText(kioskName: string, sale: SaleRecord): Told {
  const line = (left: string, right: string): string => left + right.padStart(Math.max(1, WIDTH - left.length));
  const money = (amount: string): string => `${amount} ${sale.currency}`;
  const rows = [
    kioskName.toUpperCase(),
    "-".repeat(WIDTH),
    sale.product,
    line(`  ${sale.quantity} ${sale.unit} x ${sale.unitPrice}`, money(sale.charged)),
    line("  of which tax", money(sale.tax)),
    "-".repeat(WIDTH),
    line("Reserved", money(sale.reserved)),
    line("CHARGED", money(sale.charged)),
    line("Freed", money(sale.freed)),
    ...(sale.stillHeld === undefined ? [] : [line("Still held when closed", money(sale.stillHeld))]),
    "-".repeat(WIDTH),
    line("Time", sale.closedAt),
    line("Sale", sale.saleId),
    line("Reference", sale.reference ?? "-"),
    ...(sale.provider === undefined ? [] : [line("Payment service", sale.provider)]),
  ];
  return lines(rows.map((row) => told`${row}`));
}
