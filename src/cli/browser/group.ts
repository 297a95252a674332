import { readdirSync, readFileSync } from "node:fs";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";

/** How long processes may take to end after being asked to, then after being forced to. */
const ENDINGS = [
  { signal: "SIGTERM", patienceMs: 5_000 },
  { signal: "SIGKILL", patienceMs: 5_000 },
] as const;
const LOOK_MS = 100;

/** Ends every process of a group; false when one of them cannot be ended. */
export async function endGroup(group: number, clock: Clock): Promise<boolean> {
  for (const { signal, patienceMs } of ENDINGS) {
    tellGroup(group, signal);
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += LOOK_MS) {
      if (!isAlive(group)) return true;
      await wait(clock, LOOK_MS);
    }
  }
  return !isAlive(group);
}

function tellGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left to be told.
  }
}

/** A signal would find those as well that have ended and that their parent, or init, has yet to take note of. */
function isAlive(group: number): boolean {
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && isAliveIn(group, name));
}

function isAliveIn(group: number, pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before these stands in brackets and may hold anything (proc_pid_stat(5)).
    const [state, , of] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(of) === group && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}
