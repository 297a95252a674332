import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { goodsOf, timingOf } from "../../src/config/goods.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import type { BenchDevice } from "../../src/devices/bench/device.ts";
import { openSimulatorPort, type PortOptions } from "../../src/devices/bench/port.ts";
import { openPty } from "../../src/devices/bench/pty.ts";
import { startDartPump } from "../../src/devices/dart/simulator/pump.ts";
import { startVendingMachine } from "../../src/devices/mdb/simulator/vending-machine.ts";
import { startRapiCharger } from "../../src/devices/rapi/simulator/charger.ts";
import { Kiosk } from "../../src/engine/kiosk.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { noTelemetry } from "../../src/telemetry/none/none.ts";
import { openDispenser, Shared } from "../../src/wiring/devices.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { atEnd, knowEachTest } from "../support/at-end.ts";
import { needs } from "../support/components.ts";
import { type SimulatedLines, simulatedLines } from "../support/gpio-lines.ts";
import { MemoryPayment } from "../support/memory-payment.ts";
import { SILENT } from "../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../support/silent-observer.ts";
import { tempFolder } from "../support/temp.ts";

knowEachTest();

const hasSocat = needs("socat", "/usr/bin/socat");

/** What is the same everywhere, and what differs with the decimals of the money. */
interface Money {
  readonly currency: string;
  readonly digits: 0 | 2 | 3;
  /** Of a litre or a kilowatt-hour; of what is in shelf 1; the most that the customer chooses. */
  readonly unitPrice: string;
  readonly price: string;
  readonly reserve: string;
}

const MONEY: readonly Money[] = [
  { currency: "JPY", digits: 0, unitPrice: "182", price: "130", reserve: "2000" },
  { currency: "SEK", digits: 2, unitPrice: "19.89", price: "15.50", reserve: "200.00" },
  { currency: "KWD", digits: 3, unitPrice: "0.135", price: "1.250", reserve: "2.000" },
];

/** What stands at the end of the wires, moved by what the customer does. */
interface Device {
  /** Once it is armed. */
  use(): void;
  /** When enough has flowed, of a device that does not end by itself. */
  end?(): void;
  /** Keeps it moving; every ten milliseconds. */
  step?(): void;
}

interface Kind {
  readonly unit: "L" | "kWh" | "credit";
  readonly dispenser: (money: Money, port: string) => object;
  readonly line?: Omit<PortOptions, "path">;
  readonly device: (money: Money, at: { readonly port: BenchPort; readonly lines: SimulatedLines }) => Device;
  /** What it costs in minor units; null where that follows from what the sale says that flowed. */
  readonly costsMinor: "price" | null;
}

type BenchPort = Awaited<ReturnType<typeof openSimulatorPort>>;

const UNUSED: Device = { use: () => {} };

/** Pulses while an output is on, as many as there are to come. */
function pulses(lines: SimulatedLines, output: string, meters: readonly string[], count: number): Device {
  let left = 0;
  return {
    use: () => {
      left = count;
    },
    step: () => {
      if (left === 0 || !lines.level(output)) return;
      left--;
      for (const meter of meters) lines.pulse(meter, 1);
    },
  };
}

const minorOf = (text: string): number => Number(text.replace(".", ""));
/** What is done with a simulated device, and what ends it. */
function benchUse(bench: BenchDevice, actions: readonly string[], end: string | null = null): Device {
  return {
    use: () => {
      for (const action of actions) bench.act(action);
    },
    end: () => {
      if (end !== null) bench.act(end);
    },
  };
}

