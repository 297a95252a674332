import { type PaidSale, paidSaleOf } from "../engine/books/paid-sale.ts";
import { CliError } from "../platform/console/failure.ts";
import { openHistory } from "../platform/journal/sqlite/history.ts";

/** A sale that money was taken for, from the journal. */
export function paidSale(journalPath: string, saleId: string): PaidSale {
  const history = openHistory(journalPath);
  const found = history.sale(saleId);
  history.close();
  if (found === null) throw new CliError(`There is no closed sale "${saleId}": see "kioskd sales list".`);
  const paid = paidSaleOf(found.sale);
  if (paid === null) throw new CliError(`Nothing was charged for sale ${saleId}: there is nothing to give back.`);
  return paid;
}
