import { describe, expect, it } from "vitest";
import { BAR, CAN, Machine } from "../../support/simulated-spirals.ts";

describe("a relay vending machine in trouble", () => {
  it("killed at any moment of a vend: billed or told of, never both, never neither", async () => {
    for (let ms = 5; ms < 2_600; ms += 97) {
      const machine = await Machine.open();
      await machine.dispenser.arm(1_500);
      machine.lines.drive("button-a", true);
      await machine.pass(ms);
      machine.kill();
      machine.lines.drive("motor-a", false);
      await machine.pass(500);
      machine.lines.drive("button-a", false);
      await machine.start();
      expect((await machine.dispenser.stop()).kind).toBe("done");
      const billed = (await machine.totaliser()) / 1_500;
      const told = machine.told("unaccounted").length;
      expect(billed + told).toBeLessThanOrEqual(1);
      expect(billed + told).toBeGreaterThanOrEqual(machine.dropped);
      expect(billed).toBeLessThanOrEqual(machine.dropped);
      await machine.pass(500);
      machine.kill();
      await machine.start();
      expect(machine.told("unaccounted")).toEqual([]);
    }
  });

  it("power lost at any moment: what was told as sold is still sold", async () => {
    for (let ms = 5; ms < 2_600; ms += 97) {
      const machine = await Machine.open();
      machine.register.syncMs = 250;
      await machine.dispenser.arm(1_500);
      machine.lines.drive("button-a", true);
      await machine.pass(ms);
      const told = machine.events.findLast((event) => event.type === "reading");
      const soldBase = told?.type === "reading" ? told.totaliserBase : 0;
      machine.kill();
      machine.register.powerCut(ms % 60);
      machine.lines.reboot();
      await machine.start();
      expect(await machine.totaliser()).toBeGreaterThanOrEqual(soldBase);
    }
  });

  it("does not take for the item what falls before its motor turns", async () => {
    const machine = await Machine.open();
    machine.dropsAfterMs = null;
    machine.register.syncMs = 400;
    await machine.dispenser.arm(1_500);
    machine.lines.drive("button-a", true);
    machine.fall();
    await machine.pass(8_000);
    expect(await machine.totaliser()).toBe(0);
  });

  it("turns nothing when the register cannot be written", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    machine.register.fails = true;
    await machine.press("button-a");
    expect([machine.dropped, machine.motorsOn]).toEqual([0, false]);
    expect(machine.told("fault-raised")).toHaveLength(1);
    await machine.dispenser.stop();
    expect((await machine.dispenser.arm(5_000)).kind).toBe("declined");
    machine.register.fails = false;
    await machine.pass(11_000);
    expect(machine.told("fault-cleared")).toHaveLength(1);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("tells of what drops by itself, and is not fit to sell while its sensor is blocked", async () => {
    const machine = await Machine.open();
    await machine.pass(3_000);
    machine.fall();
    await machine.pass(3_000);
    expect(machine.told("unaccounted").length).toBeGreaterThan(0);
    expect(machine.told("unaccounted")[0]).toMatchObject({ quantityBase: null });
    machine.lines.drive("drop", true);
    await machine.pass(500);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("declined");
    machine.lines.drive("drop", false);
    await machine.pass(500);
    expect(machine.told("fault-cleared").length).toBeGreaterThan(0);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("lines lost in the middle of a vend: not billed, told of, and well again when they are back", async () => {
    const machine = await Machine.open();
    await machine.dispenser.arm(5_000);
    machine.lines.drive("button-a", true);
    await machine.pass(700);
    machine.lines.lose();
    await machine.pass(100);
    expect(machine.told("fault-raised").length).toBeGreaterThan(0);
    expect((await machine.dispenser.stop()).kind).toBe("unknown");
    machine.lines.regain();
    expect((await machine.dispenser.stop()).kind).toBe("done");
    await machine.pass(1_000);
    expect([machine.motorsOn, await machine.totaliser()]).toEqual([false, 0]);
    expect(machine.told("unaccounted")).toHaveLength(1);
    expect((await machine.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("refuses settings that it could not keep", async () => {
    await expect(Machine.open({ dropSensors: [] })).rejects.toThrow(/needs a drop sensor/);
    await expect(Machine.open({ selections: [BAR, { ...CAN, button: null }] })).rejects.toThrow(/each needs a button/);
  });
});
