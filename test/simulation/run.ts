import { count, type SimulatedLife, simulate } from "./simulate.ts";

const USAGE = "usage: npm run sim -- (--seed N | --seeds A..B) [--trace]";

interface Arguments {
  readonly from: number;
  readonly to: number;
  readonly trace: boolean;
}

function readArguments(words: readonly string[]): Arguments | null {
  const wordAfter = (name: string): string | undefined => {
    const at = words.indexOf(name);
    return at < 0 ? undefined : words[at + 1];
  };
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(wordAfter("--seed") ?? wordAfter("--seeds") ?? "");
  if (match === null) return null;
  return {
    from: Number(match[1]),
    to: Number(match[2] ?? match[1]),
    trace: words.includes("--trace"),
  };
}

async function main(): Promise<number> {
  const settings = readArguments(process.argv.slice(2));
  if (settings === null) {
    console.error(USAGE);
    return 2;
  }
  const { from, to, trace } = settings;
  console.log(from === to ? `seed ${from}` : `seeds ${from}..${to}`);
  const startedMs = performance.now();
  const sums = { sales: 0, seeds: 0, crashes: 0, broken: 0 };
  const outcomes = new Map<string, number>();
  for (let seed = from; seed <= to; seed++) {
    const life: SimulatedLife = await simulate(seed);
    if (trace) for (const line of life.trace) console.log(line);
    sums.seeds++;
    sums.sales += life.sales;
    sums.crashes += life.crashes;
    for (const [outcome, times] of life.outcomes) count(outcomes, outcome, times);
    if (life.violation === null) continue;
    sums.broken++;
    console.log(`seed ${seed} breaks rule ${life.violation.rule}: ${life.violation.detail}`);
    console.log(`  replay: npm run sim -- --seed ${seed} --trace`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const shares = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ");
  console.log(`${sums.sales} sales (${shares}), ${sums.seeds} seeds, ${sums.crashes} crashes, ${sums.broken} broken`);
  console.log(`${seconds.toFixed(1)} s, ${Math.round(sums.sales / seconds)} sales a second`);
  return sums.broken === 0 ? 0 : 1;
}

process.exitCode = await main();
