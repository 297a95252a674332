import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "./at-end.ts";

const MAIN = join(import.meta.dirname, "../../dist/main.js");

export interface View {
  readonly state: string;
  readonly available: boolean;
  readonly qr: string | null;
  readonly saleId: string | null;
  readonly quantity: string;
  readonly charged: string | null;
  readonly message: string;
}

/** The built daemon as a process of its own; `program` says how Node starts another. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly log: string[] = [];
  #displayUrl: string | null = null;
  #ended = false;

  constructor(config: string, env: Readonly<Record<string, string>> = {}, program: readonly string[] = [MAIN]) {
    const args = [...program, "run", "--config", config];
    this.child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
    this.child.on("exit", () => {
      this.#ended = true;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#note(line));
    }
    atEnd(() => this.kill("SIGKILL"));
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
    const { positions } = (await answer.json()) as { positions: [View] };
    return positions[0];
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
  patienceMs = 60_000,
): Promise<void> {
  const endMs = Date.now() + patienceMs;
  while (Date.now() < endMs) {
    if (await holds()) return;
    await sleep(20);
  }
  throw new Error(`waited in vain until ${what}`);
}
