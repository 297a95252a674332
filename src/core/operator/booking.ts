import { formatAmount, parseAmount } from "../money.ts";
import type { MadeRefund } from "../refund.ts";
import type { SaleRecord } from "../sale/record.ts";
import { type Tariff, taxIncludedMinor } from "../tariff.ts";
import { isoTime } from "../time.ts";

/**
 * A line of an owner's books: a closed sale, or money that went back. Amounts are plain decimals, of a refund negative;
 * `net` and `tax` add up to `gross`. Summed up, `gross` is what the payment service owes.
 */
export interface Booking {
  readonly booking: "sale" | "refund";
  /** Of the sale's end or the refund, in the kiosk's time zone: `2026-11-30 14:05`. */
  readonly time: string;
  readonly timeUtc: string;
  readonly kiosk: string;
  readonly position: string;
  readonly sale: string;
  /** The refund's id; null in a sale. */
  readonly refund: string | null;
  readonly outcome: SaleRecord["outcome"] | null;
  readonly reason: string | null;
  readonly product: string;
  readonly sku: string;
  readonly quantity: string | null;
  readonly unit: string;
  readonly unitPrice: string;
  readonly currency: string;
  readonly gross: string;
  readonly net: string;
  readonly tax: string;
  /** Dispensed and not charged. */
  readonly loss: string | null;
  /** What the payment service calls the payment or the refund. */
  readonly reference: string | null;
  readonly service: string | null;
}

/** Where and when it is booked. */
export interface Booked {
  readonly kiosk: string;
  readonly localTime: (atMs: number) => string;
}

export function bookingOfSale(record: SaleRecord, closedAtMs: number, { kiosk, localTime }: Booked): Booking {
  const { currency } = record;
  const minor = (text: string): number => parseAmount(text, currency) ?? 0;
  return {
    booking: "sale",
    time: localTime(closedAtMs),
    timeUtc: record.closedAt,
    kiosk,
    position: record.position,
    sale: record.saleId,
    refund: null,
    outcome: record.outcome,
    reason: record.reason,
    product: record.product,
    sku: record.sku,
    quantity: record.quantity,
    unit: record.unit,
    unitPrice: record.unitPrice,
    currency,
    gross: record.charged,
    net: formatAmount(minor(record.charged) - minor(record.tax), currency),
    tax: record.tax,
    loss: record.loss,
    reference: record.reference,
    service: record.provider ?? null,
  };
}

/** Tax goes back as far as what went back in all has some: parts add up to the whole. */
export function bookingOfRefund(
  { refundId, atMs, amountMinor, beforeMinor, reference }: MadeRefund,
  { record, tariff }: { readonly record: SaleRecord; readonly tariff: Tariff },
  { kiosk, localTime }: Booked,
): Booking {
  const { currency } = record;
  const taxMinor = taxIncludedMinor(tariff, beforeMinor + amountMinor) - taxIncludedMinor(tariff, beforeMinor);
  return {
    booking: "refund",
    time: localTime(atMs),
    timeUtc: isoTime(atMs),
    kiosk,
    position: record.position,
    sale: record.saleId,
    refund: refundId,
    outcome: null,
    reason: null,
    product: record.product,
    sku: record.sku,
    quantity: null,
    unit: record.unit,
    unitPrice: record.unitPrice,
    currency,
    gross: formatAmount(-amountMinor, currency),
    net: formatAmount(taxMinor - amountMinor, currency),
    tax: formatAmount(-taxMinor, currency),
    loss: null,
    reference,
    service: record.provider ?? null,
  };
}