const KINDS: Readonly<Record<string, Kind>> = {
  simulated: {
    unit: "L",
    dispenser: () => ({ driver: "simulated", quantity: "1.234", rate: "300" }),
    device: () => UNUSED,
    costsMinor: null,
  },
  "fuel-pulser": {
    unit: "L",
    dispenser: () => ({
      ...{ driver: "fuel-pulser", pulsesPerUnit: 100, startDelay: "0ms", settle: "200ms" },
      lines: { slowValve: "slow", pulser: "a" },
    }),
    device: (_, { lines }) => pulses(lines, "slow", ["a"], 123),
    costsMinor: null,
  },
  "relay-vend": {
    unit: "credit",
    dispenser: ({ price }) => ({
      ...{ driver: "relay-vend", mode: "pulse", motor: "100ms", dropTimeout: "200ms" },
      selections: [{ id: "A1", output: "motor", button: "button", price }],
    }),
    device: (_, { lines }) => ({
      use: () => {
        lines.drive("button", true);
        setTimeout(() => lines.drive("button", false), 150);
      },
    }),
    costsMinor: "price",
  },
  "pulse-credit": {
    unit: "credit",
    dispenser: ({ price }) => ({
      ...{ driver: "pulse-credit", on: "50ms", off: "50ms", pause: "0s", maxPulses: 1 },
      ...{ lines: { coin: "coin" }, value: price },
    }),
    device: () => UNUSED,
    costsMinor: "price",
  },
  "s0-charger": {
    unit: "kWh",
    dispenser: () => ({
      ...{ driver: "s0-charger", settle: "200ms", maxPower: 1_000_000 },
      lines: { contactor: "contactor", s0: "s0" },
    }),
    device: (_, { lines }) => pulses(lines, "contactor", ["s0"], 123),
    costsMinor: null,
  },
  dart: {
    unit: "L",
    dispenser: ({ digits }, port) => ({
      ...{ driver: "dart", port, address: 80, priceDecimals: digits, pollInterval: "20ms" },
    }),
    line: { baudRate: 9_600, parity: "odd" },
    device: ({ digits }, { port }) => {
      const decimals = { amountDecimals: digits, priceDecimals: digits };
      return benchUse(startDartPump(port, { speed: 20, ...decimals }), ["lift", "squeeze"], "hang-up");
    },
    costsMinor: null,
  },
  rapi: {
    unit: "kWh",
    dispenser: (_, port) => ({ driver: "rapi", port, currentA: 16, maxPower: 100_000 }),
    line: { baudRate: 115_200 },
    device: (_, { port }) => {
      const bench = startRapiCharger(port, { speed: 30 });
      bench.act("plug-in");
      return benchUse(bench, ["charge"], "unplug");
    },
    costsMinor: null,
  },
  mdb: {
    unit: "credit",
    dispenser: ({ price }, port) => ({ driver: "mdb", port, flow: "authorise-first", prices: { 1: price } }),
    line: { baudRate: 115_200 },
    device: ({ price, digits }, { port }) => {
      const items = [{ number: 1, priceBase: minorOf(price) * 10 ** (2 - digits) }];
      return benchUse(startVendingMachine(port, { items, vendMs: 50, pollMs: 5 }), ["choose-1"]);
    },
    costsMinor: "price",
  },
};

function configure(folder: string, kind: Kind, money: Money, port: string): ReturnType<typeof loadConfig> {
  mkdirSync(join(folder, "secrets"));
  writeFileSync(join(folder, "secrets/1"), "12345678", { mode: 0o600 });
  const unitPrice = kind.unit === "credit" ? "1.00" : money.unitPrice;
  const file = join(folder, "kioskd.yaml");
  const config = {
    kiosk: { id: "k-1", name: "Kiosk", currency: money.currency },
    journal: { path: "journal.db" },
    payment: { provider: "seqr", seqr: { endpoint: "http://127.0.0.1:1/" } },
    display: { driver: "web", listen: "127.0.0.1:0", required: false },
    positions: [
      {
        id: "1",
        terminal: { id: "t-1", passwordFile: "secrets/1" },
        product: { name: "Goods", sku: "G", unit: kind.unit, unitPrice, taxRate: 0 },
        reserve: [money.reserve],
        // A device that tells of its end is waited for, however busy this machine is; with the others this is their end.
        noFlowTimeout: kind.line === undefined ? "5s" : "60s",
        dispenser: kind.dispenser(money, port),
      },
    ],
  };
  writeFileSync(file, stringify(config));
  return loadConfig(file);
}

async function until<T>(what: string, ask: () => T | undefined | false | null, patienceMs = 60_000): Promise<T> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const found = ask();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await sleep(10);
  }
}

