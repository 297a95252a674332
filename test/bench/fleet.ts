import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killAll } from "./fleet/children.ts";
import { missed, shortOf } from "./fleet/goals.ts";
import { type Pair, reportOf } from "./fleet/report.ts";
import { NO_TRAFFIC, runStep, type StepFigures, type StepPlan } from "./fleet/step.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = join(ROOT, "docs/fleet.md");
const [BEGIN, END] = ["<!-- Figures: written by `npm run bench:fleet`. -->", "<!-- End of the figures. -->"];

const FIRST_KIOSKS = 100;
const FIRST_RESTING = 2_000;
const SECURED_RESTING = 1_000;
const FIRST_RATE = 4_000;
/** A step that would begin later than this is left out, so that the bench ends in some eight minutes. */
const ALONE_UNTIL_MS = 60_000;
const SELLING_UNTIL_MS = 5 * 60_000;
const RESTING_UNTIL_MS = 7 * 60_000;
const KIOSKS = { role: "kiosks", measureMs: 8_000, downMs: 4_000, tls: false, traffic: NO_TRAFFIC } as const;

const startMs = performance.now();

function say(step: StepFigures): void {
  const { plan, messagesPerSecond, delaysMs, cpu, restart } = step;
  process.stderr.write(
    `${plan.kiosks} ${plan.role}${plan.sells ? "" : " at rest"}: ${messagesPerSecond.toFixed(0)} messages/s, p99 ${delaysMs.p99} ms, broker ${(cpu.broker * 100).toFixed(0)} % of a core, ${restart === null ? "" : `${restart.online} back after ${restart.allBackMs} ms`}\n`,
  );
}

async function step(plan: StepPlan): Promise<StepFigures> {
  const figures = await runStep(plan);
  say(figures);
  return figures;
}

/** Doubles the size until a goal is missed or the time is over; resolves with what ended it. */
async function grow(
  from: number,
  what: string,
  untilMs: number,
  run: (size: number) => Promise<readonly [StepFigures, offeredPerSecond: number]>,
): Promise<string> {
  for (let size = from; ; size *= 2) {
    if (performance.now() - startMs > untilMs) {
      const so = size === from ? "" : `; ${size / 2} met every goal`;
      return `no time was left for ${size} ${what}${so}.`;
    }
    const [figures, offeredPerSecond] = await run(size);
    const misses = missed(figures, offeredPerSecond);
    if (misses.length > 0) return `${size} ${what}: ${misses.join("; ")}. Short of ${shortOf(figures)}.`;
  }
}

async function bench(): Promise<string> {
  const selling: Pair[] = [];
  const resting: StepFigures[] = [];
  const alone: StepFigures[] = [];
  const aloneEnd = await grow(FIRST_RATE, "messages/s", ALONE_UNTIL_MS, async (perSecond) => {
    const traffic = {
      ...NO_TRAFFIC,
      state: { perSecond: perSecond / 40 - 1, bytes: 450 },
      sales: { perSecond: 1, bytes: 600 },
    };
    const plan = { ...KIOSKS, role: "plain", kiosks: 40, perProcess: 20, sells: true, traffic } as const;
    const figures = await step({ ...plan, warmUpMs: 2_000, measureMs: 4_000, downMs: null });
    alone.push(figures);
    return [figures, perSecond];
  });
  const sellingEnd = await grow(FIRST_KIOSKS, "selling kiosks", SELLING_UNTIL_MS, async (count) => {
    const plan = { ...KIOSKS, kiosks: count, perProcess: 200, sells: true, warmUpMs: 7_000 };
    const kiosks = await step(plan);
    const plain = await step({ ...plan, role: "plain", traffic: kiosks.traffic, warmUpMs: 3_000 });
    selling.push({ kiosks, plain });
    const first = selling[0]?.kiosks ?? kiosks;
    return [kiosks, (first.messagesPerSecond / first.plan.kiosks) * count];
  });
  const rest = async (kiosks: number, tls: boolean): Promise<StepFigures> => {
    const plan = { ...KIOSKS, kiosks, tls, perProcess: 500, sells: false, warmUpMs: 2_000, measureMs: 2_000 };
    const figures = await step(plan);
    resting.push(figures);
    return figures;
  };
  await rest(SECURED_RESTING, true);
  const restingEnd = await grow(FIRST_RESTING, "resting kiosks", RESTING_UNTIL_MS, async (count) => [
    await rest(count, false),
    0,
  ]);
  const ends = [`Broker alone: ${aloneEnd}`, `Selling: ${sellingEnd}`, `At rest: ${restingEnd}`];
  return reportOf({ selling, resting, alone, ends, tookMs: performance.now() - startMs });
}

process.on("exit", killAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

const figures = await bench();
process.stdout.write(`${figures}\n`);
if (process.argv.includes("--write")) {
  const [before, rest] = readFileSync(PAGE, "utf8").split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE} has no place for the figures`);
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${figures}\n\n${END}${after}`);
  execFileSync(join(ROOT, "node_modules/.bin/biome"), ["format", "--write", PAGE], { stdio: "ignore" });
}
