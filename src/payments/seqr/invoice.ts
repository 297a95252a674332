import { formatScaled } from "../../core/money.ts";
import { formatQuantity } from "../../core/quantity.ts";
import type { Delivery, Sale } from "../../core/sale/state.ts";
import { formatUnitPrice, type Tariff } from "../../core/tariff.ts";
import { isoTime } from "../../core/time.ts";
import type { RefundRequest } from "../../ports/books.ts";
import { amountOf } from "./amount.ts";

/** Bodies in schema order, amounts as decimal text. What is absent is left out: no element is nillable. */
type Element = Readonly<Record<string, unknown>>;

interface InvoiceTexts {
  readonly title: string;
  readonly footer: string;
  /** Where the service may wake the poll of a position; it is never trusted by itself. */
  readonly notificationUrl?: (position: string) => string | null;
}

/** The bill that is published: one row for the maximum the customer chose. */
export function offerInvoice(sale: Sale, texts: InvoiceTexts, issuedAtMs: number): Element {
  const { terms } = sale;
  const total = amountOf(terms.maximumMinor, terms.tariff.currency);
  const row = {
    itemDescription: plainText(terms.productName),
    itemQuantity: "1",
    itemSKU: plainText(terms.sku),
    itemTaxRate: taxRateOf(terms.tariff),
    itemTotalAmount: total,
  };
  return invoice(sale, texts, issuedAtMs, row, total);
}

/** The bill as delivered; it replaces the published one just before the commit. */
export function deliveryInvoice(sale: Sale, delivery: Delivery, texts: InvoiceTexts, issuedAtMs: number): Element {
  const { tariff, productName, sku } = sale.terms;
  const total = amountOf(delivery.amountMinor, tariff.currency);
  const row = {
    itemDescription: plainText(productName),
    itemQuantity: formatQuantity(delivery.quantityBase, tariff.unit),
    itemSKU: plainText(sku),
    itemTaxRate: taxRateOf(tariff),
    itemTotalAmount: total,
    itemUnit: tariff.unit,
    itemUnitPrice: { currency: tariff.currency, value: formatUnitPrice(tariff) },
  };
  return invoice(sale, texts, issuedAtMs, row, total);
}

/** What is given back, as a bill of its own; the amount is positive. */
export function refundInvoice(request: RefundRequest, texts: InvoiceTexts, issuedAtMs: number): Element {
  const total = amountOf(request.amountMinor, request.currency);
  const row = { itemDescription: plainText(request.productName), itemQuantity: "1", itemTotalAmount: total };
  const { refundId, position } = request;
  return { paymentMode: "IMMEDIATE_DEBIT", ...bill(refundId, position, texts, issuedAtMs, row, total) };
}

function invoice(sale: Sale, texts: InvoiceTexts, issuedAtMs: number, row: Element, total: Element): Element {
  const notificationUrl = texts.notificationUrl?.(sale.position) ?? null;
  return {
    paymentMode: "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
    ...bill(sale.id, sale.position, texts, issuedAtMs, row, total),
    ...(notificationUrl === null ? {} : { notificationUrl }),
    commitReservationTimeout: Math.floor(sale.terms.commitTimeoutMs / 1000),
  };
}

function bill(
  id: string,
  position: string,
  texts: InvoiceTexts,
  issuedAtMs: number,
  row: Element,
  total: Element,
): Element {
  return {
    acknowledgmentMode: "NO_ACKNOWLEDGMENT",
    issueDate: isoTime(issuedAtMs),
    title: plainText(texts.title),
    clientInvoiceId: plainText(id),
    invoiceRows: { invoiceRow: [row] },
    totalAmount: total,
    cashierId: plainText(position),
    footer: plainText(texts.footer),
  };
}

function taxRateOf(tariff: Tariff): string {
  return formatScaled(tariff.taxRateBps, 2).replace(/\.?0+$/, "");
}

/** XML 1.0 has no place for control characters, and the SOAP package sends a CDATA text unescaped. */
function plainText(text: string): string {
  let clean = "";
  for (const character of text) clean += isPrintable(character) ? character : " ";
  return clean.startsWith("<![CDATA[") ? ` ${clean}` : clean;
}

function isPrintable(character: string): boolean {
  const point = character.codePointAt(0) ?? 0;
  return point >= 0x20 && !(point >= 0xd800 && point <= 0xdfff) && point !== 0xfffe && point !== 0xffff;
}
