import { parseArgs } from "node:util";
import { built } from "./built.ts";
import { count, type SimulatedLife } from "./simulate.ts";

const USAGE = "usage: npm run sim -- (--seed N | --seeds A..B | --sales N [--seed FIRST]) [--trace]";
const PROGRESS_EVERY_MS = 10_000;

interface Arguments {
  readonly from: number;
  readonly to: number;
  /** Enough after so many sales. */
  readonly sales: number;
  readonly trace: boolean;
}

function readArguments(words: readonly string[]): Arguments | null {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...words],
      options: { seed: text, seeds: text, sales: text, trace: { type: "boolean", default: false } },
    });
    const [from, to] = (values.seeds ?? values.seed ?? "1").split("..").map(Number);
    const sales = Number(values.sales ?? Number.POSITIVE_INFINITY);
    const open = values.sales !== undefined && values.seeds === undefined;
    if ((values.seeds ?? values.seed ?? values.sales) === undefined) return null;
    if (from === undefined || !Number.isInteger(from) || Number.isNaN(sales)) return null;
    const last = to ?? (open ? Number.MAX_SAFE_INTEGER : from);
    return last >= from ? { from, to: last, sales, trace: values.trace } : null;
  } catch {
    return null;
  }
}

class Totals {
  readonly #startedMs = performance.now();
  readonly #outcomes = new Map<string, number>();
  sales = 0;
  seeds = 0;
  crashes = 0;
  steps = 0;
  broken = 0;
  #shownMs = this.#startedMs;

  add(life: SimulatedLife): void {
    this.seeds++;
    this.sales += life.sales;
    this.crashes += life.crashes;
    this.steps += life.steps;
    if (life.violation !== null) this.broken++;
    for (const [outcome, times] of life.outcomes) count(this.#outcomes, outcome, times);
  }

  progress(): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < PROGRESS_EVERY_MS) return;
    this.#shownMs = nowMs;
    console.log(`${this.sales} sales, ${this.seeds} seeds, ${this.broken} broken`);
  }

  print(): void {
    const seconds = (performance.now() - this.#startedMs) / 1_000;
    const shares = [...this.#outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ");
    console.log(`${this.sales} sales (${shares})`);
    console.log(`${this.seeds} seeds, ${this.crashes} crashes, ${this.steps} steps, ${this.broken} broken`);
    const { user, system } = process.cpuUsage();
    const perSecond = Math.round(this.sales / ((user + system) / 1e6));
    console.log(`${seconds.toFixed(1)} s, ${perSecond} sales in each second of processor time`);
  }
}

async function main(): Promise<number> {
  const settings = readArguments(process.argv.slice(2));
  if (settings === null) {
    console.error(USAGE);
    return 2;
  }
  const { from, to, sales, trace } = settings;
  console.log(from === to ? `seed ${from}` : `seeds from ${from}`);
  const simulate = await built(null);
  const totals = new Totals();
  for (let seed = from; seed <= to && totals.sales < sales; seed++) {
    const life = await simulate(seed, trace);
    for (const line of life.trace) console.log(line);
    totals.add(life);
    totals.progress();
    if (life.violation === null) continue;
    console.log(`seed ${seed} breaks rule ${life.violation.rule}: ${life.violation.detail}`);
    console.log(`  replay: npm run sim -- --seed ${seed} --trace`);
  }
  totals.print();
  return totals.broken === 0 ? 0 : 1;
}

process.exitCode = await main();
