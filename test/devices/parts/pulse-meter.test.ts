import { describe, expect, it } from "vitest";
import { PulseMeter } from "../../../src/devices/parts/pulse-meter.ts";
import { PulseRegister } from "../../../src/devices/parts/pulse-register.ts";
import type { PulseCounter } from "../../../src/platform/gpio/gpio.ts";
import { done } from "../../../src/ports/outcome.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { MemoryRegister } from "../../support/memory-register.ts";

const TOLERANCE = 3;

/** Two channels of one flow, and a processor that may be away between the reading of the one and of the other. */
async function scene() {
  const driven = new DrivenTime();
  const flowed = [0, 0] as [number, number];
  let awayFor = 0;
  const channel = (index: 0 | 1): PulseCounter => ({
    bootId: "boot",
    read: () => {
      if (index === 1) {
        flowed[0] += awayFor;
        flowed[1] += awayFor;
        awayFor = 0;
      }
      return done(flowed[index]);
    },
  });
  const channels = ([0, 1] as const).map((index) => ({ line: `channel-${index}`, counter: channel(index) }));
  const scale = { pulsesPerUnit: 100, basePerUnit: 1_000 };
  const store = new MemoryRegister(driven.time);
  const register = await driven.settle(PulseRegister.open(store.open, channels, scale, driven.clock));
  const meter = new PulseMeter(
    register,
    { ...scale, maxPulsesPerSecond: 2_000, channelTolerance: TOLERANCE },
    { monotonicMs: () => 0 },
  );
  meter.begin(true);
  const look = (a: number, b: number, away: number, nowMs: number): string | null => {
    flowed[0] += a;
    flowed[1] += b;
    awayFor = away;
    meter.read(nowMs);
    return meter.disagreement;
  };
  return { meter, look };
}

describe("two channels that are read one after the other", () => {
  it("agree when the processor was away in between", async () => {
    const { meter, look } = await scene();
    expect(look(100, 100, 25, 1_000)).toBeNull();
    expect(look(0, 0, 40, 1_100)).toBeNull();
    expect(look(0, 0, 0, 1_200)).toBeNull();
    expect(meter.totaliserBase).toBe(1_650);
  });

  it.each([
    ["behind by the tolerance", 100, 100 - TOLERANCE, 0, false],
    ["behind by more", 100, 99 - TOLERANCE, 0, true],
    ["ahead by more", 99 - TOLERANCE, 100, 0, true],
    ["behind by more, with the processor away for a moment", 100, 99 - 2 * TOLERANCE, TOLERANCE, true],
  ])("one %s", async (_what, a, b, away, disagrees) => {
    const { look } = await scene();
    look(a, b, away, 1_000);
    expect(look(0, 0, 0, 1_050) !== null).toBe(disagrees);
  });
});
