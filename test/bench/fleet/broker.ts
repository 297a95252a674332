import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answers, freePort } from "../../support/ports.ts";
import { authority } from "../../telemetry/mqtt/certificates.ts";
import { killWithBench } from "./children.ts";

const START_WITHIN_MS = 30_000;

/** What differs from Debian's defaults. */
export const BROKER_LINES = [
  "persistence true",
  "autosave_interval 10",
  "max_inflight_messages 1000",
  "max_queued_messages 100000",
  "sys_interval 1",
] as const;

export interface Broker {
  readonly url: string;
  /** With TLS; null without. */
  readonly secured: { readonly url: string; readonly ca: string } | null;
  readonly pid: number;
  /** Resolves with the wall clock's time from which it took connections. */
  start(): Promise<number>;
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** Mosquitto on a port of its own, with as many open files as the machine lets it have, killed with this process. */
export async function makeBroker(tls: boolean): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-fleet-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const port = await freePort();
  const config = join(folder, "mosquitto.conf");
  const place = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "user root", `persistence_location ${folder}/`];
  const secured = tls ? await secureListener(folder) : null;
  writeFileSync(config, `${[...place, ...(secured?.lines ?? []), ...BROKER_LINES].join("\n")}\n`);
  let child: ChildProcess | null = null;

  async function kill(): Promise<void> {
    const dying = child;
    child = null;
    if (dying === null || dying.exitCode !== null) return;
    const exited = once(dying, "exit");
    dying.kill("SIGKILL");
    await exited;
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    secured,
    get pid() {
      return child?.pid ?? 0;
    },
    start: async () => {
      const line = 'ulimit -n "$(ulimit -H -n)"; exec setpriv --pdeathsig KILL mosquitto -c "$0"';
      child = spawn("sh", ["-c", line, config], { stdio: "ignore" });
      killWithBench(child);
      return await listening(port, child);
    },
    kill,
    close: async () => {
      await kill();
      process.off("exit", remove);
      remove();
    },
  };
}

async function secureListener(folder: string) {
  const port = await freePort();
  const ca = await authority(folder, "ca");
  const { certPath, keyPath } = await ca.issue("broker");
  const lines = [`listener ${port} 127.0.0.1`, `certfile ${certPath}`, `keyfile ${keyPath}`];
  return { url: `mqtts://127.0.0.1:${port}`, ca: ca.pem, lines };
}

async function listening(port: number, child: ChildProcess): Promise<number> {
  const endMs = performance.now() + START_WITHIN_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode} at its start`);
    if (await answers(port)) return Date.now();
    await sleep(5);
  }
  throw new Error(`mosquitto does not listen on ${port}`);
}
