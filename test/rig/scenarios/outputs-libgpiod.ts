// guest: --root trixie --limit 600
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { Figures, quantile } from "../support/figures.ts";
import { lineName, openLevel } from "../support/lines.ts";
import { productGpio } from "../support/product.ts";

// How an output is switched on Debian 13: by the process that the product keeps, and by one gpioset for each level.
const LINE = 9;
const PATIENCE_MS = 20_000;
const figures = new Figures();
const level = openLevel(LINE);

async function untilLevel(high: boolean): Promise<number> {
  const startMs = performance.now();
  while (level.high() !== high && performance.now() - startMs < PATIENCE_MS) await turn();
  return performance.now() - startMs;
}

function tell(what: string, latenciesMs: readonly number[]): void {
  const [half, most] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)];
  figures.tell(`${what}: ms from asking to level, p50 / p99`, `${half.toFixed(1)} / ${most.toFixed(1)}`);
}

const gpio = await productGpio("libgpiod");
const output = await gpio.output(lineName(LINE));
const kept: number[] = [];
let lows = 0;
for (let change = 0; change < 200; change++) {
  const answer = output.set(change % 2 === 0);
  kept.push(await untilLevel(change % 2 === 0));
  await answer;
}
await output.set(true);
for (let again = 0; again < 50; again++) {
  const answer = output.set(true);
  for (let looks = 0; looks < 5; looks++) if (!level.high()) lows++;
  await answer;
}
tell("one process for all lines", kept);
figures.require("  set high when it was high: lows seen", lows, 0);
await gpio.close();
figures.require("  closed, the line is", level.high() ? "high" : "low", "low");

let holder: ChildProcess | null = null;
async function gpioset(high: boolean): Promise<void> {
  if (holder !== null) {
    const gone = once(holder, "exit");
    holder.kill("SIGKILL");
    await gone;
  }
  holder = spawn("gpioset", [`GPIO${LINE}=${high ? 1 : 0}`], { stdio: "ignore" });
}
const apart: number[] = [];
const alone: number[] = [];
for (let change = 0; change < 20; change++) {
  const startMs = performance.now();
  await gpioset(change % 2 === 0);
  apart.push((await untilLevel(change % 2 === 0)) + performance.now() - startMs);
  await sleep(100);
}
await gpioset(true);
await untilLevel(true);
for (let again = 0; again < 10; again++) {
  await gpioset(true);
  alone.push(await untilLevel(true));
  await sleep(100);
}
tell("one gpioset for each level", apart);
figures.tell("  set high when it was high: ms that nobody held it", quantile(alone, 0.5).toFixed(1));
(holder as ChildProcess | null)?.kill("SIGKILL");
figures.end();
