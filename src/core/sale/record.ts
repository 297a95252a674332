import { formatAmount } from "../money.ts";
import { formatQuantity } from "../quantity.ts";
import { formatUnitPrice, taxIncludedMinor } from "../tariff.ts";
import { isoTime } from "../time.ts";
import type { Closed, Receipt } from "./state.ts";
import { freedMinor } from "./view.ts";

/** A closed sale as operators get it: over the broker, in lists and exports. Times are ISO 8601 in UTC. */
export interface SaleRecord {
  readonly saleId: string;
  readonly position: string;
  readonly outcome: Closed["outcome"];
  readonly reason: string | null;
  readonly product: string;
  readonly sku: string;
  readonly unit: string;
  readonly unitPrice: string;
  readonly quantity: string;
  readonly currency: string;
  readonly reserved: string;
  readonly charged: string;
  readonly freed: string;
  /** What the payment service still held when the sale was closed; left out where it held nothing. */
  readonly stillHeld?: string;
  readonly tax: string;
  /** Dispensed and not charged, at the merchant's cost. */
  readonly loss: string;
  /** Of the loss what the payment service does not take: too small an amount, or a part of one. Left out where it is none. */
  readonly waived?: string;
  /** False when the meter's last journaled value stands in for a reading that failed. */
  readonly meterCertain: boolean;
  /** The payment service's reference of the payment; null when nothing was paid. */
  readonly reference: string | null;
  readonly invoiceReference: string | null;
  readonly receipt: Receipt | null;
  readonly selectedAt: string;
  readonly reservedAt: string | null;
  readonly deliveredAt: string | null;
  readonly closedAt: string;
  /** The payment service that it was made at; left out in older journals. */
  readonly provider?: string;
  /** True when it takes the place of the sale's earlier record: what became of the payment was learned late. */
  readonly amends?: true;
}

export function saleRecord(closed: Closed): SaleRecord {
  const { sale, hold, delivery } = closed;
  const { terms } = sale;
  const { tariff } = terms;
  const money = (amountMinor: number): string => formatAmount(amountMinor, tariff.currency);
  const time = (atMs: number | undefined): string | null => (atMs === undefined ? null : isoTime(atMs));
  return {
    saleId: sale.id,
    position: sale.position,
    outcome: closed.outcome,
    reason: closed.reason,
    product: terms.productName,
    sku: terms.sku,
    unit: tariff.unit,
    unitPrice: formatUnitPrice(tariff),
    quantity: formatQuantity(delivery?.quantityBase ?? 0, tariff.unit),
    currency: tariff.currency,
    reserved: money(hold?.authorisedMinor ?? 0),
    charged: money(closed.chargedMinor),
    freed: money(freedMinor(closed)),
    ...(closed.stillHeldMinor === undefined ? {} : { stillHeld: money(closed.stillHeldMinor) }),
    tax: money(taxIncludedMinor(tariff, closed.chargedMinor)),
    loss: money(delivery?.lossMinor ?? 0),
    ...(delivery?.waivedMinor === undefined ? {} : { waived: money(delivery.waivedMinor) }),
    meterCertain: delivery?.certain ?? true,
    reference: closed.receipt?.paymentReference ?? null,
    invoiceReference: closed.offer?.reference ?? null,
    receipt: closed.receipt,
    selectedAt: isoTime(sale.selectedAtMs),
    reservedAt: time(hold?.reservedAtMs),
    deliveredAt: time(delivery?.endedAtMs),
    closedAt: isoTime(closed.closedAtMs),
    ...(terms.provider === undefined ? {} : { provider: terms.provider }),
    ...(closed.amends === true ? { amends: true } : {}),
  };
}
