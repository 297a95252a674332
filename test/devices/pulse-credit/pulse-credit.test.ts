import { describe, expect, it } from "vitest";
import { CoinLine } from "../../../src/devices/pulse-credit/coin-line.ts";
import type { GpioOutput } from "../../../src/platform/gpio/gpio.ts";
import { wait } from "../../../src/platform/time/wait.ts";
import { done } from "../../../src/ports/outcome.ts";
import { dispenserContract } from "../../contract/dispenser.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { CoinMachine, SETTINGS, VALUE } from "./rig.ts";

const { coin } = SETTINGS.lines;

dispenserContract("credits by pulses", async () => {
  const machine = await CoinMachine.open();
  return {
    dispenser: machine.dispenser,
    pass: (ms) => machine.pass(ms),
    patienceMs: 6_000,
    smallLimitBase: 3 * VALUE,
    remove: async () => {},
  };
});

describe("a coin input", () => {
  it.each([
    ["whole pulses", 5 * VALUE, 5],
    ["no part of one", 4 * VALUE + 99, 4],
    ["no more than are sold at once", 30 * VALUE, 20],
  ])("is given %s", async (_, limitBase, pulses) => {
    const machine = await CoinMachine.open();
    expect((await machine.dispenser.arm(limitBase)).kind).toBe("done");
    await machine.pass(15_000);
    expect([machine.counted, await machine.totaliser()]).toEqual([pulses, pulses * VALUE]);
    expect(machine.told("finished")).toHaveLength(1);
    expect(machine.told("unaccounted")).toEqual([]);
  });

  it.each([99, 0, -1, 1.5, Number.NaN])("is given nothing for %d", async (limitBase) => {
    const machine = await CoinMachine.open();
    expect((await machine.dispenser.arm(limitBase)).kind).toBe("declined");
    await machine.pass(5_000);
    expect(machine.counted).toBe(0);
  });

  it.each([false, true])("is closed and open for its times, on disk before each; active low: %s", async (activeLow) => {
    const machine = await CoinMachine.open({ lines: { coin: { ...coin, activeLow }, inhibit: null } });
    await machine.dispenser.arm(4 * VALUE);
    await machine.pass(5_000);
    const { closedAtMs, openedAtMs, register } = machine;
    expect(closedAtMs).toHaveLength(4);
    for (const [n, closedMs] of closedAtMs.entries()) {
      const openedMs = openedAtMs[n] ?? 0;
      expect(Math.abs(openedMs - closedMs - 100)).toBeLessThanOrEqual(2);
      expect((closedAtMs[n + 1] ?? Number.POSITIVE_INFINITY) - openedMs).toBeGreaterThanOrEqual(98);
      // One write before it, one after it.
      expect(register.writtenAtMs.filter((atMs) => atMs <= closedMs)).toHaveLength(2 * n + 1);
    }
  });

  it("has its pause between two sales, and after a start", async () => {
    const machine = await CoinMachine.open({ pauseMs: 5_000 });
    await machine.dispenser.arm(VALUE);
    await machine.pass(4_900);
    expect(machine.counted).toBe(0);
    await machine.pass(1_000);
    expect(machine.told("finished")).toHaveLength(1);
    await machine.dispenser.arm(VALUE);
    await machine.pass(10_000);
    const [first = 0, second = 0] = machine.closedAtMs;
    expect(second - first).toBeGreaterThanOrEqual(5_100);
  });

  it("has a stop wait for the pulse that has begun, which is charged; no other one comes", async () => {
    for (let ms = 900; ms < 1_600; ms += 23) {
      const machine = await CoinMachine.open();
      await machine.dispenser.arm(5 * VALUE);
      await machine.pass(ms);
      expect((await machine.dispenser.stop()).kind).toBe("done");
      const { counted } = machine;
      expect(machine.lines.level("coin")).toBe(false);
      expect(await machine.totaliser()).toBe(counted * VALUE);
      await machine.pass(5_000);
      expect(machine.counted).toBe(counted);
      expect(machine.told("finished")).toEqual([]);
      expect((await machine.dispenser.arm(VALUE)).kind).toBe("done");
    }
  });
});

