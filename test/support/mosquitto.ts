import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { needs } from "./components.ts";
import { answers, freePort } from "./ports.ts";

const PROGRAM = "/usr/sbin/mosquitto";
const START_TIMEOUT_MS = 5000;

/** Whether Debian's mosquitto is here. In CI it must be. */
export function hasMosquitto(): boolean {
  return needs("mosquitto", PROGRAM);
}

/** A broker that can go away and come back on the same port, having forgotten everything. */
export interface RestartableBroker {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and leaves nothing behind. */
  close(): Promise<void>;
}

export interface Mosquitto extends RestartableBroker {
  /** Another content of the access control file, from now on. */
  allow(acl: string): Promise<void>;
}

/** PEM files and accounts; without a certificate that `ca` has signed nobody gets in. */
export interface Guarded {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly accounts: Readonly<Record<string, string>>;
}

/**
 * Not started yet. `acl` is the content of an access control file; without one everything is allowed. `more` are lines
 * of its configuration.
 */
export async function mosquitto(acl?: string, guarded?: Guarded, more: readonly string[] = []): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "kioskd-mosquitto-"));
  const port = await freePort();
  const aclFile = join(folder, "acl");
  const lines = [`listener ${port} 127.0.0.1`, "persistence false", "user root", ...more];
  if (acl !== undefined) {
    await writeFile(aclFile, acl, { mode: 0o600 });
    lines.push(`acl_file ${aclFile}`);
  }
  lines.push(...(guarded === undefined ? ["allow_anonymous true"] : await guards(folder, guarded)));
  await writeFile(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
  let child: ChildProcess | null = null;

  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, "exit");
    running.kill("SIGKILL");
    await exited;
  };
  return {
    url: `${guarded === undefined ? "mqtt" : "mqtts"}://127.0.0.1:${port}`,
    async allow(text) {
      await writeFile(aclFile, text, { mode: 0o600 });
      if (child === null) return;
      await hearsHangups(child);
      child.kill("SIGHUP");
    },
    async start() {
      child = spawn(PROGRAM, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
      await listening(port, child);
    },
    stop,
    async close() {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function guards(folder: string, { ca, cert, key, accounts }: Guarded): Promise<readonly string[]> {
  const passwords = join(folder, "passwords");
  await writeFile(passwords, "", { mode: 0o600 });
  for (const [name, password] of Object.entries(accounts)) {
    await promisify(execFile)("mosquitto_passwd", ["-b", passwords, name, password]);
  }
  return [
    ...["allow_anonymous false", `password_file ${passwords}`],
    ...["require_certificate true", `cafile ${ca}`, `certfile ${cert}`, `keyfile ${key}`],
  ];
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode} at its start`);
    if (await answers(port)) return;
    await sleep(10);
  }
  throw new Error(`mosquitto does not listen on ${port}`);
}

/** It listens before it handles signals, and a hangup that comes between ends it. */
async function hearsHangups({ pid }: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < endMs) {
    const caught = /^SigCgt:\s*(\w+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    if (Number.parseInt(caught.slice(-1), 16) % 2 === 1) return;
    await sleep(5);
  }
  throw new Error("mosquitto does not handle signals");
}
