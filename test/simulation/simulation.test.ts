import { beforeAll, describe, expect, it } from "vitest";
import { FAULT_KINDS, type FaultKind } from "../support/sim-chaos.ts";
import { misfit } from "./built.ts";
import { MUTANTS } from "./mutants.ts";
import { count, type SimulatedLife, simulate } from "./simulate.ts";

const SEEDS = 600;
/** Phases in which a sale is at stake; each must have seen a crash. */
const PHASES = ["offering", "offered", "reserved", "dispensing", "settling commit", "settling release", "closed"];

describe("the simulated life of a kiosk", () => {
  const lives: SimulatedLife[] = [];

  beforeAll(async () => {
    for (let seed = 1; seed <= SEEDS; seed++) lives.push(await simulate(seed));
  }, 180_000);

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
    let noted = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const [one, other] = [await simulate(seed, true), await simulate(seed, true)];
      expect(other.trace).toEqual(one.trace);
      noted += one.trace.length;
    }
    expect(noted).toBeGreaterThan(1_000);
  });

  it("is another one for another seed", async () => {
    expect((await simulate(1, true)).trace).not.toEqual((await simulate(2, true)).trace);
  });
});

describe("planted mistakes", () => {
  it("are enough, and each has its own name", () => {
    const names = new Set(MUTANTS.map(({ name }) => name));
    expect(names.size).toBe(MUTANTS.length);
    expect(names.size).toBeGreaterThanOrEqual(25);
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    "%s: has its place in the source",
    async (_, mutant) => {
      expect(await misfit(mutant)).toBeNull();
    },
  );
});
