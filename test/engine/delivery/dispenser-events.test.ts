import { describe, expect, it } from "vitest";
import { declined, done } from "../../../src/ports/outcome.ts";
import { scene } from "../scene.ts";

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
    const selected = kiosk.customers.select("1", "20.00", null);
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
    expect(faults()).toEqual(["unaccounted: 12.50 credit: moved while not armed; no result"]);
    expect(view().available).toBe(true);
  });
});

describe("what flowed before the driver came", () => {
  const FOUND = { type: "unaccounted", quantityBase: 700, detail: "it flowed", found: true } as const;

  it("is nobody's when no delivery was interrupted", async () => {
    const { journal, machine, pass } = await scene();
    machine.tell(FOUND);
    await pass(100);
    expect(await journal.pending("unaccounted", 9)).toHaveLength(1);
  });

  it("is the interrupted delivery's when there is one, and billed with it", async () => {
    const first = await scene();
    await Promise.all([first.kiosk.customers.select("1", "20.00", null), first.pass(100)]);
    await first.confirm();
    first.machine.tell({ type: "reading", totaliserBase: 100 });
    await first.pass(1_000);
    const { journal, pass, view } = await scene({
      journal: first.journal,
      payment: first.payment,
      ready: (machine) => {
        machine.meter = done(700);
        machine.tellAtOnce = FOUND;
      },
    });
    await pass(5_000);
    expect(await journal.pending("unaccounted", 9)).toEqual([]);
    expect(view()).toMatchObject({ state: "closed", amount: "7.00" });
  });
});

describe("a total after a restart in a delivery", () => {
  it.each([
    ["that can have flowed is billed", 60, { state: "closed", message: "paid", amount: "0.60" }],
    ["that cannot is a person's, and nothing is taken", 90_000, { state: "closed", message: "staff-decides" }],
  ])("%s", async (_what, roseBase, shown) => {
    const first = await scene();
    await Promise.all([first.kiosk.customers.select("1", "20.00", null), first.pass(100)]);
    await first.confirm();
    first.machine.tell({ type: "reading", totaliserBase: 10 });
    await first.pass(1_000);
    const next = await scene({
      journal: first.journal,
      payment: first.payment,
      ready: (machine) => {
        machine.meter = done(roseBase);
        machine.mostBasePerS = 10;
      },
    });
    await next.pass(3_000);
    expect(next.view()).toMatchObject(shown);
    const isDisputed = /needs-attention: .*its meter rose by 900\.00 credit, and in \d+ s no more than/.test(
      next.faults().join(),
    );
    expect(isDisputed).toBe(roseBase === 90_000);
  });
});

describe("a device that sells, but not as it should", () => {
  it("is told of by a fault that blocks nothing, with the newest words, until it is mended", async () => {
    const { machine, view, faults } = await scene();
    machine.tell({ type: "warning-raised", detail: "no boot lock" });
    machine.tell({ type: "warning-raised", detail: "no boot lock; no heartbeat" });
    expect(faults()).toEqual(["dispenser-warning: no boot lock; no heartbeat"]);
    expect(view().available).toBe(true);
    machine.tell({ type: "warning-cleared" });
    expect(faults()).toEqual([]);
  });
});

describe("a meter that cannot be believed at the end", () => {
  it("is not asked for ever: what was heard of it is charged, and a person told", async () => {
    const { kiosk, machine, pass, view, confirm, faults } = await scene();
    const selected = kiosk.customers.select("1", "20.00", null);
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
