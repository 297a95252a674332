import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatAmount } from "../../../src/core/money.ts";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { PositionView } from "../../../src/core/sale/view.ts";
import { Kiosk } from "../../../src/engine/kiosk.ts";
import { systemClock } from "../../../src/platform/clock/clock.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import { noTelemetry } from "../../../src/telemetry/none/none.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { SILENT } from "../../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../../support/silent-observer.ts";
import { tempFolder } from "../../support/temp.ts";
import { hasSocat, type MeterRig, meterRig, until } from "./rig.ts";

knowEachTest();

interface Trade {
  readonly currency: string;
  readonly decimals: number;
  /** Of a kilowatt-hour, in minor units. */
  readonly priceMinor: number;
  readonly reserveMinor: number;
  readonly reserve: string;
}

/** Each reservation buys 100 Wh. */
const TRADES: readonly Trade[] = [
  { currency: "JPY", decimals: 0, priceMinor: 4_370, reserveMinor: 437, reserve: "437" },
  { currency: "EUR", decimals: 2, priceMinor: 4_370, reserveMinor: 437, reserve: "4.37" },
  { currency: "KWD", decimals: 3, priceMinor: 43_705, reserveMinor: 4_371, reserve: "4.371" },
];

const TIMING = {
  offerTimeoutMs: 60_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

function open({ currency, decimals, priceMinor, reserveMinor }: Trade, rig: MeterRig) {
  const journal = openJournal({ path: join(tempFolder(), "journal.db") });
  const clock = systemClock();
  const payment = new MemoryPayment(() => clock.wallMs());
  const unitPriceE6 = priceMinor * 10 ** (6 - decimals);
  const tariff = {
    currency,
    unit: "kWh",
    unitPriceE6,
    taxRateBps: 1_000,
    rounding: "half-up",
    minimumMinor: 0,
  } as const;
  const kiosk = new Kiosk({
    positions: [
      {
        goods: { position: "1", productName: "Charging", sku: "AC", tariff, reserveMinor: [reserveMinor] },
        formerly: [],
        identity: {},
        dispenser: rig.dispenser,
        noFlowTimeoutMs: 30_000,
        timing: TIMING,
        configuredPrice: formatAmount(priceMinor, currency),
        priceProblem: () => null,
      },
    ],
    ...{ payment, journal, telemetry: noTelemetry(), clock, log: SILENT, earliestPlausibleMs: 0 },
    newSaleId: () => "sale-1",
    show: () => {},
    saleClosed: () => {},
    observer: SILENT_OBSERVER,
    machine: SILENT_MACHINE,
    commands: [],
    reconcile: async () => {},
    settleBooks: async () => 0,
    fatal: () => {},
  });
  atEnd(async () => {
    await kiosk.close();
    await rig.remove();
    await journal.close();
  });
  return { kiosk, journal, payment, view: () => kiosk.view().positions[0] as PositionView };
}

describe.skipIf(!hasSocat)("a sale by a Modbus meter", { concurrent: true }, () => {
  it.each(TRADES)("in $currency, of $decimals decimals, charges what was counted to the minor unit", async (trade) => {
    const { currency, decimals, priceMinor, reserveMinor } = trade;
    const rig = await meterRig();
    const { kiosk, journal, payment, view } = open(trade, rig);
    await kiosk.start();
    await until(() => view().available);
    expect((await kiosk.customers.select("1", trade.reserve, null)).kind).toBe("taken");
    await until(() => view().qr !== null);
    payment.confirm((view().qr ?? "").replace("MEMORY:", ""));
    await until(() => view().state === "closed");
    const soldWh = rig.device.releasedBase();
    const chargedMinor = Math.round((soldWh * priceMinor) / 1_000);
    expect(payment.chargedMinor("sale-1")).toBe(chargedMinor);
    expect(chargedMinor).toBeLessThanOrEqual(reserveMinor);
    expect(soldWh).toBeGreaterThan(60);
    const [record] = (await journal.pending("sales", 10)).map(({ body }) => body as SaleRecord);
    const digits = String(chargedMinor).padStart(decimals + 1, "0");
    const charged = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
    expect(record).toMatchObject({
      outcome: "paid",
      currency,
      charged,
      quantity: `0.0${soldWh}`.slice(-5),
      loss: formatAmount(0, currency),
    });
  });
});
