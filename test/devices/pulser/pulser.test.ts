import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { FUEL, ML_PER_PULSE, PulseRig } from "../../support/pulse-rig.ts";
import { runs } from "../../support/sample.ts";

dispenserContract("fuel pulser", async () => {
  const rig = await PulseRig.open();
  await rig.dispenser.stop();
  return {
    dispenser: rig.dispenser,
    pass: (ms) => rig.pass(ms),
    patienceMs: 20_000,
    smallLimitBase: 2_345,
    // What the first closing holds back, a pulse between two looks, and a part of one.
    shortfallBase: (FUEL.overrunPulses + 2) * ML_PER_PULSE,
    remove: async () => {},
  };
});

describe("the order of a fuel pump's outputs", () => {
  it("motor, reset time, slow valve, fast valve; fast first to close, the motor last", async () => {
    const rig = await PulseRig.open();
    const changes: { line: string; on: boolean; atMs: number }[] = [];
    const levels = new Map<string, boolean>();
    const look = (): void => {
      for (const line of ["motor", "slow", "fast"]) {
        const on = rig.lines.level(line);
        if ((levels.get(line) ?? false) !== on) changes.push({ line, on, atMs: rig.driven.time.elapsedMs });
        levels.set(line, on);
      }
      rig.driven.time.after(1, look);
    };
    look();
    await rig.deliver(3_000);
    expect(changes.map(({ line, on }) => `${line} ${on ? "on" : "off"}`)).toEqual([
      "motor on",
      "slow on",
      "fast on",
      "fast off",
      "slow off",
      "motor off",
    ]);
    const at = (n: number): number => changes[n]?.atMs ?? 0;
    expect(at(1) - at(0)).toBeGreaterThanOrEqual(FUEL.startDelayMs);
    expect(at(1) - at(0)).toBeLessThan(FUEL.startDelayMs + 200);
    expect(at(2)).toBeGreaterThan(at(1));
    expect(at(5) - at(4)).toBeGreaterThanOrEqual(FUEL.settleMs);
  });

  it("opens nothing before the nozzle is lifted, and ends when it is hung up", async () => {
    const rig = await PulseRig.open();
    rig.lines.drive("nozzle", false);
    await rig.dispenser.arm(5_000);
    await rig.pass(5_000);
    expect([rig.lines.level("motor"), rig.lines.level("slow"), rig.pump.flowed]).toEqual([false, false, 0]);
    rig.lines.drive("nozzle", true);
    await rig.pass(4_000);
    expect(rig.pump.flowed).toBeGreaterThan(50);
    rig.lines.drive("nozzle", false);
    await rig.pass(60);
    expect(rig.lines.level("slow") || rig.lines.level("fast")).toBe(false);
    await rig.finish();
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    rig.lines.drive("nozzle", true);
    await rig.pass(5_000);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    expect(rig.told("finished")).toHaveLength(1);
  });

  it("beats the alive line at 10 Hz while armed, and never otherwise", async () => {
    const rig = await PulseRig.open();
    const changedAtMs: number[] = [];
    let level = false;
    const look = (): void => {
      if (rig.lines.level("alive") !== level) changedAtMs.push(rig.driven.time.elapsedMs);
      level = rig.lines.level("alive");
      rig.driven.time.after(1, look);
    };
    look();
    await rig.pass(3_000);
    expect(changedAtMs).toEqual([]);
    const armedAtMs = rig.driven.time.elapsedMs;
    await rig.dispenser.arm(3_000);
    await rig.pass(4_000);
    const whileArmed = changedAtMs.length;
    expect(changedAtMs[0]).toBeLessThan(armedAtMs + 100);
    expect(whileArmed).toBeGreaterThan(70);
    expect(whileArmed).toBeLessThanOrEqual(81);
    await rig.finish();
    const longestMs = Math.max(...changedAtMs.slice(1).map((atMs, n) => atMs - (changedAtMs[n] ?? 0)));
    expect(longestMs).toBeLessThan(100);
    const after = changedAtMs.length;
    await rig.pass(3_000);
    expect(changedAtMs.length).toBe(after);
    expect(rig.lines.level("alive")).toBe(false);
  });

  it("does not beat while the control loop hangs", async () => {
    const rig = await PulseRig.open();
    await rig.dispenser.arm(3_000);
    await rig.pass(2_500);
    rig.driven.nextLife();
    const level = rig.lines.level("alive");
    for (let n = 0; n < 50; n++) {
      await rig.pass(17);
      expect(rig.lines.level("alive")).toBe(level);
    }
  });
});

