import { describe, expect, it } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { BAR, Machine } from "../../support/simulated-spirals.ts";

dispenserContract("relay vend", async () => {
  const machine = await Machine.open({ selections: [{ ...BAR, button: null }], maxVends: 1 });
  return {
    dispenser: machine.dispenser,
    pass: (ms) => machine.pass(ms),
    patienceMs: 10_000,
    smallLimitBase: BAR.priceBase,
    remove: async () => {},
  };
});

describe("a relay vending machine", () => {
  it("vends what is chosen, bills its price, and finishes when nothing more can be bought", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(4_500);
    await machine.pass(3_000);
    expect(machine.dropped).toBe(0);
    await machine.press("button-a");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 1_500]);
    await machine.press("button-b");
    expect([machine.dropped, await machine.totaliser()]).toEqual([2, 4_000]);
    expect(machine.told("finished")).toHaveLength(1);
    await machine.press("button-a");
    expect(machine.dropped).toBe(2);
    expect(machine.told("unaccounted")).toEqual([]);
  });

  const refused = [
    { name: "what costs more than is left", limitBase: 2_000, presses: ["button-b"], dropped: 0 },
    {
      name: "a second press while it turns, and one for something else",
      limitBase: 9_000,
      presses: ["button-a+a+b"],
      dropped: 1,
    },
    {
      name: "more than the most vends",
      limitBase: 9_000,
      presses: ["button-a", "button-a", "button-a", "button-a"],
      dropped: 3,
    },
  ];
  for (const { name, limitBase, presses, dropped } of refused) {
    it(`refuses ${name}`, async () => {
      const machine = await Machine.open();
      await machine.dispenser.arm(limitBase);
      for (const press of presses) {
        if (press === "button-a+a+b") {
          await machine.press("button-a", 200);
          await machine.press("button-a", 10);
          await machine.press("button-b", 9_000);
        } else await machine.press(press);
      }
      expect(machine.dropped).toBe(dropped);
      expect(await machine.totaliser()).toBe(dropped * 1_500);
    });
  }

  it("refuses a limit that buys nothing, and a button is nothing while it is not armed", async () => {
    const machine = await Machine.open();
    for (const limitBase of [1_499, 0, -1, 1.5, Number.NaN]) {
      expect((await machine.dispenser.arm(limitBase)).kind).toBe("declined");
    }
    await machine.press("button-a");
    expect([machine.dropped, machine.motorsOn]).toEqual([0, false]);
  });

  it("finishes when the customer chooses nothing", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    await machine.pass(19_000);
    expect(machine.told("finished")).toEqual([]);
    await machine.pass(2_000);
    expect(machine.told("finished")).toHaveLength(1);
  });

  it("turns no longer than allowed; what never drops is not billed, is told of, and not tried again", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    await machine.dispenser.arm(9_000);
    machine.lines.drive("button-a", true);
    await machine.pass(2_900);
    expect(machine.motorsOn).toBe(true);
    await machine.pass(300);
    expect(machine.motorsOn).toBe(false);
    await machine.pass(3_000);
    machine.lines.drive("button-a", false);
    expect(await machine.totaliser()).toBe(0);
    expect(machine.told("unaccounted")).toMatchObject([{ quantityBase: 1_500 }]);
    machine.dropsAfterMs = 1_200;
    await machine.press("button-a");
    expect(machine.dropped).toBe(0);
    await machine.press("button-b");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 2_500]);
  });

  it("is at fault when all its selections gave nothing", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    await machine.dispenser.arm(9_000);
    await machine.press("button-a");
    expect(machine.told("fault-raised")).toEqual([]);
    await machine.press("button-b");
    expect(machine.told("fault-raised")).toHaveLength(1);
    await machine.dispenser.stop();
    expect((await machine.dispenser.arm(9_000)).kind).toBe("declined");
  });

  it("a stop cuts the motor at once; what falls all the same is billed, what does not is told of", async () => {
    for (const [atMs, billed] of [
      [600, 0],
      [1_350, 1_500],
    ] as const) {
      const machine = await Machine.open();
      await machine.dispenser.arm(5_000);
      machine.lines.drive("button-a", true);
      await machine.pass(atMs);
      const stopping = machine.raw.stop();
      await machine.pass(1);
      expect(machine.motorsOn).toBe(false);
      expect((await machine.driven.settle(stopping)).kind).toBe("done");
      expect(await machine.totaliser()).toBe(billed);
      expect(machine.dropped * 1_500).toBe(billed);
      expect(machine.told("unaccounted")).toHaveLength(billed === 0 ? 1 : 0);
      expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
    }
  });

  it("bills the full time of a motor where no sensor sees what falls", async () => {
    const machine = await Machine.open({ mode: "pulse", dropSensors: [], motorMs: 1_500 });
    await machine.dispenser.arm(5_000);
    await machine.press("button-a");
    expect([machine.dropped, await machine.totaliser()]).toEqual([1, 1_500]);
    machine.lines.drive("button-a", true);
    await machine.pass(700);
    await machine.dispenser.stop();
    expect(await machine.totaliser()).toBe(1_500);
    expect(machine.told("unaccounted")).toHaveLength(1);
  });

  it("gives pieces one after the other for one reservation", async () => {
    const machine = await Machine.open({ selections: [{ ...BAR, button: null, priceBase: 1 }] });
    await machine.dispenser.arm(2);
    await machine.pass(15_000);
    expect([machine.dropped, await machine.totaliser()]).toEqual([2, 2]);
    expect(machine.told("finished")).toHaveLength(1);
  });
});
