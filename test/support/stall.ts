import { setTimeout as sleep } from "node:timers/promises";

const TICK_MS = 5;
const SETTLE_MS = 25;
const RUNS = 6;

/** How long the loop that closes valves may wait for anything that comes from outside. */
const STALL_MAX_MS = 50;
/** What the yardstick below takes on a machine like a board that does nothing else. */
const YARDSTICK_MS = 10;
const YARDSTICK_ROWS = 30_000;

/**
 * The longest time for which nothing else had its turn while the work ran, by the best of a few runs, as a share of what is
 * allowed: below 1 it is short enough. On a machine that is slower now, a fixed piece of work says by how much. What a busy
 * machine gave to others meanwhile does not count: a stall is no longer than the processor time that was used in it.
 */
export async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && best > 0.5; run++) {
    const slowness = Math.max(1, yardstickMs() / YARDSTICK_MS);
    best = Math.min(best, (await stallMs(work)) / (STALL_MAX_MS * slowness));
  }
  return Math.round(best * 100) / 100;
}

function yardstickMs(): number {
  const before = performance.now();
  const rows = Array.from({ length: YARDSTICK_ROWS }, (_, row) => ({ row, text: `row ${row}` }));
  if (JSON.parse(JSON.stringify(rows)).length !== YARDSTICK_ROWS) throw new Error("the yardstick lost rows");
  return performance.now() - before;
}

async function stallMs(work: () => Promise<unknown>): Promise<number> {
  await sleep(SETTLE_MS);
  let longestMs = 0;
  let lastMs = performance.now();
  let lastUsed = process.cpuUsage();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const { user, system } = process.cpuUsage(lastUsed);
    longestMs = Math.max(longestMs, Math.min(nowMs - lastMs - TICK_MS, (user + system) / 1_000));
    lastMs = nowMs;
    lastUsed = process.cpuUsage();
  }, TICK_MS);
  await work();
  await sleep(SETTLE_MS);
  clearInterval(timer);
  return longestMs;
}
