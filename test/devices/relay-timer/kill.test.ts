import { describe, expect, it } from "vitest";
import { Bay, STEP_MS } from "../../support/simulated-bay.ts";

describe("a daemon that is killed while it runs", () => {
  const MOMENTS_MS = Array.from({ length: 40 }, (_, n) => 1 + n * 173);

  it.each(MOMENTS_MS)(
    "after %i ms: charged for no second that did not run, and a second less at the most",
    async (ms) => {
      const bay = await Bay.open();
      await bay.deliver(3);
      await bay.pass(3_000);
      const [startS, startMs] = [await bay.totaliser(), bay.ranMs];
      await bay.driven.settle(bay.raw.arm(6));
      await bay.pass(ms);
      const hadEnded = bay.events.filter(({ type }) => type === "finished").length > 1;
      bay.kill();
      const ranMs = bay.ranMs - startMs;
      await bay.pass(500);
      bay.outputsOff();
      await bay.pass(1_500);
      await bay.start();
      expect((await bay.dispenser.stop()).kind).toBe("done");
      const chargedMs = 1_000 * ((await bay.totaliser()) - startS);
      expect(chargedMs).toBeLessThanOrEqual(ranMs + STEP_MS);
      // The second that was not whole, and the one that was not written yet.
      if (!hadEnded) expect(chargedMs).toBeGreaterThan(Math.min(ranMs, 6_000) - 2_100);
      expect(await bay.deliver(5)).toBe(5);
    },
  );

  it.each(MOMENTS_MS)("power cut after %i ms: the same", async (ms) => {
    for (const tornBytes of [0, 40, 4_096]) {
      const bay = await Bay.open();
      await bay.driven.settle(bay.raw.arm(6));
      await bay.pass(ms);
      bay.powerCut(tornBytes);
      const { ranMs } = bay;
      await bay.start();
      expect((await bay.dispenser.stop()).kind).toBe("done");
      const chargedMs = 1_000 * (await bay.totaliser());
      expect(chargedMs).toBeLessThanOrEqual(ranMs + STEP_MS);
      expect(chargedMs).toBeGreaterThan(Math.min(ranMs, 6_000) - 2_100);
    }
  });

  it("is written before anything is switched on, each second while it runs, and not while it does not", async () => {
    const bay = await Bay.open();
    await bay.pass(30_000);
    expect(bay.register.writtenAtMs).toEqual([]);
    await bay.dispenser.arm(20);
    expect(bay.register.writtenAtMs).toHaveLength(1);
    expect(bay.relayOnMs).toBe(0);
    await bay.pass(10_000);
    expect(bay.register.writtenAtMs.length).toBeGreaterThanOrEqual(10);
    expect(bay.register.writtenAtMs.length).toBeLessThanOrEqual(12);
  });
});
