import { beforeAll, describe, expect, it } from "vitest";
import { FAULT_KINDS, type FaultKind } from "../support/sim-chaos.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";
import { count, type SimulatedLife, simulate } from "./simulate.ts";

const SEEDS = 300;
/** What is wrong is caught within so many seeds, or the simulation is blind to it. */
const BLIND_SEEDS = 600;
/** Phases in which a sale is at stake; each must have seen a crash. */
const PHASES = ["offering", "offered", "reserved", "dispensing", "settling commit", "settling release", "closed"];

describe("the simulated life of a kiosk", () => {
  const lives: SimulatedLife[] = [];

  beforeAll(async () => {
    for (let seed = 1; seed <= SEEDS; seed++) lives.push(await simulate(seed));
  }, 60_000);

  it("breaks no money rule, whatever the seed brings", () => {
    const broken = lives.filter(({ violation }) => violation !== null);
    expect(broken.map(({ seed, violation }) => `seed ${seed}: ${violation?.rule}: ${violation?.detail}`)).toEqual([]);
  });

  it("is not blind: every outcome, every fault, and a crash in every phase has occurred", () => {
    const struck = new Map<FaultKind, number>();
    const outcomes = new Map<string, number>();
    const phases = new Map<string, number>();
    for (const life of lives) {
      for (const [kind, times] of life.struck) count(struck, kind, times);
      for (const [outcome, times] of life.outcomes) count(outcomes, outcome, times);
      for (const [phase, times] of life.crashPhases) count(phases, phase, times);
    }
    expect(new Set(outcomes.keys())).toEqual(new Set(["paid", "released", "needs-attention"]));
    expect(FAULT_KINDS.filter((kind) => !struck.has(kind))).toEqual([]);
    expect(PHASES.filter((phase) => !phases.has(phase))).toEqual([]);
  });

  it("is the same for the same seed", async () => {
    for (const seed of [7, 42, 137]) {
      const [one, other] = [await simulate(seed), await simulate(seed)];
      expect(other.trace).toEqual(one.trace);
      expect(one.trace.length).toBeGreaterThan(20);
    }
  });

  it("is another one for another seed", () => {
    expect(lives[0]?.trace).not.toEqual(lives[1]?.trace);
  });
});

describe("planted mistakes", () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))("%s: caught", async (_, mutant) => {
    const caught = await firstViolation(mutant);
    expect(mutant.caughtBy).toContain(caught);
  });
});

async function firstViolation(mutant: Mutant): Promise<string | null> {
  for (let seed = 1; seed <= BLIND_SEEDS; seed++) {
    const { violation } = await simulate(seed, mutant);
    if (violation !== null) return violation.rule;
  }
  return null;
}
