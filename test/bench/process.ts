import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { TerminalAccount } from "../../src/payments/seqr/simulator/accounts.ts";
import { DEMO_TERMINAL, type SeqrSimulator, startSeqrSimulator } from "../../src/payments/seqr/simulator/server.ts";
import { writeConfig } from "../support/config.ts";

/** The built daemon. */
export const MAIN = join(import.meta.dirname, "../../dist/main.js");

/** Two moments of a sale, by this process's clock. */
interface Armed {
  /** The customer confirmed: from here on the service says that the amount is reserved. */
  readonly confirmedMs: number;
  /** The daemon has told that the dispenser is armed. */
  readonly armedMs: number;
}

export interface Kiosk {
  readonly pid: number;
  /** The file that it was started with. */
  readonly config: string;
  readonly seqr: SeqrSimulator;
  readonly startMs: number;
  /** Sells once. */
  sell(): Promise<Armed>;
  /** The same, without waiting for the end of the sale. */
  arm(): Promise<Armed>;
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export interface Start {
  /** The built daemon unless another build is given. */
  readonly main?: string;
  /** Another program, under whose eyes it runs. */
  readonly under?: readonly string[];
  readonly positions?: readonly string[];
  /** Where its journal is, and stays; without one it has a folder for this run. */
  readonly folder?: string;
  /** What it is sold by; a service of its own, that ends with it, unless given. */
  readonly service?: SeqrSimulator;
  /** The way to it: the address that stands for the service's own. */
  readonly by?: (endpoint: string) => Promise<string>;
  readonly pollInterval?: string;
  /** Unless it is ready to sell: until it has closed the sale that was open. */
  readonly until?: "closed";
  /** How much a customer takes at a time, and how fast. */
  readonly quantity?: string;
}

/** The built daemon, as `kioskd run` starts it. */
export async function startKiosk(start: Start = {}): Promise<Kiosk> {
  const { under = [], positions = ["1"], quantity = "1.000", pollInterval = "1s" } = start;
  const folder = start.folder ?? mkdtempSync(join(tmpdir(), "kioskd-bench-"));
  const seqr =
    start.service ?? (await startSeqrSimulator({ host: "127.0.0.1", port: 0, terminals: terminalsOf(positions) }));
  const endpoint = (await start.by?.(seqr.endpoint)) ?? seqr.endpoint;
  const setup = { endpoint, quantity, rate: "600", pollInterval, positions };
  const config = writeConfig(folder, setup);
  const [program = process.execPath, ...rest] = [...under, ...daemonOf(start), "run", "--config", config];
  const startedMs = performance.now();
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const heard: { at: number; line: string }[] = [];
  lines.on("line", (line) => heard.push({ at: performance.now(), line }));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const hear = async (text: string, from = 0): Promise<{ at: number; line: string }> => {
    for (;;) {
      const found = heard.slice(from).find(({ line }) => line.includes(text));
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`the daemon ended:\n${heard.map(({ line }) => line).join("\n")}`);
      await sleep(2);
    }
  };
  const url = JSON.parse((await hear('"msg":"serving"')).line).display;
  const available = async (): Promise<boolean> => {
    const state = (await (await fetch(`${url}/api/state`)).json()) as { positions: { available: boolean }[] };
    return state.positions[0]?.available === true;
  };
  if (start.until === "closed") await hear('"phase":"closed"');
  else while (!(await available())) await sleep(2);
  const startMs = performance.now() - startedMs;

  /** Sells until the dispenser is armed. */
  async function arm(): Promise<Armed> {
    const from = heard.length;
    const headers = { "content-type": "application/json" };
    while (!(await available())) await sleep(5);
    await fetch(`${url}/api/positions/1/select`, { method: "POST", headers, body: '{"reserve":"100.00"}' });
    await hear('"phase":"offered"', from);
    await sleep(Math.random() * 1_000);
    const bill = seqr.book.bills(Date.now()).find(({ status }) => status === "ISSUED");
    const confirmedMs = performance.now();
    seqr.book.confirm(Date.now(), bill?.reference ?? "");
    const { at } = await hear('"phase":"dispensing"', from);
    return { confirmedMs, armedMs: at };
  }

  async function sell(): Promise<Armed> {
    const from = heard.length;
    const armed = await arm();
    await hear('"phase":"closed"', from);
    return armed;
  }

  async function stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    process.kill(under.length === 0 ? (child.pid ?? 0) : childOf(child.pid ?? 0), signal);
    await exited;
    if (start.service === undefined) await seqr.close();
    if (start.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }

  return { pid: child.pid ?? 0, config, seqr, startMs, arm, sell, stop };
}

/** As its first line has it started, the unbundled one too. */
function daemonOf({ main = MAIN }: Start): string[] {
  const flags = /^#!.* node (.*)/.exec(readFileSync(main, "utf8"))?.[1] ?? "";
  return [process.execPath, ...flags.split(" "), main];
}

/** What `writeConfig` gives the positions behind the first one. */
function terminalsOf([, ...others]: readonly string[]): TerminalAccount[] {
  return others.map((id) => ({ ...DEMO_TERMINAL, id: `demo-terminal-${id}` }));
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

export function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

/** What a command takes of the processor from start to end. */
export function processorMs(main: string, ...args: readonly string[]): number {
  const tell = "process.on('exit', () => process.stderr.write(JSON.stringify(process.cpuUsage())))";
  const { stderr } = spawnSync(process.execPath, ["--import", `data:text/javascript,${tell}`, main, ...args], {
    encoding: "utf8",
  });
  const { user, system } = JSON.parse(stderr) as NodeJS.CpuUsage;
  return (user + system) / 1000;
}

/** Runs a line of JavaScript in a fresh Node and gives what it printed, and how long it took from start to end. */
export async function node(code: string): Promise<{ out: string; ms: number }> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  await new Promise((resolve) => child.once("exit", resolve));
  return { out: out.trim(), ms: performance.now() - startedMs };
}
