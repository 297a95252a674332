import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openJournal } from "../../src/adapters/journal/sqlite/journal.ts";
import { noTelemetry } from "../../src/adapters/telemetry/none/none.ts";
import type { PositionView } from "../../src/core/sale/view.ts";
import { Kiosk } from "../../src/engine/kiosk.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { declined, done, type Outcome } from "../../src/ports/outcome.ts";
import { MemoryPayment } from "../support/memory-payment.ts";
import { T0_MS } from "../support/sale-fixtures.ts";
import { SILENT } from "../support/silent-log.ts";
import { tempFolder } from "../support/temp.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

const TARIFF = { currency: "SEK", unit: "credit", unitPriceE6: 1_000_000, taxRateBps: 2_500 } as const;
const TIMING = {
  offerTimeoutMs: 60_000,
  commitTimeoutMs: 3_600_000,
  settleMarginMs: 600_000,
  handoverMarginMs: 60_000,
};

/** A machine that does what the test says, with a meter that says what the test says. */
class Puppet implements Dispenser {
  readonly readingStepMs = null;
  readonly orders: string[] = [];
  meter: Outcome<number> = done(0);
  tell: (event: DispenserEvent) => void = () => {};

  async arm(limitBase: number): Promise<Outcome<null>> {
    this.orders.push(`arm ${limitBase}`);
    return done(null);
  }
  async stop(): Promise<Outcome<null>> {
    this.orders.push("stop");
    return done(null);
  }
  async totaliser(): Promise<Outcome<number>> {
    return this.meter;
  }
  listen(listener: (event: DispenserEvent) => void): void {
    this.tell = listener;
  }
  async close(): Promise<void> {}
}

async function scene() {
  const journal = openJournal(join(tempFolder(), "journal.db"));
  const time = new VirtualTime(T0_MS);
  const clock = clockOf(time, { number: 1, alive: true });
  const payment = new MemoryPayment(() => time.trueMs);
  const machine = new Puppet();
  const tariff = { ...TARIFF, rounding: "half-up", minimumMinor: 0 } as const;
  const goods = { position: "1", productName: "Snacks", sku: "S", tariff, reserveMinor: [2_000, 5_000] };
  const kiosk = new Kiosk({
    positions: [{ goods, dispenser: machine, noFlowTimeoutMs: 30_000, timing: TIMING }],
    ...{ payment, journal, telemetry: noTelemetry(), clock, log: SILENT, earliestPlausibleMs: 0 },
    newSaleId: () => `sale-${time.elapsedMs}`,
    show: () => {},
    saleClosed: () => {},
    fatal: () => {},
  });
  onTestFinished(() => journal.close());
  async function pass(ms: number): Promise<void> {
    let passed = false;
    time.after(ms, () => {
      passed = true;
    });
    while (!passed) await time.step();
  }
  const starting = kiosk.start();
  await pass(10);
  await starting;
  machine.orders.length = 0;
  const view = (): PositionView => kiosk.view().positions[0] as PositionView;
  const confirm = async (): Promise<void> => {
    payment.confirm((view().qr ?? "").replace("MEMORY:", ""));
    await pass(2_000);
  };
  const faults = (): string[] => kiosk.faults.all.map(({ code, detail }) => `${code}: ${detail}`);
  return { journal, kiosk, machine, pass, view, confirm, faults };
}

describe("goods chosen at the machine before paying", () => {
  it("are offered at their price, armed for no more, and charged when they came out", async () => {
    const { machine, pass, view, confirm } = await scene();
    machine.tell({ type: "wanted", quantityBase: 1_250 });
    await pass(100);
    expect(view()).toMatchObject({ state: "offered" });
    await confirm();
    expect(machine.orders).toEqual(["arm 1250"]);
    machine.meter = done(1_250);
    machine.tell({ type: "finished" });
    await pass(5_000);
    expect(view()).toMatchObject({ state: "closed", amount: "12.50" });
  });

  it("are released when the customer walks away from the machine before paying", async () => {
    const { machine, pass, view } = await scene();
    machine.tell({ type: "wanted", quantityBase: 1_250 });
    await pass(100);
    machine.tell({ type: "unwanted" });
    await pass(5_000);
    expect(view()).toMatchObject({ state: "closed", amount: "0.00" });
    expect(machine.orders).not.toContain("arm 1250");
  });

  it.each<[string, number, boolean]>([
    ["dearer than the largest choice", 5_001, false],
    ["worth nothing", 0, false],
    ["while the machine has a fault", 1_250, true],
  ])("%s: no offer, and the machine is told", async (_what, quantityBase, faulty) => {
    const { machine, pass, view } = await scene();
    if (faulty) machine.tell({ type: "fault-raised", detail: "jammed" });
    machine.tell({ type: "wanted", quantityBase });
    await pass(100);
    expect(view().state).toBe("idle");
    expect(machine.orders).toEqual(["stop"]);
  });

  it("do not disturb the sale of somebody else", async () => {
    const { kiosk, machine, pass, view } = await scene();
    const selected = kiosk.select("1", "20.00");
    await pass(100);
    await selected;
    const before = view().saleId;
    machine.tell({ type: "wanted", quantityBase: 1_250 });
    await pass(100);
    expect(view()).toMatchObject({ saleId: before, state: "offered" });
    expect(machine.orders).toEqual([]);
  });
});

describe("what no sale can be charged for", () => {
  it("is on record, in the outbox, and a fault that blocks nothing", async () => {
    const { journal, machine, pass, view, faults } = await scene();
    machine.tell({ type: "unaccounted", quantityBase: 1_250, detail: "moved while not armed" });
    machine.tell({ type: "unaccounted", quantityBase: null, detail: "no result" });
    await pass(100);
    expect((await journal.pending("unaccounted", 9)).map(({ seq, body }) => [seq, body.quantity, body.detail])).toEqual(
      [
        [1, "12.50", "moved while not armed"],
        [2, null, "no result"],
      ],
    );
    expect(faults()).toEqual(["unaccounted: 12.50 credit: moved while not armed"]);
    expect(view().available).toBe(true);
  });
});

describe("a meter that cannot be believed at the end", () => {
  it("is not asked for ever: what was heard of it is charged, and a person told", async () => {
    const { kiosk, machine, pass, view, confirm, faults } = await scene();
    const selected = kiosk.select("1", "20.00");
    await pass(100);
    await selected;
    await confirm();
    machine.tell({ type: "reading", totaliserBase: 700 });
    machine.meter = declined("refused", "it went back");
    machine.tell({ type: "finished" });
    await pass(5_000);
    expect(view()).toMatchObject({ state: "closed", amount: "7.00" });
    expect(faults().join()).toContain("needs-attention");
  });
});
