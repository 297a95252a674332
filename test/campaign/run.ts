import { parseArgs } from "node:util";
import type { Random } from "../support/sim-chaos.ts";
import { campaign, type Plan, type Result } from "./campaign.ts";
import { complaints, report } from "./report.ts";
import { isServiceName, SERVICES, type ServiceName } from "./services.ts";
import { TROUBLES, type Trouble } from "./troubles.ts";

const USAGE = `usage: npm run campaign -- --kills N [--pay ${Object.keys(SERVICES).join("|")}] [--seed S] [--lanes L] [--only TROUBLE]`;
const MOST_KILLS = 10_000;
const MOST_LANES = 8;
const TEAR = { logs: 3, frames: 4 };

interface Arguments {
  readonly kills: number;
  readonly pay: ServiceName;
  readonly seed: number;
  /** Kiosks side by side, each with all of its own and the next seed. */
  readonly lanes: number;
  readonly only: string | null;
}

function readArguments(words: readonly string[]): Arguments | null {
  const text = { type: "string" } as const;
  try {
    const options = { kills: text, pay: text, seed: text, lanes: text, only: text };
    const { values } = parseArgs({ args: [...words], options });
    const { pay = "seqr" } = values;
    const kills = whole(values.kills, 1, MOST_KILLS);
    const seed = whole(values.seed ?? Math.floor(Math.random() * 1_000_000), 0, 2 ** 32 - 1);
    const lanes = whole(values.lanes ?? 1, 1, MOST_LANES);
    const only = values.only ?? null;
    if (kills === null || seed === null || lanes === null || !isServiceName(pay)) return null;
    return only === null || TROUBLES.some(({ name }) => name === only) ? { kills, pay, seed, lanes, only } : null;
  } catch {
    return null;
  }
}

function whole(said: string | number | undefined, least: number, most: number): number | null {
  const value = Number(said);
  return Number.isInteger(value) && value >= least && value <= most ? value : null;
}

function draw(random: Random, only: string | null): Trouble {
  const among = TROUBLES.filter(({ name }) => only === null || name === only);
  let ticket = random.int(
    1,
    among.reduce((sum, { weight }) => sum + weight, 0),
  );
  for (const trouble of among) {
    ticket -= trouble.weight;
    if (ticket <= 0) return trouble;
  }
  return TROUBLES[0];
}

async function main(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  if (given === null) {
    console.error(USAGE);
    return 2;
  }
  const { kills, pay, seed, lanes, only } = given;
  const replay = `npm run campaign -- --kills ${kills} --pay ${pay} --seed ${seed} --lanes ${lanes}`;
  console.log(
    `${kills} kills with ${pay}, seed ${seed}. The same choices again (moments are the machine's): ${replay}`,
  );
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1_000);
  let isEnded = false;
  process.once("SIGTERM", () => {
    isEnded = true;
    console.log("ending: the books are balanced for the kills that were by now");
  });
  // It reaches everything around the daemon as well, so there is nothing left to balance.
  process.once("SIGINT", () => process.exit(130));
  const lane = (at: number): Promise<Result> => {
    const plan: Plan = {
      ...{ pay, seed: seed + at, kills: Math.ceil(kills / lanes), tear: TEAR },
      next: (_turn, random) => draw(random, only),
      isEnded: () => isEnded,
      tell: (line) => console.log(`${String(seconds()).padStart(5)} s  kiosk ${at + 1}  ${line}`),
    };
    return campaign(plan);
  };
  const results = await Promise.all(Array.from({ length: lanes }, (_, at) => lane(at)));
  console.log(["", ...report(results)].join("\n"));
  const wrong = results.flatMap(complaints);
  console.log(`${seconds()} s, seed ${seed}\n`);
  if (wrong.length === 0) console.log("no difference in the books");
  else console.log([...wrong, "", `The books differ. Replay: ${replay}`].join("\n"));
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
