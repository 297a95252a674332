import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isDrawn } from "./sample.ts";

/** The built program. */
export const MAIN = join(import.meta.dirname, "../../dist/main.js");

const PATIENCE_MS = 60_000;
/** Of the commands in the gate, one in so many is a program of its own. */
const PROGRAM_ONE_IN = 8;

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

type Kioskd = (...args: string[]) => Promise<Result>;

const times = new Map<string, number>();

/**
 * Runs one command; what it ends with and prints is the answer. A program costs half a second of a processor before it
 * does anything, so most commands run in this process: which do not, it is the commit's turn to say.
 */
export const kioskd: Kioskd = (...args) => {
  const [command = ""] = args;
  const time = (times.get(command) ?? 0) + 1;
  times.set(command, time);
  if (command === "run") return program(...args);
  return isDrawn(`program ${command} ${time}`, PROGRAM_ONE_IN) ? program(...args) : inThisProcess(args);
};

/** The same, always as a program of its own: for what two of them do to each other. */
export const program: Kioskd = async (...args) => {
  try {
    const { stdout, stderr } = await promisify(execFile)(MAIN, args, { timeout: PATIENCE_MS });
    return { status: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, out: stdout, err: stderr };
  }
};

/** Runs commands on one configuration. */
export function kioskdOn(config: string, run = kioskd): Kioskd {
  return (...args) => run(...args, "--config", config);
}

interface Printed {
  out: string;
  err: string;
}

const printed = new AsyncLocalStorage<Printed>();
let isHeard = false;

/** What is written by a command goes to that command's result, also where several run side by side. */
function hear(): void {
  if (isHeard) return;
  isHeard = true;
  for (const [stream, kind] of [
    [process.stdout, "out"],
    [process.stderr, "err"],
  ] as const) {
    const write = stream.write.bind(stream);
    stream.write = ((...given: Parameters<typeof write>) => {
      const of = printed.getStore();
      if (of === undefined) return write(...given);
      const [chunk, ...more] = given as unknown as [string | Uint8Array, ...unknown[]];
      of[kind] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      const done = more.findLast((one) => typeof one === "function") as (() => void) | undefined;
      if (done !== undefined) process.nextTick(done);
      return true;
    }) as typeof stream.write;
  }
}

async function inThisProcess(args: readonly string[]): Promise<Result> {
  const { runCli } = await import("../../src/cli/program.ts");
  hear();
  const heard: Printed = { out: "", err: "" };
  const noDaemon = (): never => {
    throw new Error("a daemon is a process of its own");
  };
  const status = await printed.run(heard, () => runCli([process.execPath, MAIN, ...args], noDaemon));
  return { status, ...heard };
}
