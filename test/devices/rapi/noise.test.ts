import { describe, expect, it } from "vitest";
import { noisyWire } from "../../../src/devices/bench/noise.ts";
import { shortfallWh } from "../../../src/devices/rapi/delivery.ts";
import type { Dispenser } from "../../../src/ports/dispenser.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { needs } from "../../support/components.ts";
import { runs, seeds } from "../../support/sample.ts";
import { tempFolder } from "../../support/temp.ts";
import { hurryFor, makeRig, type Rig, SETTINGS } from "./rig.ts";

const DELIVERIES = runs(120, 1_000);
const SIDE_BY_SIDE = 40;
const ONE_BYTE_IN = 100;
const MOST_HURRY = 10;
const LIMIT_WH = 70;
const ACCUMULATED_WH = 10_000;
/** An order to stop that is lost is given again; as much as flows meanwhile may be the merchant's loss. */
const LOSS_WH = shortfallWh(SETTINGS);

/** What the engine does too: it asks again. */
async function patiently<T>(rig: Rig, ask: (dispenser: Dispenser) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  for (let tries = 0; ; tries++) {
    const outcome = await ask(rig.dispenser);
    if (outcome.kind !== "unknown" || tries === 12) return outcome;
    await rig.pass(100);
  }
}

interface Tally {
  told: number;
  admitted: number;
}

async function deliver(rig: Rig, round: number, tally: Tally): Promise<void> {
  const from = rig.events.length;
  const releasedBase = rig.charger.releasedBase();
  const armed = await rig.dispenser.arm(LIMIT_WH);
  if (armed.kind === "done") {
    const stopsEarly = round % 3 === 0;
    for (let waited = 0; waited < 20_000; waited += 100) {
      if (stopsEarly && rig.charger.releasedBase() - releasedBase > 5) break;
      if (rig.events.slice(from).some(({ type }) => type === "finished" || type === "fault-raised")) break;
      await rig.pass(100);
    }
  }
  const stopped = await patiently(rig, (dispenser) => dispenser.stop());
  if (stopped.kind === "done") expect(rig.charger.state()["relayClosed"]).toBe(false);
  if (round % 2 === 0) rig.charger.act("unplug");
  const reading = await patiently(rig, (dispenser) => dispenser.totaliser());
  if (stopped.kind === "done" && reading.kind === "done") {
    expect(reading.value - ACCUMULATED_WH).toBe(rig.charger.releasedBase());
    tally.told++;
  } else {
    tally.admitted++;
  }
  expect(rig.charger.releasedBase() - releasedBase).toBeLessThanOrEqual(LIMIT_WH + LOSS_WH);
  rig.charger.act("charge");
}

describe.skipIf(!needs("socat", "/usr/bin/socat"))("a RAPI charger on a noisy line", () => {
  it(`tells what flowed, or that it does not know, in ${DELIVERIES} deliveries with one byte in ${ONE_BYTE_IN} damaged`, async () => {
    const folder = tempFolder();
    const tally: Tally = { told: 0, admitted: 0 };
    const hurry = await hurryFor(MOST_HURRY);
    const lives = seeds("RAPI noise", SIDE_BY_SIDE).map(async (seed, index) => {
      const noise = noisyWire(seed, ONE_BYTE_IN);
      const rig = await makeRig(folder, `charger-${index}`, { noise, hurry, accumulatedWh: ACCUMULATED_WH });
      try {
        for (let round = 0; round < DELIVERIES / SIDE_BY_SIDE; round++) await deliver(rig, round, tally);
        const told = rig.events.flatMap((event) => (event.type === "reading" ? [event.totaliserBase] : []));
        expect(told).toEqual([...told].sort((one, other) => one - other));
        expect(told.at(-1) ?? 0).toBeLessThanOrEqual(ACCUMULATED_WH + rig.charger.releasedBase());
      } finally {
        await rig.kill();
        await rig.remove();
      }
    });
    const ended = await Promise.allSettled(lives);
    expect(ended.flatMap((life) => (life.status === "rejected" ? [String(life.reason)] : []))).toEqual([]);
    console.info(tally);
    expect(tally.told + tally.admitted).toBe(DELIVERIES);
    expect(tally.told).toBeGreaterThan(DELIVERIES / 2);
  }, 900_000);
});
