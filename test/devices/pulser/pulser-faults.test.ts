import { describe, expect, it } from "vitest";
import { FUEL, ML_PER_PULSE, PulseRig } from "../../support/pulse-rig.ts";

async function inFullFlow(rig: PulseRig, limitBase = 20_000): Promise<void> {
  expect((await rig.dispenser.arm(limitBase)).kind).toBe("done");
  await rig.pass(5_000);
  expect(rig.lines.level("fast")).toBe(true);
}

const valvesOpen = (rig: PulseRig): boolean => rig.lines.level("slow") || rig.lines.level("fast");
const faults = (rig: PulseRig): string =>
  rig
    .told("fault-raised")
    .map(({ detail }) => detail)
    .join("; ");

async function stopsWithin(rig: PulseRig, ms: number): Promise<void> {
  await rig.pass(ms);
  expect(valvesOpen(rig)).toBe(false);
  expect(rig.told("finished")).toEqual([]);
}

describe("two channels that disagree", () => {
  const cases = [
    {
      name: "channel B misses pulses",
      spoil: (rig: PulseRig) => {
        rig.pump.missingB = 3;
      },
    },
    {
      name: "channel A counts noise",
      spoil: (rig: PulseRig) => {
        rig.pump.noiseA = 1;
      },
    },
  ];
  for (const { name, spoil } of cases) {
    it(`${name}: stops, and charges no more than truly flowed nor much less`, async () => {
      const rig = await PulseRig.open();
      await inFullFlow(rig);
      spoil(rig);
      await stopsWithin(rig, 1_000);
      expect(faults(rig)).toMatch(/channels disagree: \d+ and \d+ pulses/);
      expect((await rig.dispenser.stop()).kind).toBe("done");
      const charged = await rig.totaliser();
      const slack = (FUEL.channelTolerance + 1) * ML_PER_PULSE;
      expect(charged).toBeLessThanOrEqual(rig.flowedBase + slack);
      expect(charged).toBeGreaterThan(rig.flowedBase - 200);
      expect(charged).toBeGreaterThanOrEqual(rig.told("reading").at(-1)?.totaliserBase ?? 0);
      expect((await rig.dispenser.arm(5_000)).kind).toBe("declined");
      expect(rig.told("unaccounted")).toHaveLength(1);
    });
  }

  it("a difference within the tolerance is none, and starts at nothing with each delivery", async () => {
    const rig = await PulseRig.open();
    for (let n = 0; n < 3; n++) {
      await inFullFlow(rig);
      rig.lines.pulse("a", FUEL.channelTolerance);
      await rig.pass(1_000);
      expect(faults(rig)).toBe("");
      await rig.dispenser.stop();
    }
  });

  it("a disagreement is still one after a crash", async () => {
    const rig = await PulseRig.open();
    await inFullFlow(rig);
    rig.kill();
    rig.lines.pulse("a", 60);
    await rig.start();
    await rig.dispenser.stop();
    expect(faults(rig)).toMatch(/channels disagree/);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });
});

describe("a count that cannot be", () => {
  it("a jump stops, is told of, and is never charged: not now, and not after a restart", async () => {
    const rig = await PulseRig.open({ lines: { ...FUEL.lines, pulserB: null } });
    await inFullFlow(rig);
    const before = rig.told("reading").at(-1)?.totaliserBase ?? 0;
    rig.lines.pulse("a", 500);
    await stopsWithin(rig, 60);
    expect(faults(rig)).toMatch(/jumped by 5\d\d pulses within 50 ms; at most \d+ can be flow/);
    await rig.dispenser.stop();
    expect(await rig.dispenser.totaliser()).toMatchObject({
      kind: "declined",
      detail: expect.stringContaining("jumped"),
    });
    expect(rig.told("unaccounted")).toMatchObject([{ quantityBase: null }]);
    expect((await rig.dispenser.arm(5_000)).kind).toBe("declined");
    rig.kill();
    await rig.start();
    await rig.dispenser.stop();
    const certain = await rig.totaliser();
    expect(certain).toBeGreaterThanOrEqual(before);
    expect(certain).toBeLessThanOrEqual(before + 200);
    expect(certain).toBeLessThanOrEqual(rig.flowedBase);
    expect((await rig.dispenser.arm(5_000)).kind).toBe("done");
  });

  it("two edges for a pulse at half the flow stop, and no litre more is charged than flowed", async () => {
    const rig = await PulseRig.open({ maxPulsesPerSecond: 100, lines: { ...FUEL.lines, pulserB: null } });
    rig.pump.noiseA = 1;
    rig.pump.squeeze = 0.5;
    await rig.dispenser.arm(20_000);
    await stopsWithin(rig, 6_000);
    expect(faults(rig)).toMatch(/several edges for a pulse, or noise: 2 within \d+ ms, after \d+ ms without any/);
    expect((await rig.dispenser.stop()).kind).toBe("done");
    rig.kill();
    await rig.start();
    await rig.dispenser.stop();
    expect((await rig.totaliser()) - rig.flowedBase).toBeLessThan(1_000);
  });

  it("a slow noise that adds up is a jump as well, the greatest flow is none", async () => {
    for (const [pps, isFlow] of [
      [290, true],
      [420, false],
    ] as const) {
      const rig = await PulseRig.open({ channelTolerance: 9, slowDownBase: 3_000 }, { fastPps: pps });
      await rig.dispenser.arm(60_000);
      await rig.pass(6_000);
      expect(faults(rig) === "").toBe(isFlow);
      expect(valvesOpen(rig)).toBe(isFlow);
    }
  });
});

