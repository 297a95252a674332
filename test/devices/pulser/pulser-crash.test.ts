import { describe, expect, it } from "vitest";
import { ML_PER_PULSE, PulseRig } from "../../support/pulse-rig.ts";

const LIMIT_BASE = 4_000;
/** From the arming over the reset of the pump, fast and slow flow, closing and settling to the end. */
const MOMENTS_MS = Array.from({ length: 44 }, (_, n) => 1 + n * 211);

describe("a daemon that is killed during a delivery", () => {
  it.each(MOMENTS_MS)("after %i ms: every pulse is in the totaliser", async (ms) => {
    const rig = await PulseRig.open();
    const startBase = await rig.totaliser();
    await rig.driven.settle(rig.raw.arm(LIMIT_BASE));
    await rig.pass(ms);
    const ended = rig.told("finished").length > 0;
    rig.kill();
    await rig.pass(500);
    rig.outputsOff();
    await rig.pass(1_500);
    await rig.start();
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect((await rig.totaliser()) - startBase).toBe(rig.flowedBase);
    expect(rig.told("unaccounted")).toEqual([]);
    if (!ended && ms > 2_100) expect(rig.pump.flowed).toBeGreaterThan(0);
    expect(await rig.deliver(LIMIT_BASE)).toBeGreaterThan(LIMIT_BASE - 200);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });

  it("counts on when it is killed again and again, also while it stops what was interrupted", async () => {
    const rig = await PulseRig.open();
    await rig.dispenser.arm(LIMIT_BASE);
    await rig.pass(4_000);
    for (const ms of [0, 30, 300, 1_600]) {
      rig.kill();
      await rig.pass(200);
      await rig.start();
      const stopping = rig.raw.stop();
      stopping.catch(() => {});
      await rig.pass(ms);
    }
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    expect(rig.pump.flowed).toBeGreaterThan(100);
  });

  it("does not take for a delivery's what flowed while it was dead and nothing had been armed", async () => {
    const rig = await PulseRig.open();
    await rig.deliver(LIMIT_BASE);
    const before = await rig.totaliser();
    rig.kill();
    rig.pump.backFeedPps = 50;
    await rig.pass(2_000);
    rig.pump.backFeedPps = 0;
    await rig.start();
    await rig.pass(3_000);
    const [told] = rig.told("unaccounted");
    expect(told?.quantityBase).toBe((await rig.totaliser()) - before);
    expect(told?.quantityBase).toBeGreaterThan(900);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
  });
});

describe("a power cut during a delivery", () => {
  // One step of the register, the time of one write, and one look of the control loop.
  const STEP_MS = 900 + 20 + 50;
  const FASTEST_PPS = 67;

  it.each(MOMENTS_MS)("after %i ms: no more is lost than one step of the register", async (ms) => {
    for (const tornBytes of [0, 60, 4_096]) {
      const rig = await PulseRig.open();
      await rig.driven.settle(rig.raw.arm(LIMIT_BASE));
      await rig.pass(ms);
      const flowed = rig.pump.flowed;
      rig.powerCut(tornBytes);
      await rig.start();
      expect((await rig.dispenser.stop()).kind).toBe("done");
      expect(rig.told("unaccounted")).toMatchObject([{ quantityBase: null }]);
      const lost = flowed - (await rig.totaliser()) / ML_PER_PULSE;
      expect(lost).toBeGreaterThanOrEqual(0);
      expect(lost).toBeLessThanOrEqual((FASTEST_PPS * STEP_MS) / 1_000 + 1);
    }
  });

  it("loses nothing of what was delivered before", async () => {
    const rig = await PulseRig.open();
    await rig.deliver(LIMIT_BASE);
    await rig.deliver(LIMIT_BASE);
    const before = await rig.totaliser();
    rig.powerCut();
    await rig.start();
    await rig.dispenser.stop();
    expect(await rig.totaliser()).toBe(before);
    expect(before).toBe(rig.flowedBase);
    expect(rig.told("unaccounted")).toEqual([]);
  });

  it("starts the new machine's count at nothing", async () => {
    const rig = await PulseRig.open();
    const before = await rig.deliver(LIMIT_BASE);
    rig.powerCut();
    await rig.start();
    rig.lines.drive("nozzle", true);
    await rig.dispenser.stop();
    expect(await rig.deliver(LIMIT_BASE)).toBeGreaterThan(LIMIT_BASE - 200);
    expect(await rig.totaliser()).toBe(rig.flowedBase);
    expect(rig.flowedBase).toBeGreaterThan(before);
  });

  it("is written before anything opens, at least once a second while it flows, and not while nothing does", async () => {
    const rig = await PulseRig.open();
    await rig.pass(30_000);
    expect(rig.register.writtenAtMs).toEqual([]);
    await rig.dispenser.arm(9_000);
    const armedAtMs = rig.driven.time.elapsedMs;
    expect(rig.register.writtenAtMs.length).toBe(1);
    expect(rig.lines.level("motor")).toBe(false);
    await rig.pass(1_900);
    expect(rig.register.writtenAtMs.length).toBe(1);
    await rig.pass(6_000);
    const times = rig.register.writtenAtMs.filter((atMs) => atMs > armedAtMs + 1_900);
    expect(times.length).toBeGreaterThanOrEqual(6);
    for (const [n, atMs] of times.slice(1).entries()) expect(atMs - (times[n] ?? 0)).toBeLessThanOrEqual(1_000);
    await rig.dispenser.stop();
    const written = rig.register.writtenAtMs.length;
    await rig.pass(60_000);
    expect(rig.register.writtenAtMs.length).toBe(written);
  });
});
