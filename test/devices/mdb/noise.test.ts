import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { noisyWire, strayingWire } from "../../../src/devices/bench/noise.ts";
import { runs, seeds } from "../../support/sample.ts";
import { tempFolder } from "../../support/temp.ts";
import { roundTripMs } from "../../support/wire-pace.ts";
import { hasSocat, type Rig, rig } from "./rig.ts";

const MACHINES = 8;
const VENDS_EACH = runs(25, 125);
const LIMIT_BASE = 3000;
const DEAREST_BASE = 1550;

it.skipIf(!hasSocat)(
  "tells no more than was released, and tells or disputes all of it, on a disturbed wire",
  { timeout: 900_000 },
  async () => {
    const answerTimeoutMs = Math.max(20, Math.ceil(3 * (await roundTripMs())));
    const sold = await Promise.all(
      seeds("MDB noise", MACHINES).map((seed, at) => {
        const weather = Object.keys(WEATHERS)[at % Object.keys(WEATHERS).length] as keyof typeof WEATHERS;
        return sell(tempFolder(), seed, weather, answerTimeoutMs);
      }),
    );
    console.table(sold);
    for (const { vends, wrong, toldBase, releasedBase, disputedBase, mostBase } of sold) {
      expect(wrong).toBe(0);
      expect(vends).toBeGreaterThanOrEqual(VENDS_EACH);
      expect(toldBase).toBeLessThanOrEqual(releasedBase);
      expect(toldBase + disputedBase).toBeGreaterThanOrEqual(releasedBase);
      expect(mostBase).toBeLessThanOrEqual(LIMIT_BASE);
    }
    // Neither is the noise without effect, nor is most of what is sold lost to it.
    const told = sold.reduce((sum, { toldBase }) => sum + toldBase, 0);
    const released = sold.reduce((sum, { releasedBase }) => sum + releasedBase, 0);
    expect(told).toBeGreaterThan(released / 2);
    expect(told).toBeLessThan(released);
  },
);

const WEATHERS = {
  damaged: { noise: (seed: number) => noisyWire(seed, 100), act: null },
  stray: { noise: (seed: number) => strayingWire(seed, 10), act: null },
  echoed: { noise: (seed: number) => noisyWire(seed, 200), act: "echo" },
  twice: { noise: (seed: number) => strayingWire(seed, 20), act: "says-twice" },
} as const;

async function sell(folder: string, seed: number, weather: keyof typeof WEATHERS, answerTimeoutMs: number) {
  const { noise: noiseOf, act } = WEATHERS[weather];
  const noise = noiseOf(seed);
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
  if (act !== null) made.machine.act(act);
  let mostBase = 0;
  let disputedBase = 0;
  const count = { right: 0, disputed: 0, wrong: 0 };
  for (let rounds = 0; rounds < 50 * VENDS_EACH && Number(made.machine.state()["vends"]) < VENDS_EACH; rounds++) {
    const before = await made.totalBase();
    const releasedBefore = made.machine.releasedBase();
    await deliver(made, 25 * answerTimeoutMs);
    const told = await made.dispenser.totaliser();
    const released = made.machine.releasedBase() - releasedBefore;
    if (told.kind === "declined") count.disputed++;
    else if (told.kind === "done" && told.value - before !== released) count.wrong++;
    else if (released > 0) count.right++;
    // Of a disputed one nobody can tell: at the most the dearest that the customer could still buy.
    const disputed = told.kind === "declined" ? DEAREST_BASE : 0;
    disputedBase += disputed;
    mostBase = Math.max(mostBase, (await made.totalBase()) - before);
  }
  noisy = false;
  expect((await made.dispenser.stop()).kind).toBe("done");
  await made.dispenser.totaliser();
  const toldBase = await made.totalBase();
  const sold = {
    weather,
    ...count,
    vends: Number(made.machine.state()["vends"]),
    toldBase,
    releasedBase: made.machine.releasedBase(),
    disputedBase,
    mostBase,
  };
  await made.remove();
  return sold;
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
