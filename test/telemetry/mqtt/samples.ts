import type { HealthMessage } from "../../../src/core/operator/messages.ts";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import type { Snapshot } from "../../../src/ports/telemetry.ts";
import type { MqttSettings } from "../../../src/telemetry/mqtt/mqtt.ts";
import { positionView } from "../../support/views.ts";

export const QR_TEXT = "HTTP://SEQR.SE/R4711SECRET";

const POSITION = positionView({ reserve: ["100.00", "300.00"] });

export function viewOf(changes: Partial<PositionView>): Snapshot {
  return { positions: [{ ...POSITION, ...changes }], faults: [] };
}

export function dispensing(quantity: string, amount: string): Snapshot {
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

export function healthOf(changes: Partial<HealthMessage>): HealthMessage {
  return {
    at: "2026-01-01T10:00:00.000Z",
    uptimeS: 60,
    residentBytes: 90_000_000,
    loopLagMs: 3.5,
    diskFreeBytes: null,
    temperatureC: null,
    outbox: { sales: 0, refunds: 0, reconciliations: 0, unaccounted: 0 },
    ...changes,
  };
}

export function settingsFor(...urls: string[]): MqttSettings {
  return {
    urls,
    clientId: "kioskd-demo-1",
    topicPrefix: "kioskd",
    kioskId: "demo-1",
    kioskName: "Demo station",
    currency: "SEK",
    username: null,
    password: null,
    tls: () => ({ ca: null, cert: null, key: null }),
    onTlsChange: () => () => {},
    keepaliveS: 30,
    sessionExpiryS: 0,
    deliverTimeoutMs: 3000,
    applicationAck: false,
    discovery: false,
    discoveryPrefix: "homeassistant",
    device: "demo-1",
    publishesStates: true,
    positions: [
      { id: "1", productName: "Diesel", unit: "L" },
      { id: "2", productName: "Petrol", unit: "L" },
    ],
    version: "1.2.3",
  };
}