/** A whole sale, from the choice of an amount to its commit: what it says of itself, and what was charged. */
async function sell(kind: Kind, money: Money) {
  const folder = tempFolder();
  const lines = simulatedLines();
  const pty = kind.line === undefined ? null : await openPty(folder, "device");
  const { config } = configure(folder, kind, money, pty?.host ?? "");
  const port = pty === null ? null : await openSimulatorPort({ ...kind.line, path: pty.device } as PortOptions);
  const device = kind.device(money, { port: port as BenchPort, lines });
  const [position] = config.positions;
  if (position === undefined) throw new Error("no position");
  const clock = systemClock();
  const shared = new Shared();
  void shared.of("gpio", async () => lines.gpio);
  const dispenser = await openDispenser(position, {
    file: join(folder, "kioskd.yaml"),
    config,
    folder,
    clock,
    log: SILENT,
    shared,
  });
  const payment = new MemoryPayment(() => Date.now());
  const journal = openJournal({ path: join(folder, "journal.db") });
  const kiosk = new Kiosk({
    positions: [
      {
        goods: goodsOf(config, position),
        formerly: [],
        identity: {},
        dispenser,
        noFlowTimeoutMs: position.noFlowTimeout,
        timing: timingOf({ requestTimeout: 10_000, offerTimeout: 120_000, commitTimeout: 3_600_000 }),
        configuredPrice: position.product.unitPrice,
        priceProblem: () => null,
      },
    ],
    ...{ retired: [], payment, journal, telemetry: noTelemetry(), clock, log: SILENT, earliestPlausibleMs: 0 },
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
  const steps = setInterval(() => device.step?.(), 10);
  atEnd(async () => {
    clearInterval(steps);
    await kiosk.close();
    await dispenser.close();
    await shared.close();
    await journal.close();
    await port?.close();
    await pty?.unplug();
  });
  await kiosk.start();
  const view = (): PositionView => kiosk.view().positions[0] as PositionView;
  await until("it can be sold", () => view().available);
  await kiosk.customers.select("1", money.reserve, null);
  const qr = await until("a code is shown", () => view().qr);
  payment.confirm(qr.replace("MEMORY:", ""));
  await until("it is armed", () => view().state === "dispensing");
  await sleep(500);
  device.use();
  const hasFlowed = (): boolean => Number(view().quantity) > 0;
  await until("something flowed", () => hasFlowed() || view().state === "closed");
  await sleep(1_000);
  device.end?.();
  await until("it is closed", () => view().state === "closed");
  return { view: view(), chargedMinor: payment.chargedMinor("sale-1"), sales: await journal.salesAfter(0, 10) };
}

/** Half up, in the money's minor units, of a quantity with three decimals. */
function worthMinor(quantity: string, { unitPrice, digits }: Money): number {
  const decimals = (unitPrice.split(".")[1] ?? "").length;
  const exact = BigInt(minorOf(quantity)) * BigInt(minorOf(unitPrice)) * 10n ** BigInt(digits);
  const scale = 10n ** BigInt(decimals + 3);
  return Number((2n * exact + scale) / (2n * scale));
}

it
  .skipIf(!hasSocat)
  .concurrent.each(Object.entries(KINDS).flatMap(([driver, kind]) => MONEY.map((money) => ({ driver, kind, money }))))(
  "$driver sells in $money.currency",
  async ({ kind, money }) => {
    const { view, chargedMinor, sales } = await sell(kind, money);
    expect(view).toMatchObject({ message: "paid", currency: money.currency });
    const dueMinor = kind.costsMinor === "price" ? minorOf(money.price) : worthMinor(String(view.quantity), money);
    expect(chargedMinor).toBe(dueMinor);
    expect(chargedMinor).toBeGreaterThan(0);
    expect(minorOf(String(view.charged))).toBe(dueMinor);
    expect((String(view.charged).split(".")[1] ?? "").length).toBe(money.digits);
    expect(sales.map(({ body }) => [body.outcome, body.charged])).toEqual([["paid", view.charged]]);
  },
);
