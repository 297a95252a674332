import { describe, expect, it } from "vitest";
import { noisyWire } from "../../../src/devices/bench/noise.ts";
import type { ModbusMeterSettings } from "../../../src/devices/modbus-meter/settings.ts";
import { runs, seeds } from "../../support/sample.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { hasSocat, type MeterRig, meterRig, START_WH, until } from "./rig.ts";

/** What an adapter adds to the damage, line by line. */
const ADAPTERS: readonly (readonly string[])[] = [
  ...Array(4).fill([]),
  ["stray-bytes"],
  ["stray-bytes"],
  ["echo"],
  ["echo"],
  ["echo", "stray-bytes"],
  ["echo", "stray-bytes"],
];
const LINES = ADAPTERS.length;
const DELIVERIES = runs(10, 100);

/** 1 MW is a watt-hour in 3.6 milliseconds. */
const POWER_W = 1_000_000;

async function hurried(): Promise<Partial<ModbusMeterSettings>> {
  const timeoutMs = Math.max(40, Math.ceil(3 * (await roundTripMs())));
  const timing = { restingPollMs: 5_000, lagMs: 10, openingMs: 40, silentMs: 15 * timeoutMs };
  return { maxPowerW: 1_500_000, pollMs: 30, timeoutMs, timing };
}

interface Count {
  exact: number;
  unclear: number;
  above: number;
  wrong: string[];
}

/** As the engine does: nothing is sold until it is stopped, and what was delivered is read until the meter tells. */
async function deliver(rig: MeterRig, limitWh: number, count: Count): Promise<void> {
  const before = rig.device.releasedBase();
  const armed = await rig.dispenser.arm(limitWh);
  if (armed.kind === "done") {
    const told = rig.events.length;
    const isOver = (): boolean =>
      rig.events.slice(told).some(({ type }) => type === "finished" || type === "fault-raised");
    await until(isOver, 60_000);
  }
  for (let tries = 0; (await rig.dispenser.stop()).kind !== "done"; tries++) {
    if (tries === 20) throw new Error("the contactor cannot be opened");
  }
  let reading = await rig.dispenser.totaliser();
  for (let tries = 0; tries < 3 && reading.kind === "unknown"; tries++) reading = await rig.dispenser.totaliser();
  const released = rig.device.releasedBase();
  if (reading.kind !== "done") count.unclear++;
  else if (reading.value === START_WH + released) count.exact++;
  else count.wrong.push(`told ${reading.value}, held ${START_WH + released}`);
  if (released - before > limitWh) count.above++;
}

describe.skipIf(!hasSocat)("a meter on a line that damages one byte in a hundred, strays and echoes", () => {
  it(`tells in ${LINES * DELIVERIES} deliveries the exact quantity, or that it does not know`, {
    timeout: 900_000,
  }, async () => {
    const count: Count = { exact: 0, unclear: 0, above: 0, wrong: [] };
    const startMs = performance.now();
    const settings = await hurried();
    const lines = await Promise.allSettled(
      seeds("meter noise", LINES).map(async (seed, index) => {
        const noise = noisyWire(seed, 100);
        const rig = await meterRig({ device: { powerW: POWER_W }, settings, noise });
        for (const fault of ADAPTERS[index] ?? []) rig.device.act(fault);
        try {
          for (let round = 0; round < DELIVERIES; round++) await deliver(rig, 40 + ((round * 37) % 50), count);
          expect(rig.events.filter(({ type }) => type === "unaccounted")).toEqual([]);
          expect(
            rig.events.filter((event) => event.type === "fault-raised" && /wired|by its/.test(event.detail)),
          ).toEqual([]);
          expect(rig.device.releasedBase()).toBeGreaterThan(20 * DELIVERIES);
        } finally {
          await rig.remove();
        }
      }),
    );
    for (const line of lines) if (line.status === "rejected") throw line.reason;
    const { wrong, ...counts } = count;
    console.info(counts, `${Math.round(performance.now() - startMs)} ms`);
    expect(wrong).toEqual([]);
    expect(count.exact + count.unclear).toBe(LINES * DELIVERIES);
    expect(count.exact).toBeGreaterThan(0.95 * LINES * DELIVERIES);
  });
});
