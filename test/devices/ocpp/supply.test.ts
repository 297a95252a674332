import { describe, expect, it } from "vitest";
import { Supply } from "../../../src/devices/ocpp/supply.ts";
import { HeartbeatLine } from "../../../src/devices/parts/heartbeat-line.ts";
import { done } from "../../../src/ports/outcome.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

const LOOK_MS = 250;

/** A line, how often it changed in each second, and a loop that looks four times a second until it hangs. */
function scene() {
  const time = new VirtualTime(0);
  const clock = clockOf(time, { number: 1, alive: true });
  const state = { isLost: false, isHung: false, level: false };
  const changesAtMs: number[] = [];
  const line = new HeartbeatLine(
    {
      set: async (active) => {
        if (active !== state.level) changesAtMs.push(time.elapsedMs);
        state.level = active;
        return done(null);
      },
    },
    clock,
  );
  const supply = new Supply(line, clock, () => state.isLost);
  const look = (): void => {
    if (!state.isHung) supply.looked();
    clock.after(LOOK_MS, look);
  };
  look();
  const until = async (atMs: number): Promise<void> => {
    while (time.elapsedMs < atMs) await time.step();
  };
  /** How often the line changed from the one moment to the other. */
  const changes = (fromMs: number, toMs: number): number =>
    changesAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
  return { state, supply, until, changes };
}

describe("the supply of a charger", () => {
  it("is held by a beat of 10 Hz while the loop comes round", async () => {
    const { until, changes } = scene();
    await until(10_000);
    for (let atMs = 1_000; atMs < 9_000; atMs += 1_000) expect(changes(atMs, atMs + 1_000)).toBe(20);
  });

  it("is let go when the loop hangs, and held again when it comes round", async () => {
    const { state, until, changes } = scene();
    await until(5_000);
    state.isHung = true;
    await until(20_000);
    expect(changes(7_500, 20_000)).toBe(0);
    expect(state.level).toBe(false);
    state.isHung = false;
    await until(22_000);
    expect(changes(21_000, 22_000)).toBe(20);
  });

  it("is cut for ten seconds when the charger cannot be stopped otherwise, and not again for five minutes", async () => {
    const { state, until, changes } = scene();
    await until(5_000);
    state.isLost = true;
    await until(320_000);
    expect(changes(5_500, 15_000)).toBe(0);
    expect(changes(16_000, 304_000)).toBe(288 * 20);
    expect(changes(305_500, 315_000)).toBe(0);
  });

  it("is let go for good at the end", async () => {
    const { state, supply, until, changes } = scene();
    await until(5_000);
    supply.close();
    await until(10_000);
    expect([changes(5_100, 10_000), state.level]).toEqual([0, false]);
  });
});