describe("a machine that takes no coins", () => {
  it.each([
    [{ line: "inhibit" }, true],
    [{ line: "inhibit", activeLow: true }, false],
  ])("is not sold from: %o, level %s", async (inhibit, level) => {
    const machine = await CoinMachine.open({ lines: { coin, inhibit } });
    machine.lines.drive("inhibit", level);
    await machine.pass(300);
    expect(machine.events.at(-1)?.type).toBe("fault-raised");
    expect((await machine.dispenser.arm(VALUE)).kind).toBe("declined");
    machine.lines.drive("inhibit", !level);
    expect(machine.events.at(-1)?.type).toBe("fault-cleared");
    expect((await machine.dispenser.arm(VALUE)).kind).toBe("done");
    await machine.pass(5_000);
    expect(await machine.totaliser()).toBe(VALUE);
  });

  it("gets the rest when it takes coins again in time", async () => {
    const machine = await CoinMachine.open();
    await machine.dispenser.arm(5 * VALUE);
    machine.onClosed = () => machine.counted === 2 && machine.lines.drive("inhibit", true);
    await machine.pass(3_000);
    expect(machine.counted).toBe(2);
    machine.lines.drive("inhibit", false);
    await machine.pass(5_000);
    expect([machine.counted, await machine.totaliser()]).toEqual([5, 5 * VALUE]);
    expect(machine.told("fault-raised")).toEqual([]);
  });

  it("ends the sale when it takes none for long, whether or not it flutters; what went out is charged", async () => {
    for (const flutters of [false, true]) {
      const machine = await CoinMachine.open();
      await machine.dispenser.arm(5 * VALUE);
      machine.onClosed = () => machine.counted === 2 && machine.lines.drive("inhibit", true);
      await machine.pass(2_000);
      for (let n = 0; n < 600; n++) {
        await machine.pass(10);
        if (flutters) machine.lines.drive("inhibit", n % 2 === 0);
      }
      expect([machine.counted, await machine.totaliser()]).toEqual([2, 2 * VALUE]);
      expect(machine.told("finished")).toHaveLength(1);
      expect(machine.told("unaccounted")).toEqual([]);
    }
  });
});

describe("a coin input in trouble", () => {
  it("is given nothing that is not on disk first", async () => {
    const machine = await CoinMachine.open();
    machine.register.fails = true;
    await machine.dispenser.arm(5 * VALUE);
    await machine.pass(3_000);
    expect(machine.counted).toBe(0);
    expect(machine.told("fault-raised")).toHaveLength(1);
    await machine.dispenser.stop();
    expect((await machine.dispenser.arm(VALUE)).kind).toBe("declined");
    machine.register.fails = false;
    await machine.pass(11_000);
    expect(machine.told("fault-cleared")).toHaveLength(1);
    expect([machine.counted, await machine.totaliser()]).toEqual([0, 0]);
    expect((await machine.dispenser.arm(VALUE)).kind).toBe("done");
  });

  it("is not read while a pulse that went out is not on disk", async () => {
    const machine = await CoinMachine.open();
    machine.onClosed = () => {
      machine.register.fails = machine.counted === 2;
    };
    await machine.dispenser.arm(5 * VALUE);
    await machine.pass(3_000);
    expect(machine.counted).toBe(2);
    expect((await machine.dispenser.stop()).kind).toBe("done");
    expect((await machine.dispenser.totaliser()).kind).toBe("unknown");
    machine.register.fails = false;
    await machine.pass(11_000);
    expect(await machine.totaliser()).toBe(2 * VALUE);
    expect(machine.told("unaccounted")).toEqual([]);
  });

  it("loses its line in a pulse: that one is told, not charged, not repeated, and the sale ends", async () => {
    const machine = await CoinMachine.open();
    machine.onClosed = () => machine.counted === 3 && machine.lines.lose();
    await machine.dispenser.arm(5 * VALUE);
    await machine.pass(3_000);
    expect((await machine.dispenser.stop()).kind).toBe("unknown");
    machine.lines.regain();
    expect((await machine.dispenser.stop()).kind).toBe("done");
    await machine.pass(3_000);
    expect([machine.counted, await machine.totaliser()]).toEqual([3, 2 * VALUE]);
    expect(machine.told("unaccounted")).toMatchObject([
      { quantityBase: VALUE, detail: expect.stringMatching(/^pulse 3 of 5 .*line was lost/) },
    ]);
    expect((await machine.dispenser.arm(VALUE)).kind).toBe("done");
  });

  it("is closed for too long once: that pulse is told, not charged, not repeated, and the sale ends", async () => {
    const machine = await CoinMachine.open();
    machine.onClosed = () => {
      machine.followsInMs = machine.counted === 3 ? 400 : 0;
    };
    await machine.dispenser.arm(5 * VALUE);
    await machine.pass(5_000);
    expect([machine.counted, await machine.totaliser()]).toEqual([3, 2 * VALUE]);
    expect(machine.told("unaccounted")).toMatchObject([
      { quantityBase: VALUE, detail: expect.stringMatching(/^pulse 3 of 5 .*stood still/) },
    ]);
    expect([machine.told("finished").length, machine.told("fault-raised").length]).toEqual([1, 0]);
    machine.followsInMs = 0;
    await machine.dispenser.arm(VALUE);
    await machine.pass(5_000);
    expect([machine.counted, await machine.totaliser()]).toEqual([4, 3 * VALUE]);
  });

  it.each([
    [20, "done"],
    [90, "done"],
    [200, "unknown"],
    [600, "unknown"],
  ])("whose line takes %i ms to follow: the pulse is %s", async (takesMs, kind) => {
    const driven = new DrivenTime();
    const set: GpioOutput["set"] = async () => {
      await wait(driven.clock, takesMs);
      return done(null);
    };
    const line = new CoinLine({ set }, driven.clock, 100);
    expect((await driven.settle(line.pulse())).kind).toBe(kind);
  });
});
