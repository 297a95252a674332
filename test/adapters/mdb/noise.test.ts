import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { noisyWire } from "../../../src/simulators/bench/noise.ts";
import { runs, seeds } from "../../support/sample.ts";
import { tempFolder } from "../../support/temp.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { hasSocat, type Rig, rig } from "./rig.ts";

const MACHINES = 8;
const VENDS_EACH = runs(25, 125);
const LIMIT_BASE = 3000;

it.skipIf(!hasSocat)(
  "tells no more than was released, and tells or reports all of it, with one byte in a hundred damaged",
  { timeout: 900_000 },
  async () => {
    const answerTimeoutMs = Math.max(20, Math.ceil(3 * (await roundTripMs())));
    const sold = await Promise.all(
      seeds("MDB noise", MACHINES).map((seed) => sell(tempFolder(), seed, answerTimeoutMs)),
    );
    for (const { vends, toldBase, releasedBase, unaccountedBase, mostBase } of sold) {
      expect(vends).toBeGreaterThanOrEqual(VENDS_EACH);
      expect(toldBase).toBeLessThanOrEqual(releasedBase);
      expect(toldBase + unaccountedBase).toBeGreaterThanOrEqual(releasedBase);
      expect(mostBase).toBeLessThanOrEqual(LIMIT_BASE);
    }
    // Neither is the noise without effect, nor is most of what is sold lost to it.
    const told = sold.reduce((sum, { toldBase }) => sum + toldBase, 0);
    const released = sold.reduce((sum, { releasedBase }) => sum + releasedBase, 0);
    expect(told).toBeGreaterThan(released / 2);
    expect(told).toBeLessThan(released);
  },
);

async function sell(folder: string, seed: number, answerTimeoutMs: number) {
  const noise = noisyWire(seed, 100);
  let noisy = false;
  const made = await rig(folder, {
    noise: (bytes) => (noisy ? noise(bytes) : bytes),
    customer: "auto",
    vendMs: 1,
    pollMs: 1,
    patienceMs: 2 * answerTimeoutMs,
    vendTimeoutMs: 4 * answerTimeoutMs,
    answerTimeoutMs,
    readyTimeoutMs: 4 * answerTimeoutMs,
  });
  noisy = true;
  let mostBase = 0;
  for (let rounds = 0; rounds < 50 * VENDS_EACH && Number(made.machine.state()["vends"]) < VENDS_EACH; rounds++) {
    const before = await approvedBase(made);
    await deliver(made, 25 * answerTimeoutMs);
    mostBase = Math.max(mostBase, (await approvedBase(made)) - before);
  }
  noisy = false;
  expect((await made.dispenser.stop()).kind).toBe("done");
  const toldBase = await made.totalBase();
  const sold = {
    vends: Number(made.machine.state()["vends"]),
    toldBase,
    releasedBase: made.machine.releasedBase(),
    unaccountedBase: (await approvedBase(made)) - toldBase,
    mostBase,
  };
  await made.remove();
  return sold;
}

/** All that was approved and not withdrawn: told, and told as unaccounted. */
async function approvedBase({ totalBase, unaccountedBase }: Rig): Promise<number> {
  return unaccountedBase().reduce<number>((sum, base) => sum + (base ?? 0), await totalBase());
}

async function deliver({ dispenser, events }: Rig, patienceMs: number): Promise<void> {
  const from = events.length;
  const armed = await dispenser.arm(LIMIT_BASE);
  if (armed.kind === "declined") await sleep(10);
  const endMs = performance.now() + patienceMs;
  const finished = (): boolean => events.slice(from).some(({ type }) => type === "finished");
  while (armed.kind === "done" && !finished() && performance.now() < endMs) await sleep(1);
  await dispenser.stop();
}
