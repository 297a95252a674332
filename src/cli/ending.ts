import { closeSync, fstatSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isatty } from "node:tty";
import { systemSentence } from "../platform/console/system-errors.ts";
import type { Guarded } from "../wiring/served.ts";

const STDOUT = 1;
const OUTPUTS = [process.stdout, process.stderr];

/** These end what runs in order. A closed terminal sends SIGHUP, a UPS SIGPWR, a limit of processor time SIGXCPU. */
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGPWR"] as const;
/** These would end or stop a process in the middle of a delivery, and mean nothing to this one. */
const BORNE = [
  ...(["SIGUSR2", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGSTKFLT"] as const),
  ...(["SIGTSTP", "SIGTTIN", "SIGTTOU"] as const),
];

/** A terminal that is closed sends SIGHUP, and its shell once more: only later is it somebody who will not wait. */
const IMPATIENT_AFTER_MS = 1_000;
/** For the last lines when nobody reads them any more. */
const LAST_LINES_MS = 1_000;
/** For closing what could let something flow, when nothing else is certain any more. */
const OUTPUTS_CLOSE_MS = 3_000;
const STOP_MS = 2_000;

let told: Promise<NodeJS.Signals> | null = null;

/** The first failure to write to standard output, but for that of a reader who has gone. */
let lost: Error | null = null;

/** Nobody reading any more is no failure, and nothing is a reason to leave a customer in the middle of a delivery. */
export function bearClosedOutputs(): void {
  const { stdout, stderr } = process;
  stderr.on("error", () => undefined);
  stdout.on("error", (error) => {
    const hasGone = stdout.isTTY === true || ("code" in error && error.code === "EPIPE");
    if (!hasGone) lost ??= error;
  });
  if (!isFile(STDOUT)) return;
  // A full disk takes a part of a text without an error, and Node would not write the rest, which gets one.
  stdout._write = (chunk, _encoding, written) => {
    try {
      writeFileSync(STDOUT, chunk);
      written();
    } catch (error) {
      written(error as Error);
    }
  };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/**
 * Waits until all is printed, and tells on standard error when standard output did not take it.
 * @returns the exit code: success only when all was taken, or by what serves customers until it is told to end
 */
export async function endOfOutput(exitCode: number): Promise<number> {
  await allPrinted();
  if (lost === null || told !== null) return exitCode;
  const why = systemSentence(Object.assign(lost, { path: "standard output" })) ?? lost.message;
  process.stderr.write(`Not all could be written. ${why}\n`);
  await allPrinted();
  return exitCode === 0 ? 1 : exitCode;
}

/** At its end Node gives the terminal back as it found it, and aborts when it cannot: one that has hung up is closed before. */
export function bearLostTerminal(): void {
  const terminals = [0, 1, 2].filter(isatty);
  process.on("exit", () => {
    for (const fd of terminals) {
      if (!isatty(fd)) closeSync(fd);
    }
  });
}

/**
 * Resolves when all that was printed has left the process, however slowly it is read: a pipe holds 64 KiB, and
 * `process.exit` drops the rest. A process that was told to end waits for its reader no longer than a second.
 */
async function allPrinted(): Promise<void> {
  const printed = Promise.all(
    OUTPUTS.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
  await (told === null ? printed : Promise.race([printed, told.then(() => sleep(LAST_LINES_MS))]));
}

/**
 * Calls `told` at the first signal that ends what runs, `atOnce` at one that comes a second later or after that: its
 * sender will not wait, and what is open is in the journal. Until the answer is called.
 */
export function onToldToEnd(told: (signal: NodeJS.Signals) => void, atOnce: () => unknown): () => void {
  let firstMs: number | null = null;
  const end = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    firstMs ??= nowMs;
    if (nowMs === firstMs) told(signal);
    else if (nowMs - firstMs >= IMPATIENT_AFTER_MS) atOnce();
  };
  const bear = (): void => undefined;
  for (const signal of ENDING) process.on(signal, end);
  for (const signal of BORNE) process.on(signal, bear);
  return () => {
    for (const signal of ENDING) process.off(signal, end);
    for (const signal of BORNE) process.off(signal, bear);
  };
}

/** Calls each time somebody asks that open sales come to their ends and none begins. A daemon that does not know it bears it. */
export function onToldToFinish(finish: () => void): void {
  process.on("SIGUSR2", finish);
}

/** Resolves when the process is told to end. */
export function toldToEnd(atOnce: () => unknown = () => process.exit(1)): Promise<NodeJS.Signals> {
  const ending = new Promise<NodeJS.Signals>((resolve) => onToldToEnd(resolve, atOnce));
  told = ending;
  return ending;
}

/**
 * The end of a process that cannot end in order: what could let something flow is stopped, and nothing is settled. The
 * next start recovers, as after a kill.
 */
export class EmergencyStop {
  readonly #guarded: Guarded[] = [];
  #isEnding = false;

  /** @param say told of an error that nobody has caught */
  constructor(say: (error: unknown) => void) {
    // Node tells of a rejection that nobody handles in the same way.
    process.on("uncaughtException", (error) => void this.end(() => say(error)));
  }

  guard(part: Guarded): void {
    this.#guarded.push(part);
  }

  /** Ends the process, whatever becomes of the closing. */
  async end(say: () => void): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const closed = this.#closeAll();
    say();
    await Promise.race([closed, sleep(OUTPUTS_CLOSE_MS)]);
    await Promise.race([allPrinted(), sleep(LAST_LINES_MS)]);
    process.exit(1);
  }

  /** All are stopped side by side, for one that does not answer must not keep another open; the last one closes first. */
  async #closeAll(): Promise<void> {
    const parts = [...this.#guarded].reverse();
    await Promise.race([Promise.allSettled(parts.map(async (part) => await part.stop?.())), sleep(STOP_MS)]);
    for (const part of parts) {
      try {
        await part.close();
      } catch {
        // The others are to be closed all the same.
      }
    }
  }
}
