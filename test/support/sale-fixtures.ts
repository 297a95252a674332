import type { SaleEvent } from "../../src/core/sale/event.ts";
import { type SaleRecord, saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE, type Receipt, type Terms } from "../../src/core/sale/state.ts";
import type { Tariff } from "../../src/core/tariff.ts";
import type { News } from "../../src/engine/errand.ts";
import type { Attempt } from "../../src/ports/payment.ts";

export const T0_MS = Date.UTC(2026, 10, 22, 9, 0, 0);

export const DIESEL: Tariff = {
  currency: "SEK",
  unit: "L",
  unitPriceE6: 19_890_000,
  taxRateBps: 2500,
  rounding: "half-up",
  minimumMinor: 0,
};

export const TERMS: Terms = {
  productName: "Diesel",
  sku: "DSL",
  tariff: DIESEL,
  maximumMinor: 30_000,
  offerTimeoutMs: 120_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

export const RECEIPT: Receipt = { paymentReference: "ers-1", paidAt: null, details: {} };

export const SELECTED: SaleEvent = { type: "selected", saleId: "s1", atMs: T0_MS, position: "1", terms: TERMS };

/** An event of the fixture's sale, some seconds after it began. */
export function at(afterS: number, news: News, saleId = "s1"): SaleEvent {
  return { ...news, saleId, atMs: T0_MS + afterS * 1000 } as SaleEvent;
}

/** The events that lead to each phase, in the order of a sale that goes well. */
export const HAPPY: readonly SaleEvent[] = [
  SELECTED,
  at(1, { type: "offer-made", reference: "R1", qrText: "HTTP://SEQR.SE/R1" }),
  at(20, { type: "reserved", authorisedMinor: 30_000, holdUntilMs: null }),
  at(21, { type: "meter-started", totaliserBase: 1_000_000 }),
  at(60, { type: "delivered", totaliserBase: 1_005_000 }),
  at(62, { type: "captured", capturedMinor: 9_945, receipt: RECEIPT }),
];

/** Its record: diesel for 99.45 SEK at position 1. */
export const PAID: SaleRecord = saleRecord(replay(IDLE, HAPPY) as Closed);

/** The first call of each kind. */
export const OFFER: Attempt = { operation: "offer", number: 1 };
export const CAPTURE: Attempt = { operation: "capture", number: 1 };
export const FREE: Attempt = { operation: "free", number: 1 };

/** The sale has not gone on: whatever its call takes may be sent. */
export const ALWAYS = (): boolean => true;

/** No other sale has what the service gave. */
export const OURS = async (): Promise<boolean> => true;