describe("flow that nobody armed", () => {
  it("raises a fault while it lasts, tells how much each ten seconds and at the end, and is well after ten of quiet", async () => {
    const rig = await PulseRig.open();
    await rig.dispenser.stop();
    rig.events = [];
    rig.pump.backFeedPps = 20;
    await rig.pass(1_000);
    expect(rig.told("fault-raised")).toHaveLength(1);
    expect((await rig.dispenser.arm(5_000)).kind).toBe("declined");
    await rig.pass(24_000);
    rig.pump.backFeedPps = 0;
    await rig.pass(3_000);
    const told = rig.told("unaccounted").map(({ quantityBase }) => quantityBase ?? 0);
    expect(told).toHaveLength(3);
    expect(told.reduce((sum, each) => sum + each, 0)).toBe(rig.flowedBase);
    expect(rig.told("fault-cleared")).toEqual([]);
    await rig.pass(8_000);
    expect(rig.told("fault-cleared")).toHaveLength(1);
    expect(rig.told("fault-raised")).toHaveLength(1);
    expect(rig.told("reading")).toEqual([]);
    expect(await rig.deliver(3_000)).toBeLessThanOrEqual(3_000);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });

  it("is seen when only the second channel does", async () => {
    const rig = await PulseRig.open();
    rig.lines.pulse("b", 30);
    await rig.pass(3_000);
    expect(rig.told("unaccounted")).toMatchObject([{ quantityBase: 300 }]);
  });
});

describe("a valve that does not close", () => {
  it("stuck open at the limit: the motor is cut, a fault stands, all of it is counted", async () => {
    const rig = await PulseRig.open();
    await rig.dispenser.arm(3_000);
    await rig.pass(2_200);
    rig.pump.stuckOpen = true;
    await rig.pass(9_000);
    expect([rig.lines.level("motor"), valvesOpen(rig)]).toEqual([false, false]);
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    expect(rig.flowedBase).toBeGreaterThan(3_000);
  });

  it("leaking without an end: stop is unknown and says why, the fault stands, the sale's end is where it was read", async () => {
    const rig = await PulseRig.open({}, {});
    await inFullFlow(rig);
    rig.pump.backFeedPps = 5;
    const askedAtMs = rig.driven.time.elapsedMs;
    expect(await rig.dispenser.stop()).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("flows though"),
    });
    expect(rig.driven.time.elapsedMs - askedAtMs).toBeLessThan(8_000);
    expect(faults(rig)).toMatch(/flows though the valve was closed/);
    expect(rig.lines.level("motor")).toBe(false);
    expect((await rig.dispenser.stop()).kind).toBe("unknown");
    const charged = await rig.totaliser();
    expect(charged).toBe(rig.flowedBase);
    await rig.pass(12_000);
    rig.pump.backFeedPps = 0;
    await rig.pass(3_000);
    const told = rig.told("unaccounted").reduce((sum, { quantityBase }) => sum + (quantityBase ?? 0), 0);
    expect(told).toBe(rig.flowedBase - charged);
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect((await rig.dispenser.arm(5_000)).kind).toBe("declined");
    rig.kill();
    await rig.start();
    await rig.dispenser.stop();
    expect((await rig.dispenser.arm(5_000)).kind).toBe("done");
  });
});

describe("lines and registers that fail", () => {
  it("lines lost in full flow: stops, unknown until they are back, then sells again", async () => {
    const rig = await PulseRig.open();
    await inFullFlow(rig);
    const before = await rig.totaliser();
    rig.lines.lose();
    await stopsWithin(rig, 60);
    expect(faults(rig)).toMatch(/the process that held the lines died/);
    expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
    expect((await rig.dispenser.stop()).kind).toBe("unknown");
    expect(rig.told("unaccounted")).toHaveLength(1);
    rig.lines.regain();
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect(await rig.totaliser()).toBeGreaterThanOrEqual(before);
    await rig.pass(1_000);
    expect(rig.told("fault-cleared").length).toBeGreaterThan(0);
    expect(await rig.deliver(3_000)).toBeLessThanOrEqual(3_000);
  });

  it("a register that cannot be written when armed: nothing opens; well again once it can be written", async () => {
    const rig = await PulseRig.open();
    rig.register.fails = true;
    expect(await rig.dispenser.arm(5_000)).toMatchObject({ kind: "declined", detail: expect.stringContaining("EIO") });
    await rig.pass(15_000);
    expect(rig.pump.flowed).toBe(0);
    expect(rig.told("fault-cleared")).toEqual([]);
    rig.register.fails = false;
    await rig.pass(11_000);
    expect(rig.told("fault-cleared")).toHaveLength(1);
    expect(await rig.deliver(5_000)).toBeGreaterThan(4_500);
  });

  for (const how of ["fails", "hangs"] as const) {
    it(`a write that ${how} in full flow: stops, and counts what flowed`, async () => {
      const rig = await PulseRig.open();
      await inFullFlow(rig);
      rig.register[how] = true;
      await stopsWithin(rig, 4_500);
      expect(faults(rig)).toMatch(/register/);
      expect((await rig.dispenser.stop()).kind).toBe("done");
      expect(await rig.totaliser()).toBe(rig.flowedBase);
    });
  }

  it("a daemon killed while the register cannot be written loses nothing: the kernel has counted", async () => {
    const rig = await PulseRig.open();
    await inFullFlow(rig);
    rig.register.fails = true;
    await rig.pass(300);
    rig.kill();
    await rig.pass(300);
    rig.register.fails = false;
    await rig.start();
    await rig.dispenser.stop();
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });
});
