import type { FaultKind } from "../support/sim-chaos.ts";
import { Random } from "../support/sim-chaos.ts";
import { Customers } from "./customer.ts";
import type { Mutant } from "./mutants.ts";
import type { Violation } from "./rules.ts";
import { World } from "./world.ts";

/** Customers come for at most so long. */
const BUSY_MS = 6 * 3_600_000;
/** After the faults have stopped: two holds of the longest kind, and some. */
const QUIET_MS = 3 * 3_600_000;
const STEP_LIMIT = 400_000;

export interface SimulatedLife {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly sales: number;
  readonly crashes: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly reasons: ReadonlyMap<string, number>;
  readonly crashPhases: ReadonlyMap<string, number>;
  readonly struck: ReadonlyMap<FaultKind, number>;
  readonly trace: readonly string[];
}

/** Plays the whole life that a seed decides, and says whether a rule was broken. */
export async function simulate(seed: number, mutant: Mutant | null = null): Promise<SimulatedLife> {
  const world = new World(seed, mutant);
  const customers = world.setting.positions.map(
    ({ goods, visits }, at) => new Customers(world, goods.position, visits, new Random(seed * 31 + at)),
  );
  let steps = 0;
  const play = async (done: () => boolean): Promise<void> => {
    while (!done() && world.rules.violation === null) {
      if (steps++ > STEP_LIMIT) return world.rules.broken("liveness", "the simulation does not come to rest");
      await world.time.step();
      world.service.advance();
      world.rules.afterStep(steps);
    }
  };
  world.boot();
  await play(() => world.time.elapsedMs > BUSY_MS || customers.every(({ done }) => done));
  world.calm();
  const quietUntilMs = world.time.elapsedMs + QUIET_MS;
  await play(() => world.settled || world.time.elapsedMs > quietUntilMs);
  world.rules.judgeEnd();
  return lifeOf(seed, world);
}

function lifeOf(seed: number, world: World): SimulatedLife {
  const outcomes = new Map<string, number>();
  const reasons = new Map<string, number>();
  for (const { outcome, reason } of world.rules.closed) {
    count(outcomes, outcome);
    count(reasons, reason ?? "none");
  }
  const { violation, closed } = world.rules;
  const { crashes, crashPhases, trace } = world;
  world.life.alive = false;
  return {
    seed,
    violation,
    sales: closed.length,
    crashes,
    outcomes,
    reasons,
    crashPhases,
    struck: world.chaos.struck,
    trace,
  };
}

export function count<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
