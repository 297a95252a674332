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

export function bookingOfSale(record: SaleRecord, closedAtMs: number, booked: Booked): Booking {
  const { currency, charged, tax } = record;
  const minor = (text: string): number => parseAmount(text, currency) ?? 0;
  return {
    booking: "sale",
    ...placedAt(record, closedAtMs, booked),
    refund: null,
    outcome: record.outcome,
    reason: record.reason,
    quantity: record.quantity,
    gross: charged,
    net: formatAmount(minor(charged) - minor(tax), currency),
    tax,
    loss: record.loss,
    reference: record.reference,
  };
}

/** Tax goes back as far as what went back in all has some: parts add up to the whole. */
export function bookingOfRefund(
  { refundId, atMs, amountMinor, beforeMinor, reference }: MadeRefund,
  { record, tariff }: { readonly record: SaleRecord; readonly tariff: Tariff },
  booked: Booked,
): Booking {
  const { currency } = record;
  const taxMinor = taxIncludedMinor(tariff, beforeMinor + amountMinor) - taxIncludedMinor(tariff, beforeMinor);
  return {
    booking: "refund",
    ...placedAt(record, atMs, booked),
    refund: refundId,
    outcome: null,
    reason: null,
    quantity: null,
    gross: formatAmount(-amountMinor, currency),
    net: formatAmount(taxMinor - amountMinor, currency),
    tax: formatAmount(-taxMinor, currency),
    loss: null,
    reference,
  };
}

/** When, where and of what: a sale's refunds stand at the same place as the sale. */
function placedAt(record: SaleRecord, atMs: number, { kiosk, localTime }: Booked) {
  const { position, saleId: sale, product, sku, unit, unitPrice, currency, provider } = record;
  const [time, timeUtc] = [localTime(atMs), isoTime(atMs)];
  return { time, timeUtc, kiosk, position, sale, product, sku, unit, unitPrice, currency, service: provider ?? null };
}
