import { describe, expect, it } from "vitest";
import { CrossCheck } from "../../../src/devices/modbus-meter/cross-check.ts";
import { FlowSinceOpen, SETTLED_LAGS } from "../../../src/devices/modbus-meter/flow-since-open.ts";
import type { Reading } from "../../../src/devices/modbus-meter/meter.ts";
import { Trust } from "../../../src/devices/modbus-meter/trust.ts";

const MAX_W = 22_000;
const POLL_MS = 250;
const TOOK_MS = 80;
const CLOSED_MS = 3_000;
const OPENED_MS = 600_000;
const START_WH = 1_234_567;

interface Slow {
  readonly stepWh: number;
  /** How often all registers are written anew. */
  readonly refreshMs: number;
  readonly watts: number;
  /** When they were written first. */
  readonly phaseMs: number;
}

/** What the registers hold at a moment of a delivery of ten minutes. */
function held({ stepWh, refreshMs, watts, phaseMs }: Slow, atMs: number): { readonly wh: number; readonly w: number } {
  const writtenMs = atMs - ((atMs + phaseMs) % refreshMs);
  const flowedMs = Math.min(Math.max(writtenMs - CLOSED_MS, 0), OPENED_MS - CLOSED_MS);
  const exactWh = START_WH + (watts * flowedMs) / 3_600_000;
  const isFlowing = writtenMs >= CLOSED_MS && writtenMs < OPENED_MS;
  return { wh: Math.floor(exactWh / stepWh) * stepWh, w: isFlowing ? watts : 0 };
}

/** What is said of it, by each of those who look, with what they know of it; nothing when all is well. */
function complaints(slow: Slow, { stepWh, refreshMs: lagMs }: Pick<Slow, "stepWh" | "refreshMs"> = slow): string[] {
  const said: string[] = [];
  const trust = new Trust({
    maxPowerW: MAX_W,
    ...{ lagMs, steadyMs: 60_000, stepBase: () => stepWh, isOwed: () => true, begunAnew: () => said.push("anew") },
  });
  const check = new CrossCheck({ maxPowerW: MAX_W, lagMs, stepWh, isInverted: false, closedMs: CLOSED_MS });
  const flowSinceOpen = new FlowSinceOpen(OPENED_MS, lagMs);
  let isStill = false;
  const lastMs = OPENED_MS + SETTLED_LAGS * lagMs + 2_000;
  for (let atMs = 0; atMs < lastMs; atMs += POLL_MS) {
    const energy = held(slow, atMs + TOOK_MS / 2);
    const power = held(slow, atMs + TOOK_MS);
    const judged = trust.judge({ base: energy.wh, askedMs: atMs, answeredMs: atMs + TOOK_MS / 2 });
    if (judged === "doubtful" && atMs > 0) said.push(`doubtful at ${atMs}: ${trust.doubt}`);
    const reading: Reading = {
      ...{ totaliserBase: energy.wh, reverseBase: null, toldW: power.w, powerW: power.w },
      ...{ isFlowing: power.w >= 10, atMs, tookMs: TOOK_MS },
    };
    const contradiction = atMs < CLOSED_MS ? null : check.look(reading);
    if (contradiction !== null) said.push(contradiction);
    if (atMs < OPENED_MS) continue;
    const stands = flowSinceOpen.look(reading);
    if (stands === "flows") said.push(`flows at ${atMs}`);
    isStill ||= stands === "still";
  }
  return [...said, ...(isStill ? [] : ["never still"]), ...(check.unexplained === null ? [] : [check.unexplained])];
}

describe("a good meter that is known to be coarse and late", () => {
  const rows = [10, 100, 500].flatMap((stepWh) => [1_000, 10_000].map((refreshMs) => ({ stepWh, refreshMs })));
  it.each(rows)("is believed: steps of $stepWh Wh, written every $refreshMs ms", (row) => {
    for (const watts of [1_380, 3_680, 11_000, MAX_W])
      for (const phaseMs of [0, 137, 499, 871]) expect(complaints({ ...row, watts, phaseMs })).toEqual([]);
  });

  it("is not, where nobody knows it", () => {
    const late = { stepWh: 10, refreshMs: 10_000, watts: 11_000, phaseMs: 0 };
    expect(complaints(late, { stepWh: 10, refreshMs: 1_000 })).not.toEqual([]);
    const coarse = { stepWh: 500, refreshMs: 1_000, watts: 11_000, phaseMs: 0 };
    expect(complaints(coarse, { stepWh: 10, refreshMs: 1_000 })).not.toEqual([]);
  });
});
