import type { MqttSettings } from "../../../src/adapters/telemetry/mqtt/mqtt.ts";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import type { KioskView } from "../../../src/ports/display.ts";
import type { Entry } from "../../../src/ports/journal.ts";

export const QR_TEXT = "HTTP://SEQR.SE/R4711SECRET";

const POSITION: PositionView = {
  id: "1",
  state: "idle",
  product: { name: "Diesel", sku: "DSL", unit: "L" },
  currency: "SEK",
  unitPrice: "19.89",
  taxRate: "25",
  minimum: null,
  reserve: ["100.00", "300.00"],
  available: true,
  saleId: null,
  reserved: null,
  quantity: "0.000",
  amount: "0.00",
  charged: null,
  freed: null,
  qr: null,
  expiresAt: null,
  timeout: null,
  reference: null,
  faults: [],
  message: "choose",
};

export function viewOf(changes: Partial<PositionView>): KioskView {
  return { positions: [{ ...POSITION, ...changes }] };
}

export function dispensing(quantity: string, amount: string): KioskView {
  return viewOf({ state: "dispensing", saleId: "sale-1", quantity, amount, message: "dispensing" });
}

const RECORD: SaleRecord = {
  saleId: "sale-1",
  position: "1",
  outcome: "paid",
  reason: null,
  product: "Diesel",
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
  reference: "PAY-1",
  invoiceReference: "INV-1",
  receipt: null,
  selectedAt: "2026-01-01T10:00:00.000Z",
  reservedAt: "2026-01-01T10:00:10.000Z",
  deliveredAt: "2026-01-01T10:01:00.000Z",
  closedAt: "2026-01-01T10:01:02.000Z",
};

export function entryOf(seq: number): Entry<SaleRecord> {
  return { seq, body: { ...RECORD, saleId: `sale-${seq}` } };
}

export function settingsFor(url: string): MqttSettings {
  return {
    url,
    topicPrefix: "kioskd",
    kioskId: "demo-1",
    username: null,
    password: null,
    deliverTimeoutMs: 3000,
    version: "1.2.3",
  };
}
