import { randomUUID } from "node:crypto";
import { createSimulatedDispenser } from "../../../src/devices/simulated/simulated.ts";
import { Kiosk } from "../../../src/engine/kiosk.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { KioskView } from "../../../src/ports/display.ts";
import { createMqtt } from "../../../src/telemetry/mqtt/mqtt.ts";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { DIESEL } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../../support/silent-observer.ts";
import { memoryJournal } from "./journal.ts";
import type { LoadSetup } from "./protocol.ts";

const POSITION = "1";
const RESERVE = "300.00";
const SALE = { quantityBase: 5_000, rateBasePerMinute: 60_000, registerPath: null };
const FIRST_SALE_WITHIN_MS = 6_000;
const AGAIN_MS = 50;
const TIMING = {
  offerTimeoutMs: 120_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

export interface SimulatedKiosk {
  readonly sold: number;
  /** Begins no further sale. */
  quiet(): void;
}

/** The engine, a connection of its own, and a customer who comes back as soon as the last sale is closed. */
export async function startKiosk(id: string, { url, ca, topicPrefix, sells }: LoadSetup): Promise<SimulatedKiosk> {
  const clock = systemClock();
  const payment = new MemoryPayment(() => clock.wallMs());
  let sold = 0;
  let buying = sells;
  let coming = false;
  let confirmed: string | null = null;

  const come = (delayMs: number): void => {
    if (!buying || coming) return;
    coming = true;
    clock.after(delayMs, () => {
      void kiosk.customers.select(POSITION, RESERVE, null).then((answer) => {
        coming = false;
        if (answer.kind !== "taken") come(AGAIN_MS);
      });
    });
  };
  const look = ({ positions: [view] }: KioskView): void => {
    if (view?.available === true) come(AGAIN_MS);
    const qr = view?.qr ?? null;
    if (qr === null || qr === confirmed) return;
    confirmed = qr;
    payment.confirm(qr.replace("MEMORY:", ""));
  };
  const telemetry = createMqtt(
    {
      urls: [url],
      ...{ username: null, password: null, tls: () => ({ ca, cert: null, key: null }), onTlsChange: () => () => {} },
      ...{ keepaliveS: 30, sessionExpiryS: 0, topicPrefix, version: "0.0.0" },
      ...{ clientId: `kioskd-${id}`, kioskId: id, kioskName: id, currency: DIESEL.currency },
      ...{ device: id, discovery: false, discoveryPrefix: "homeassistant" },
      ...{ deliverTimeoutMs: 10_000, applicationAck: false, publishesStates: true },
      positions: [{ id: POSITION, productName: "Diesel", unit: DIESEL.unit }],
    },
    clock,
    SILENT,
  );
  const goods = { position: POSITION, productName: "Diesel", sku: "DSL", tariff: DIESEL, reserveMinor: [30_000] };
  const dispenser = createSimulatedDispenser(SALE, clock);
  const selling = { noFlowTimeoutMs: 60_000, timing: TIMING, configuredPrice: "19.89", priceProblem: () => null };
  const kiosk = new Kiosk({
    positions: [{ goods, dispenser, ...selling }],
    ...{ payment, journal: memoryJournal(), telemetry, clock, log: SILENT, earliestPlausibleMs: 0 },
    ...{ observer: SILENT_OBSERVER, machine: SILENT_MACHINE, commands: [] },
    ...{ reconcile: async () => {}, settleBooks: async () => 0 },
    newSaleId: randomUUID,
    show: look,
    saleClosed: () => {
      sold += 1;
    },
    fatal: (reason) => {
      throw new Error(`a simulated kiosk gives up: ${reason}`);
    },
  });
  // Holds the first customer back, so that not all of a fleet come at the same moment.
  if (sells) come(Math.random() * FIRST_SALE_WITHIN_MS);
  await kiosk.start();
  return {
    get sold() {
      return sold;
    },
    quiet: () => {
      buying = false;
    },
  };
}
