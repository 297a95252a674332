import type { PositionView } from "../core/sale/view.ts";
import { taxIncludedMinor } from "../core/tariff.ts";
import { hasUnitPrice, placeOf } from "./place.ts";
import type { Language } from "./texts/languages.ts";

/** When it was closed, and the tax in what was charged. */
export function momentAndTax(
  { closedAt, charged, taxRate, currency }: PositionView,
  language: Language,
): readonly string[] {
  const { texts, format } = language;
  const when = closedAt === null ? [] : [format.dateTime(closedAt)];
  if (charged === null || Number(taxRate) === 0) return when;
  const decimals = charged.split(".")[1]?.length ?? 0;
  const chargedMinor = Math.round(Number(charged) * 10 ** decimals);
  const taxMinor = taxIncludedMinor({ taxRateBps: Math.round(Number(taxRate) * 100) }, chargedMinor);
  const tax = format.amount((taxMinor / 10 ** decimals).toFixed(decimals), currency);
  return [...when, `${texts.labels.taxIncluded} ${format.percent(taxRate)}: ${tax}`];
}

/** Of a receipt's code: with so many characters it is no larger than a phone reads from where it is held. */
const MOST_RECEIPT_CHARS = 150;

/** What a customer takes along: who sold what, how much of it, what it cost and when. */
export function receiptText(view: PositionView, language: Language, station: string): string {
  const { texts, format } = language;
  const { product, charged, currency, reference } = view;
  const goods = hasUnitPrice(view) ? [`${format.quantity(view)} ${format.unit(view)} x ${format.unitPrice(view)}`] : [];
  const essential = [
    ...[`${placeOf(view, texts)} ${product.name}`, ...goods, format.amount(charged ?? "0", currency)],
    ...momentAndTax(view, language),
    ...(reference === null ? [] : [reference]),
  ].join("\n");
  return `${station.slice(0, Math.max(0, MOST_RECEIPT_CHARS - essential.length))}\n${essential}`.trim();
}
