import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { needs } from "./components.ts";

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

/** Not started yet. `acl` is the content of an access control file; without one everything is allowed. */
export async function mosquitto(acl?: string): Promise<RestartableBroker> {
  const folder = await mkdtemp(join(tmpdir(), "kioskd-mosquitto-"));
  const port = await freePort();
  const lines = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence false", "user root"];
  if (acl !== undefined) {
    await writeFile(join(folder, "acl"), acl, { mode: 0o600 });
    lines.push(`acl_file ${join(folder, "acl")}`);
  }
  await writeFile(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
  let child: ChildProcess | null = null;

  const stop = async (): Promise<void> => {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null) return;
    const exited = once(running, "exit");
    running.kill("SIGKILL");
    await exited;
  };
  return {
    url: `mqtt://127.0.0.1:${port}`,
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

async function listening(port: number, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode} at its start`);
    if (await answers(port)) return;
    await sleep(10);
  }
  throw new Error(`mosquitto does not listen on ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
