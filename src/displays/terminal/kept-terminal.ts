import { backoffMs, within } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Tty } from "./tty.ts";

/** Waits before a lost terminal is opened again; the last repeats. It begins anew once the terminal takes bytes. */
const REOPEN_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
/** A whole screen takes 5 s at 9600 bits a second. */
const STALLED_MS = 10_000;
const CLOSE_MS = 1_000;

export interface TerminalListener {
  /** The terminal is there, and nobody knows what it shows. */
  opened(): void;
  bytes(bytes: Uint8Array): void;
  /** What was written has been taken: there is room for more. */
  drained(): void;
  problem(problem: string | null): void;
}

/** A terminal that is opened again whenever it is lost, with at most one piece of writing under way. */
export class KeptTerminal {
  readonly #name: string;
  readonly #openTty: () => Promise<Tty>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: TerminalListener;
  #tty: Tty | null = null;
  #isWriting = false;
  #problem: string | null = "the terminal is being opened";
  #failures = 0;
  #isClosed = false;
  #cancelReopen: Cancel = () => {};
  #cancelStall: Cancel = () => {};

  constructor(name: string, openTty: () => Promise<Tty>, clock: Clock, log: Log, listener: TerminalListener) {
    this.#name = name;
    this.#openTty = openTty;
    this.#clock = clock;
    this.#log = log;
    this.#listener = listener;
  }

  get problem(): string | null {
    return this.#problem;
  }

  get isReady(): boolean {
    return this.#tty !== null && !this.#isWriting;
  }

  /** Settles when the first attempt is over, whatever came of it. */
  async open(): Promise<void> {
    let tty: Tty;
    try {
      tty = await this.#openTty();
    } catch (error) {
      this.#retry(error instanceof Error ? error.message : String(error));
      return;
    }
    if (this.#isClosed) {
      discard(tty);
      return;
    }
    this.#tty = tty;
    this.#isWriting = false;
    tty.stream.on("data", (bytes: Uint8Array) => this.#listener.bytes(bytes));
    tty.stream.on("error", (error) => this.#lose(tty, error.message));
    tty.stream.on("end", () => this.#lose(tty, "hung up"));
    tty.stream.on("close", () => this.#lose(tty, "the device is gone"));
    this.#say(null);
    this.#listener.opened();
  }

  /** Only when ready: what comes at any other time would have to be kept. */
  write(bytes: string): void {
    const tty = this.#tty;
    if (tty === null || this.#isWriting) return;
    this.#isWriting = true;
    this.#cancelStall = this.#clock.after(STALLED_MS, () => this.#say("it takes no bytes: is its flow stopped?"));
    tty.stream.write(bytes, (error) => {
      if (this.#tty !== tty || error) return;
      this.#cancelStall();
      this.#isWriting = false;
      this.#failures = 0;
      this.#say(null);
      this.#listener.drained();
    });
  }

  /** Leaves the terminal with the last bytes, unless it does not take them. */
  async close(lastBytes: string): Promise<void> {
    this.#isClosed = true;
    this.#cancelReopen();
    this.#cancelStall();
    const tty = this.#tty;
    this.#tty = null;
    if (tty === null) return;
    const written = new Promise<void>((resolve) => {
      tty.stream.removeAllListeners("close").once("close", resolve);
      tty.stream.write(lastBytes, () => resolve());
    });
    await within(this.#clock, CLOSE_MS, written);
    discard(tty);
  }

  #lose(tty: Tty, why: string): void {
    if (this.#tty !== tty) return;
    this.#tty = null;
    this.#cancelStall();
    discard(tty);
    this.#retry(why);
  }

  #retry(why: string): void {
    if (this.#isClosed) return;
    this.#cancelReopen = this.#clock.after(backoffMs(REOPEN_MS, this.#failures++), () => void this.open());
    this.#say(why);
  }

  #say(why: string | null): void {
    const problem = why === null ? null : `the terminal ${this.#name} shows nothing: ${why}`;
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === null) this.#log.info({ terminal: this.#name }, "the terminal is open");
    else this.#log.warn({ terminal: this.#name, why }, "the terminal is lost");
    this.#listener.problem(problem);
  }
}

/** Nothing that it does later is heard. */
function discard(tty: Tty): void {
  tty.stream.removeAllListeners();
  tty.stream.on("error", () => {});
  try {
    tty.release();
  } catch {
    // A terminal that is gone cannot be given back.
  }
  tty.stream.destroy();
}