describe("the limit of a fuel pulser", () => {
  it("is kept the first time with what was configured, and met within two pulses once the closing is known", async () => {
    const rig = await PulseRig.open();
    const first = await rig.deliver(3_000);
    expect(first).toBeGreaterThanOrEqual(3_000 - (FUEL.overrunPulses + 2) * ML_PER_PULSE);
    for (let round = 0; round < 4; round++) {
      const charged = await rig.deliver(3_000);
      expect(charged).toBeLessThanOrEqual(3_000);
      expect(charged).toBeGreaterThanOrEqual(3_000 - 2 * ML_PER_PULSE);
    }
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });

  it("refuses what could not be kept, and what is no quantity", async () => {
    const rig = await PulseRig.open();
    for (const limitBase of [FUEL.overrunPulses * ML_PER_PULSE, 1, 0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await rig.dispenser.arm(limitBase)).kind).toBe("declined");
    }
    expect((await rig.dispenser.arm(1_000)).kind).toBe("done");
    expect((await rig.dispenser.arm(1_000)).kind).toBe("declined");
    await rig.finish();
    expect(rig.pump.flowed).toBeLessThanOrEqual(100);
  });

  // With a steady slow flow and a closing that always takes the same time nothing is unavoidable: what may be left to
  // chance, the moment of a pulse between two looks, is held back. The slow-down must be long enough for the fast
  // valve to close and for the slow flow to be measured, which has a pulse in each 300 ms for that.
  it("is never passed, whatever the flow, the closing time and the limits are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          slowPps: fc.integer({ min: 4, max: 60 }),
          faster: fc.integer({ min: 1, max: 6 }),
          closingMs: fc.integer({ min: 0, max: 400 }),
          limits: fc.array(fc.integer({ min: 1_500, max: 4_000 }), { minLength: 2, maxLength: 3 }),
        }),
        async ({ slowPps, faster, closingMs, limits }) => {
          const fastPps = slowPps * faster;
          const overrunPulses = Math.ceil((slowPps * closingMs) / 1_000) + 1;
          const slowDownBase = ML_PER_PULSE * Math.ceil((fastPps * (closingMs + 350)) / 1_000 + overrunPulses);
          const rig = await PulseRig.open(
            { overrunPulses, slowDownBase, startDelayMs: 100, maxPulsesPerSecond: 500 },
            { slowPps, fastPps, closingMs },
          );
          for (const limitBase of limits) {
            const charged = await rig.deliver(limitBase);
            expect(charged).toBeLessThanOrEqual(limitBase);
            // Of the limit only whole pulses can be given.
            const wholeBase = limitBase - (limitBase % ML_PER_PULSE);
            expect(charged).toBeGreaterThanOrEqual(wholeBase - slowDownBase - 2 * ML_PER_PULSE);
          }
          expect(await rig.totaliser()).toBe(rig.flowedBase);
        },
      ),
      { numRuns: runs(8, 25) },
    );
  }, 120_000);

  it("is never passed in forty deliveries, though the moment of a pulse between two looks is different in each", async () => {
    const closingMs = 160;
    const rig = await PulseRig.open({ startDelayMs: 100, slowDownBase: 400 }, { slowPps: 43, fastPps: 97, closingMs });
    for (let n = 0; n < 40; n++) {
      const limitBase = 1_000 + 37 * n;
      const charged = await rig.deliver(limitBase);
      expect(charged).toBeLessThanOrEqual(limitBase);
      if (n > 0) expect(charged).toBeGreaterThan(limitBase - 4 * ML_PER_PULSE);
    }
  });

  // One valve, and a customer who squeezes as he likes: the flow is measured over 300 ms, so it is known to two pulses
  // in that time; by so much, for as long as the valve closes, the limit can be passed.
  it("is passed by no more than the flow's measure allows when the flow differs from what was learned", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.15, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 20, max: 300 }),
        async (squeezes, closingMs) => {
          const lines = { ...FUEL.lines, fastValve: null };
          const rig = await PulseRig.open(
            { lines, overrunPulses: 22, startDelayMs: 100 },
            { fast: null, slowPps: 67, closingMs },
          );
          const unavoidable = Math.ceil((2 / 0.3) * (closingMs / 1_000)) * ML_PER_PULSE;
          for (const squeeze of squeezes) {
            rig.pump.squeeze = squeeze;
            expect(await rig.deliver(2_000)).toBeLessThanOrEqual(2_000 + unavoidable);
          }
        },
      ),
      { numRuns: runs(5, 15) },
    );
  }, 120_000);

  it("learns from a valve that has become slower, and is kept the next time", async () => {
    const rig = await PulseRig.open();
    await rig.deliver(2_000);
    rig.pump.closingMs = 350;
    await rig.deliver(2_000);
    expect(await rig.deliver(2_000)).toBeLessThanOrEqual(2_000);
    rig.kill();
    await rig.start();
    await rig.dispenser.stop();
    expect(await rig.deliver(2_000)).toBeLessThanOrEqual(2_000);
  });
});

