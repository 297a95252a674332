import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type SeqrSimulator, startSeqrSimulator } from "../../src/simulators/seqr/server.ts";
import { writeConfig } from "../support/config.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");

export interface Kiosk {
  readonly pid: number;
  readonly seqr: SeqrSimulator;
  readonly startMs: number;
  /** Sells once; resolves with the time from the customer's confirmation to the armed dispenser. */
  sell(): Promise<number>;
  stop(): Promise<void>;
}

/** The built daemon, as `kioskd run` starts it, under another program's eyes when one is given. */
export async function startKiosk(under: readonly string[] = []): Promise<Kiosk> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-bench-"));
  const seqr = await startSeqrSimulator({ host: "127.0.0.1", port: 0 });
  const setup = { endpoint: seqr.endpoint, quantity: "1.000", rate: "600", pollInterval: "1s" };
  const config = writeConfig(folder, setup);
  const [program = MAIN, ...rest] = [...under, MAIN, "run", "--config", config];
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
  while (!(await available())) await sleep(2);
  const startMs = performance.now() - startedMs;

  async function sell(): Promise<number> {
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
    await hear('"phase":"closed"', from);
    return at - confirmedMs;
  }

  async function stop(): Promise<void> {
    process.kill(under.length === 0 ? (child.pid ?? 0) : childOf(child.pid ?? 0), "SIGTERM");
    await exited;
    await seqr.close();
    rmSync(folder, { recursive: true, force: true });
  }

  return { pid: child.pid ?? 0, seqr, startMs, sell, stop };
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
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
