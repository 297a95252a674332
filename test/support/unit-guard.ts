import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import timers from "node:timers/promises";

/** Where the time of a test comes from elsewhere, only a look at the event queue is as short as this. */
const LONGEST_WAIT_MS = 20;

function refuse(what: string): never {
  throw new Error(`A test of the project "unit" ${what}: name its file in WIRE of vitest.config.ts.`);
}

for (const name of ["spawn", "exec", "execFile", "fork", "spawnSync", "execSync", "execFileSync"] as const) {
  const original = childProcess[name] as (program: string, ...rest: unknown[]) => unknown;
  const guarded = (program: string, ...rest: unknown[]): unknown =>
    // The commit's hash decides what is sampled.
    program === "git" ? original(program, ...rest) : refuse(`starts ${program}`);
  Object.assign(childProcess, { [name]: guarded });
}

net.Server.prototype.listen = (): never => refuse("listens on a port");
net.Socket.prototype.connect = (): never => refuse("connects to a port");

const wait = timers.setTimeout;
Object.assign(timers, {
  setTimeout: (delayMs?: number, ...rest: [unknown?, object?]) =>
    (delayMs ?? 0) > LONGEST_WAIT_MS ? refuse(`waits for ${delayMs} ms of the real clock`) : wait(delayMs, ...rest),
});

syncBuiltinESMExports();