describe("readings and stops of a fuel pulser", () => {
  it("a stop overtakes an arm that is still being written", async () => {
    const rig = await PulseRig.open();
    const arming = rig.raw.arm(3_000);
    const stopping = rig.raw.stop();
    expect((await rig.driven.settle(stopping)).kind).toBe("done");
    expect((await rig.driven.settle(arming)).kind).toBe("declined");
    await rig.pass(10_000);
    expect(rig.pump.flowed).toBe(0);
  });

  it("closes at once at a stop in full flow, and counts what still came", async () => {
    const rig = await PulseRig.open();
    await rig.dispenser.arm(9_000);
    await rig.pass(4_000);
    const stopping = rig.raw.stop();
    expect([rig.lines.level("slow"), rig.lines.level("fast")]).toEqual([false, false]);
    const atStop = rig.pump.flowed;
    expect((await rig.driven.settle(stopping)).kind).toBe("done");
    expect(rig.pump.flowed).toBeGreaterThan(atStop);
    expect(rig.driven.time.elapsedMs - rig.pump.flowedAtMs).toBeGreaterThanOrEqual(FUEL.settleMs);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    expect(rig.told("unaccounted")).toEqual([]);
  });

  it("counts over the end of the kernel's 32 bits", async () => {
    const rig = await PulseRig.open({}, {}, 2 ** 32 - 77);
    expect(await rig.deliver(3_000)).toBe(rig.flowedBase);
    expect(await rig.deliver(3_000)).toBeGreaterThan(2_500);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });

  it("adds no rounding up over deliveries of a meter with an odd factor", async () => {
    const rig = await PulseRig.open({ pulsesPerUnit: 33, slowDownBase: 900 });
    const startBase = await rig.totaliser();
    let charged = 0;
    for (let n = 0; n < 3; n++) charged += await rig.deliver(5_000);
    expect(charged).toBe((await rig.totaliser()) - startBase);
    expect(await rig.totaliser()).toBe(Math.floor((rig.pump.flowed * 1_000) / 33));
  });

  it("goes on where it stood when the factor is changed", async () => {
    const rig = await PulseRig.open();
    await rig.deliver(3_000);
    const before = await rig.totaliser();
    rig.kill();
    await rig.start({ pulsesPerUnit: 97 });
    const after = await rig.totaliser();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(after).toBeLessThan(before + 11);
  });
});
