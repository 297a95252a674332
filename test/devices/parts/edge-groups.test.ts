import { describe, expect, it } from "vitest";
import { spacingLookMs } from "../../../src/devices/parts/edge-groups.ts";
import { LOOK_MS } from "../../../src/devices/parts/limit-watch.ts";
import { PulseMeter } from "../../../src/devices/parts/pulse-meter.ts";
import { PulseRegister } from "../../../src/devices/parts/pulse-register.ts";
import { done } from "../../../src/ports/outcome.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { MemoryRegister } from "../../support/memory-register.ts";
import { Random } from "../../support/sim-chaos.ts";

/** As `drivers.ts` does it. */
const MARGIN = 1.5;
const DELIVERIES = 1_000;

interface Seen {
  readonly counted: number;
  readonly flowed: number;
  readonly doubt: string | null;
}

/** Looks at edges that come at given times as the driver does, each look late by so much, until the meter doubts. */
async function watched(edgesMs: readonly number[][], greatestPps: number, lateMs: () => number): Promise<Seen> {
  const driven = new DrivenTime();
  let nowMs = 0;
  const seen = edgesMs.map(() => 0);
  const channels = edgesMs.map((times, index) => ({
    line: `channel-${index}`,
    counter: {
      bootId: "boot",
      read: () => {
        let count = seen[index] ?? 0;
        while ((times[count] ?? Number.POSITIVE_INFINITY) <= nowMs) count += 1;
        seen[index] = count;
        return done(count);
      },
    },
  }));
  const scale = { pulsesPerUnit: 100, basePerUnit: 100 };
  const store = new MemoryRegister(driven.time);
  const register = await driven.settle(PulseRegister.open(store.open, channels, scale, driven.clock));
  const settings = { ...scale, maxPulsesPerSecond: MARGIN * greatestPps, channelTolerance: 1_000 };
  const meter = new PulseMeter(register, settings, { monotonicMs: () => nowMs });
  meter.begin(true);
  const endMs = Math.max(...edgesMs.map((times) => times.at(-1) ?? 0)) + 1_000;
  while (nowMs < endMs) {
    const read = meter.read(nowMs);
    if (read.kind === "declined") return { counted: meter.pulses, flowed: seen[0] ?? 0, doubt: read.detail ?? "" };
    nowMs += Math.min(LOOK_MS, spacingLookMs(nowMs)) + lateMs();
  }
  return { counted: meter.pulses, flowed: seen[0] ?? 0, doubt: null };
}

/** Steady pulses, each of so many edges a fifth of a millisecond apart. */
function bouncing(pps: number, edges: number, seconds: number): number[] {
  const times: number[] = [];
  for (let pulse = 0; pulse < pps * seconds; pulse++) {
    for (let edge = 0; edge < edges; edge++) times.push(500.3 + (pulse * 1_000) / pps + edge * 0.2);
  }
  return times;
}

/** A customer's flow: at any rate up to the greatest, in bursts and dribbles, with pauses and uneven pulses. */
function honest(random: Random, greatestPps: number, unevenness: number): number[] {
  const times: number[] = [];
  let nowMs = 500;
  while (times.length < 400) {
    const pps = greatestPps * (0.05 + 0.95 * random.next());
    const pulses = 1 + Math.floor(random.next() * (random.next() < 0.5 ? 6 : 120));
    for (let pulse = 0; pulse < pulses; pulse++) {
      nowMs += ((1 + unevenness * (random.next() - 0.5)) * 1_000) / pps;
      times.push(nowMs);
    }
    nowMs += random.next() < 0.7 ? random.next() * 1_500 : 0;
  }
  return times;
}

const litres = (perMinute: number): number => (perMinute * 100) / 60;
const kilowatts = (kw: number, perKwh: number): number => (kw * perKwh) / 3_600;

describe("several edges for a pulse, below half the greatest flow", () => {
  it.each([
    ["100/L at most 40 L/min, 20 L/min, 2 edges", litres(40), litres(20), 2],
    ["100/L at most 40 L/min, 28 L/min, 2 edges", litres(40), litres(28), 2],
    ["100/L at most 40 L/min, 10 L/min, 5 edges", litres(40), litres(10), 5],
    ["100/L at most 40 L/min, 3 L/min, 2 edges", litres(40), litres(3), 2],
    ["100/L at most 80 L/min, 20 L/min, 2 edges", litres(80), litres(20), 2],
    ["100/L at most 40 L/min, 20 L/min, 4 edges", litres(40), litres(20), 4],
    ["100/L at most 80 L/min, 50 L/min, 2 edges", litres(80), litres(50), 2],
    ["100/L at most 130 L/min, 60 L/min, 2 edges", litres(130), litres(60), 2],
    ["S0 1,000/kWh at most 22 kW, 3.7 kW, 2 edges", kilowatts(22, 1_000), kilowatts(3.7, 1_000), 2],
    ["S0 2,000/kWh at most 22 kW, 7 kW, 2 edges", kilowatts(22, 2_000), kilowatts(7, 2_000), 2],
    ["S0 10,000/kWh at most 11 kW, 3 kW, 2 edges", kilowatts(11, 10_000), kilowatts(3, 10_000), 2],
  ])("%s: doubted before a hundred edges were charged", async (_, greatestPps, pps, edges) => {
    const random = new Random(7);
    const times = bouncing(pps, edges, 200);
    for (const channels of [[times], [times, times]]) {
      const { counted, doubt } = await watched(channels, greatestPps, () => random.next());
      expect(doubt).toMatch(/several edges for a pulse, or noise: \d+ within \d+ ms/);
      expect(counted).toBeLessThan(100);
    }
  });
});

describe(`${DELIVERIES} deliveries of honest flow`, () => {
  it.each([
    ["timers in time", 0.5, () => 0],
    ["timers late by some milliseconds", 0.5, (random: Random) => random.next() * 8],
    ["looks late by 200 ms now and then", 0.5, (random: Random) => (random.next() < 0.1 ? 200 : random.next() * 2)],
    ["looks late by 200 ms always", 0.5, () => 200],
  ])("%s: none is doubted, each pulse is counted", async (_, unevenness, lateMs) => {
    for (let seed = 1; seed <= DELIVERIES / 4; seed++) {
      const random = new Random(seed);
      const greatestPps = [litres(40), litres(80), litres(130), kilowatts(22, 1_000), kilowatts(11, 10_000)][seed % 5];
      const times = honest(random, greatestPps ?? 0, unevenness);
      const channels = seed % 2 === 0 ? [times] : [times, times.map((ms) => ms + 2)];
      const seen = await watched(channels, greatestPps ?? 0, () => lateMs(random));
      expect(seen, `seed ${seed}`).toEqual({ counted: times.length, flowed: times.length, doubt: null });
    }
  });
});
