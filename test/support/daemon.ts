import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";

const MAIN = join(import.meta.dirname, "../../dist/main.js");

export interface Setup {
  readonly endpoint: string;
  readonly brokerUrl?: string;
  /** What the simulated customer takes, and how fast. */
  readonly quantity?: string;
  readonly rate?: string;
}

/** A configuration with its secrets in the folder; returns the file. */
export function writeConfig(folder: string, setup: Setup): string {
  mkdirSync(join(folder, "secrets"), { recursive: true });
  writeFileSync(join(folder, "secrets/terminal-1"), "12345678", { mode: 0o600 });
  writeFileSync(join(folder, "secrets/reseller"), "1234", { mode: 0o600 });
  const reseller = { id: "demo-shop", userId: "9900", passwordFile: "secrets/reseller" };
  const config = {
    kiosk: { id: "test-1", name: "Test station", currency: "SEK", locales: ["sv", "en"] },
    journal: { path: "journal.db" },
    payment: {
      provider: "seqr",
      seqr: { endpoint: setup.endpoint, pollInterval: "200ms", requestTimeout: "2s", reseller },
    },
    positions: [
      {
        id: "1",
        terminal: { id: "demo-terminal", passwordFile: "secrets/terminal-1" },
        product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
        reserve: ["100.00", "300.00"],
        dispenser: { driver: "simulated", quantity: setup.quantity ?? "2.000", rate: setup.rate ?? "120" },
      },
    ],
    display: { driver: "web", listen: "127.0.0.1:0" },
    ...(setup.brokerUrl === undefined ? {} : { mqtt: { url: setup.brokerUrl } }),
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}

export interface View {
  readonly state: string;
  readonly available: boolean;
  readonly qr: string | null;
  readonly saleId: string | null;
  readonly quantity: string;
  readonly charged: string | null;
  readonly message: string;
}

/** The built daemon as a process of its own. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly log: string[] = [];
  #displayUrl: string | null = null;
  #ended = false;

  constructor(config: string, env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [MAIN, "run", "--config", config], { env: { ...process.env, ...env } });
    this.child.on("exit", () => {
      this.#ended = true;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#note(line));
    }
    onTestFinished(() => this.kill("SIGKILL"));
  }

  get ended(): boolean {
    return this.#ended;
  }

  async serving(): Promise<string> {
    await eventually("the daemon serves", () => this.#displayUrl !== null || this.#ended);
    if (this.#displayUrl === null) throw new Error(`the daemon ended: ${this.log.join("\n")}`);
    return this.#displayUrl;
  }

  async view(): Promise<View> {
    const answer = await fetch(`${await this.serving()}/api/state`);
    return (await answer.json()).positions[0];
  }

  async until(what: string, holds: (view: View) => boolean): Promise<View> {
    let view: View | null = null;
    await eventually(what, async () => {
      view = await this.view();
      return holds(view);
    });
    return view as unknown as View;
  }

  async post(action: string, body: object = {}): Promise<number> {
    const answer = await fetch(`${await this.serving()}/api/positions/1/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.status;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#ended) return;
    this.child.kill(signal);
    await this.end();
  }

  async end(): Promise<void> {
    await eventually("the daemon ends", () => this.#ended);
  }

  #note(line: string): void {
    this.log.push(line);
    if (line.includes('"msg":"serving"')) this.#displayUrl = JSON.parse(line).display;
  }
}

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patienceMs = 20_000,
): Promise<void> {
  const endMs = Date.now() + patienceMs;
  while (Date.now() < endMs) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`waited in vain until ${what}`);
}
