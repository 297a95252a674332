import { parseAmount } from "../core/money.ts";
import type { PaidSale } from "../engine/books/refund.ts";
import { CliError } from "../platform/console/failure.ts";
import { openHistory } from "../platform/journal/sqlite/history.ts";

/** A sale that money was taken for, from the journal. */
export function paidSale(journalPath: string, saleId: string): PaidSale {
  const history = openHistory(journalPath);
  const found = history.sale(saleId);
  history.close();
  if (found === null) throw new CliError(`There is no closed sale "${saleId}": see "kioskd sales list".`);
  const { sale: record } = found;
  const chargedMinor = parseAmount(record.charged, record.currency) ?? 0;
  if (record.reference === null || chargedMinor === 0) {
    throw new CliError(`Nothing was charged for sale ${saleId}: there is nothing to give back.`);
  }
  return { record, paymentReference: record.reference, chargedMinor };
}
