import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { SeqrBooksSettings } from "../../../src/payments/seqr/books.ts";
import { DEMO_RESELLER } from "../../../src/payments/seqr/simulator/server.ts";
import type { RefundRequest } from "../../../src/ports/books.ts";
import { settingsFor } from "./rig.ts";

export function booksSettings(endpoint: string, changes: Partial<SeqrBooksSettings> = {}): SeqrBooksSettings {
  const receipt = { mimeType: "text/plain", type: "PAYMENT_RECEIPT", content: "text" } as const;
  return { ...settingsFor(endpoint), currency: "SEK", reseller: DEMO_RESELLER, receipt, ...changes };
}

export function refundOf(paymentReference: string, changes: Partial<RefundRequest> = {}): RefundRequest {
  return {
    refundId: "refund-1",
    saleId: "sale-1",
    position: "1",
    paymentReference,
    productName: "Diesel <B7>",
    amountMinor: 4500,
    currency: "SEK",
    ...changes,
  };
}

export const RECORD: SaleRecord = {
  saleId: "sale-1",
  position: "1",
  outcome: "paid",
  reason: null,
  product: 'Diesel & <b>"AdBlue"</b> åäö',
  sku: "DSL",
  unit: "L",
  unitPrice: "19.89",
  quantity: "5.000",
  currency: "SEK",
  reserved: "300.00",
  charged: "99.45",
  freed: "200.55",
  tax: "19.89",
  loss: "0.00",
  meterCertain: true,
  reference: "20261234",
  invoiceReference: "1700",
  receipt: null,
  selectedAt: "2026-01-01T00:00:00.000Z",
  reservedAt: "2026-01-01T00:00:10.000Z",
  deliveredAt: "2026-01-01T00:01:00.000Z",
  closedAt: "2026-01-01T00:01:05.000Z",
};
