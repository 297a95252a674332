import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { eventually, type View } from "../support/daemon.ts";

const LATEST_LINES = 400;
/** A daemon that is stopped takes a request and never answers it. */
const REQUEST_TIMEOUT_MS = 1_500;

/** The daemon from its start to its death. Nothing that is asked of it throws once it is dead. */
export class Life {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #displayUrl: string | null = null;
  #phase = "starting";
  #over = false;

  constructor(main: string, config: string, env: Readonly<Record<string, string>>) {
    const words = [main, "run", "--config", config];
    this.#child = spawn(process.execPath, words, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.on("exit", () => {
      this.#over = true;
      this.#forget();
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on("line", (line) => this.#note(line));
    }
  }

  get over(): boolean {
    return this.#over;
  }

  /** Of its sale, as it last told; `starting` until it serves. */
  get phase(): string {
    return this.#phase;
  }

  /** The end of its log. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** With what it ended, if that was not a kill; null while it runs. */
  get ownEnd(): number | string | null {
    const { exitCode, signalCode } = this.#child;
    return signalCode === "SIGKILL" ? null : (exitCode ?? signalCode);
  }

  async view(): Promise<View | null> {
    try {
      const answer = await fetch(`${this.#displayUrl}/api/state`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      return ((await answer.json()) as { positions: [View] }).positions[0];
    } catch {
      return null;
    }
  }

  /** Whether it was taken. */
  async post(action: string, body: object = {}): Promise<boolean> {
    try {
      const answer = await fetch(`${this.#displayUrl}/api/positions/1/${action}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      return answer.status === 202;
    } catch {
      return false;
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#over) this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals, patienceMs?: number): Promise<void> {
    this.signal(signal);
    await eventually("the daemon ends", () => this.#over, patienceMs);
  }

  /** What libfaketime leaves behind when it is killed would meet the next process of that number. */
  #forget(): void {
    for (const name of ["faketime_shm", "sem.faketime_sem"])
      rmSync(`/dev/shm/${name}_${this.#child.pid}`, { force: true });
  }

  #note(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > LATEST_LINES) this.#lines.shift();
    if (!line.startsWith("{")) return;
    const { msg, phase, display } = JSON.parse(line) as { msg?: string; phase?: string; display?: string };
    if (msg === "sale" && phase !== undefined) this.#phase = phase;
    if (msg !== "serving" || display === undefined) return;
    this.#displayUrl = display;
    if (this.#phase === "starting") this.#phase = "idle";
  }
}
