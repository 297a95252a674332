import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../support/sim-chaos.ts";
import type { Life } from "./life.ts";
import type { Site } from "./site.ts";

/** What a trouble may do: begin lives of the daemon, and end each in a kill. */
export interface Stage {
  readonly site: Site;
  readonly random: Random;
  begin(env?: Readonly<Record<string, string>>): Life;
  /** Waits until the sale is there, or for a while. */
  reaches(life: Life, phase: string, patienceMs?: number): Promise<void>;
  /** Ends the life and looks at what it left behind. */
  kill(life: Life): Promise<void>;
  /** The life ends by a kill of its own. */
  dies(life: Life): Promise<void>;
  /** A daemon that may not start on the disk as it is: a supervisor would start it again. */
  mayEnd(life: Life): void;
}

export interface Trouble {
  readonly name: string;
  readonly weight: number;
  readonly needs?: "disk" | "clock";
  run(stage: Stage): Promise<void>;
}

const PHASES = ["idle", "offering", "offered", "reserved", "dispensing", "settling", "closed"] as const;
const DAY_S = 86_400;

/** An append at which the daemon kills itself, counted from its start. */
export function failpoint(moment: "before" | "after", append: number): Trouble {
  return {
    name: `at an append, ${moment}`,
    weight: 0,
    run: async (stage) => {
      const life = stage.begin({ KIOSKD_FAILPOINT: `${moment}:${append}` });
      await stage.dies(life);
    },
  };
}

/** Waits for a phase and a little longer. */
async function somewhere(stage: Stage, life: Life): Promise<void> {
  const { random } = stage;
  const phase = random.pick(PHASES);
  await stage.reaches(life, phase);
  await sleep(random.int(0, phase === "dispensing" ? 1_200 : 120));
}

export const TROUBLES: readonly [Trouble, ...Trouble[]] = [
  {
    name: "anywhere",
    weight: 26,
    run: async (stage) => {
      const life = stage.begin();
      await somewhere(stage, life);
      await stage.kill(life);
    },
  },
  {
    name: "while it starts",
    weight: 14,
    run: async (stage) => {
      const life = stage.begin();
      await sleep(stage.random.int(0, 1_400));
      await stage.kill(life);
    },
  },
  {
    name: "at an append",
    weight: 28,
    run: (stage) => failpoint(stage.random.pick(["before", "after"]), stage.random.int(1, 9)).run(stage),
  },
  {
    name: "stopped for seconds",
    weight: 8,
    run: async (stage) => {
      const { random } = stage;
      const life = stage.begin();
      await somewhere(stage, life);
      life.signal("SIGSTOP");
      await sleep(random.int(300, 3_500));
      if (random.chance(0.7)) {
        life.signal("SIGCONT");
        await sleep(random.int(0, 1_500));
      }
      await stage.kill(life);
    },
  },
  {
    name: "disk full",
    weight: 8,
    needs: "disk",
    run: async (stage) => {
      const { random, site } = stage;
      let life = stage.begin();
      await somewhere(stage, life);
      stage.mayEnd(life);
      site.disk?.fill();
      await sleep(random.int(100, 3_000));
      if (random.chance(0.5)) {
        await stage.kill(life);
        life = stage.begin();
        stage.mayEnd(life);
        await sleep(random.int(300, 2_000));
      }
      site.disk?.free();
      await sleep(random.int(0, 1_500));
      await stage.kill(life);
    },
  },
  {
    name: "clock moved",
    weight: 8,
    needs: "clock",
    run: async (stage) => {
      const { random, site } = stage;
      let life = stage.begin();
      await somewhere(stage, life);
      const aheadS = random.pick([60, 3_600, DAY_S, 30 * DAY_S]);
      const behindS = random.pick([600, 7_200, DAY_S, Math.floor(Date.now() / 1_000)]);
      site.clock?.set(random.chance(0.5) ? aheadS : -behindS);
      if (random.chance(0.6)) {
        await sleep(random.int(0, 500));
        await stage.kill(life);
        life = stage.begin();
        await sleep(random.int(800, 3_000));
      } else {
        await sleep(random.int(0, 2_000));
      }
      site.clock?.set(0);
      await sleep(random.int(0, 1_000));
      await stage.kill(life);
    },
  },
  {
    name: "broker killed",
    weight: 8,
    run: async (stage) => {
      const { random, site } = stage;
      const life = stage.begin();
      await somewhere(stage, life);
      await site.broker.stop();
      await sleep(random.int(0, 2_500));
      const killedFirst = random.chance(0.5);
      if (killedFirst) await stage.kill(life);
      // Held until somebody listens, because records are not retained.
      else life.signal("SIGSTOP");
      await site.broker.start();
      await site.subscriber.listen();
      if (killedFirst) return;
      life.signal("SIGCONT");
      await sleep(random.int(0, 3_000));
      await stage.kill(life);
    },
  },
  {
    name: "answers lost",
    weight: 10,
    run: async (stage) => {
      const { random, site } = stage;
      const life = stage.begin();
      await stage.reaches(life, "idle");
      for (let faults = random.int(1, 3); faults > 0; faults--) await site.service.trouble(random);
      await somewhere(stage, life);
      await stage.kill(life);
    },
  },
];
