import type { Disk } from "../support/memory-journal.ts";
import type { FaultKind } from "../support/sim-chaos.ts";
import { Random } from "../support/sim-chaos.ts";
import { SERVES_WITHIN_MS } from "./clock-rules.ts";
import { Customers } from "./customer.ts";
import { settlePromises } from "./microtasks.ts";
import type { Violation } from "./rules.ts";
import { acknowledge } from "./weather.ts";
import { World } from "./world.ts";

/** Customers come for at most so long. */
const BUSY_MS = 6 * 3_600_000;
/** After the faults have stopped: two holds of the longest kind, and some. */
const QUIET_MS = 3 * 3_600_000;
/** Longer than what could not be noted waits for another attempt. */
const REST_MS = 15_000;
const STEP_LIMIT = 400_000;

export interface SimulatedLife {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly sales: number;
  readonly steps: number;
  readonly crashes: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly crashPhases: ReadonlyMap<string, number>;
  readonly struck: ReadonlyMap<FaultKind, number>;
  readonly trace: readonly string[];
  readonly disk: Disk;
}

/** Plays the whole life that a seed decides, and says whether a rule was broken. */
export function simulate(seed: number, traces = false): Promise<SimulatedLife> {
  return new Promise((resolve, reject) => {
    // Promises are settled step by step, which cannot be done from within a promise.
    setImmediate(() => {
      try {
        resolve(play(seed, traces));
      } catch (error) {
        reject(error);
      }
    });
  });
}

function play(seed: number, traces: boolean): SimulatedLife {
  const world = new World(seed, traces);
  const customers = world.setting.positions.map(
    ({ goods, visits }, at) => new Customers(world, goods.position, visits, new Random(seed * 31 + at)),
  );
  world.onShown = () => {
    for (const customer of customers) customer.look();
  };
  let steps = 0;
  const playUntil = (over: () => boolean): void => {
    while (!over() && world.rules.violation === null) {
      if (steps++ > STEP_LIMIT) world.rules.broken("3 liveness", "the simulation does not come to rest");
      world.time.next();
      settlePromises();
      world.service.advance();
      world.rules.afterStep();
    }
  };
  world.boot();
  playUntil(() => world.time.elapsedMs > BUSY_MS || customers.every(({ done }) => done));
  world.calm();
  const quietUntilMs = world.time.elapsedMs + QUIET_MS;
  playUntil(() => world.settled || world.time.elapsedMs > quietUntilMs);
  if (!world.setting.knowsTime.service && !world.setting.knowsTime.server) world.clock.accept();
  const servesByMs = world.time.elapsedMs + SERVES_WITHIN_MS;
  playUntil(() => world.serves || world.time.elapsedMs > servesByMs);
  world.rules.judgeServes();
  if (world.rules.matters.any) {
    const rest = (): void => {
      const untilMs = world.time.elapsedMs + REST_MS;
      // A run that was asked to end as the faults stopped has a next one.
      playUntil(() => world.started && world.time.elapsedMs > untilMs);
    };
    rest();
    world.rules.matters.judge("at the end");
    // Somebody looks at one of them; the others stay.
    acknowledge(world);
    rest();
    world.rules.matters.judge("after one was acknowledged");
    world.end("the machine is switched off and on");
    playUntil(() => world.started);
    rest();
    world.rules.matters.judge("after a restart");
  }
  // What ends at the service meanwhile is asked about in its time.
  const learnedByMs = world.time.elapsedMs + QUIET_MS;
  playUntil(() => world.settled || world.time.elapsedMs > learnedByMs);
  world.rules.judgeEnd();
  return lifeOf(seed, world, steps);
}

function lifeOf(seed: number, world: World, steps: number): SimulatedLife {
  const outcomes = new Map<string, number>();
  for (const { outcome } of world.rules.closed) count(outcomes, outcome);
  const { violation, closed } = world.rules;
  const { crashes, crashPhases, trace } = world;
  world.life.alive = false;
  return {
    seed,
    violation,
    sales: closed.length,
    steps,
    crashes,
    outcomes,
    crashPhases,
    struck: world.chaos.struck,
    trace,
    disk: world.disk,
  };
}

export function count<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
