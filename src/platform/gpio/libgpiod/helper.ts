import { type ChildProcess, spawn } from "node:child_process";
import { z } from "zod";
import type { Clock } from "../../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../../ports/outcome.ts";
import { notStarted } from "../../programs.ts";
import { within } from "../../time/wait.ts";

/** What the helper tells, as its source says. */
const Message = z.union([
  z.object({ ready: z.string() }),
  z.object({ changed: z.string(), active: z.boolean() }),
  z.object({ id: z.number(), ok: z.record(z.string(), z.unknown()) }),
  z.object({ id: z.number(), error: z.string(), detail: z.string() }),
]);
type Message = z.infer<typeof Message>;

/** Either what was asked, or the name of the error as in errno.h. */
export type HelperAnswer =
  | { readonly ok: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly detail: string };

/** The process that holds the lines. When it ends, for whatever reason, none is held. */
export interface Helper {
  /** Asked in order, answered in order. `unknown` when no answer came; the process is killed then, for it hangs. */
  ask(request: Readonly<Record<string, unknown>>): Promise<Outcome<HelperAnswer>>;
  /** Resolves with why, when the process is gone and the kernel has its lines back. */
  readonly ended: Promise<string>;
  /** Lets it drive the outputs inactive and give the lines back; kills it if it does not. */
  end(): Promise<void>;
  kill(): void;
}

const READY_TIMEOUT_MS = 15_000;
const ANSWER_TIMEOUT_MS = 2_000;
const END_TIMEOUT_MS = 2_000;
const MOST_WAITING = 256;
const LONGEST_OUTPUT = 65_536;
const LONGEST_REASON = 500;

/** Starts the helper; `unknown` with the reason when it cannot hold lines. */
export async function startHelper(
  command: readonly string[],
  clock: Clock,
  changed: (key: string, active: boolean) => void,
): Promise<Outcome<Helper>> {
  const helper = new HelperProcess(command, clock, changed);
  const ready = await within(clock, READY_TIMEOUT_MS, Promise.race([helper.ready, helper.ended]));
  if (ready === true) return done(helper);
  helper.kill();
  return unknown(ready ?? `${command.join(" ")} said nothing for ${READY_TIMEOUT_MS / 1_000} s`);
}

class HelperProcess implements Helper {
  readonly ready: Promise<true>;
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #changed: (key: string, active: boolean) => void;
  readonly #waiting = new Map<number, (outcome: Outcome<HelperAnswer>) => void>();
  #isReady: () => void = () => {};
  #asked = 0;
  #output = "";
  #reason = "";
  #gone = false;

  constructor(command: readonly string[], clock: Clock, changed: (key: string, active: boolean) => void) {
    this.#clock = clock;
    this.#changed = changed;
    this.ready = new Promise((resolve) => {
      this.#isReady = () => resolve(true);
    });
    const [program = "", ...args] = command;
    this.#child = spawn(program, args, { stdio: "pipe" });
    this.ended = new Promise((resolve) => {
      const end = (why: string): void => {
        if (this.#gone) return;
        this.#gone = true;
        const reason = `${program} ${why}${this.#reason === "" ? "" : `: ${this.#reason.trim()}`}`;
        for (const answer of this.#waiting.values()) answer(unknown(reason));
        this.#waiting.clear();
        resolve(reason);
      };
      this.#child.on("error", (error) => end(notStarted(error)));
      this.#child.on("close", (code, signal) => end(`ended with ${signal ?? code}`));
    });
    this.#child.stdin?.on("error", () => this.kill());
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#reason = (this.#reason + text).slice(-LONGEST_REASON);
    });
  }

  async ask(request: Readonly<Record<string, unknown>>): Promise<Outcome<HelperAnswer>> {
    if (this.#gone) return unknown("the process that holds the lines is gone");
    if (this.#waiting.size >= MOST_WAITING) return unknown(`${MOST_WAITING} requests wait already`);
    const id = this.#asked++;
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ANSWER_TIMEOUT_MS, () => {
        this.#reason = "it hung";
        this.kill();
        this.#answer(id, unknown(`the process that holds the lines did not answer for ${ANSWER_TIMEOUT_MS} ms`));
      });
      this.#waiting.set(id, (outcome) => {
        cancel();
        resolve(outcome);
      });
      this.#child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    if ((await within(this.#clock, END_TIMEOUT_MS, this.ended)) !== undefined) return;
    this.kill();
    await this.ended;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #take(text: string): void {
    const lines = (this.#output + text).split("\n");
    this.#output = lines.pop() ?? "";
    for (const line of lines) {
      const message = parse(line);
      if (message === null) this.#nonsense(line);
      else this.#heed(message);
    }
    if (this.#output.length > LONGEST_OUTPUT) this.#nonsense(this.#output);
  }

  #heed(message: Message): void {
    if ("ready" in message) this.#isReady();
    else if ("changed" in message) this.#changeLater(message.changed, message.active);
    else this.#answer(message.id, done(message));
  }

  /** After whoever waits for an answer that came before it has had that: a change is newer than the level in it. */
  #changeLater(key: string, active: boolean): void {
    setImmediate(() => this.#changed(key, active));
  }

  #answer(id: number, outcome: Outcome<HelperAnswer>): void {
    this.#waiting.get(id)?.(outcome);
    this.#waiting.delete(id);
  }

  #nonsense(line: string): void {
    this.#output = "";
    this.#reason = `it said ${JSON.stringify(line.slice(0, 100))}`;
    this.kill();
  }
}

function parse(line: string): Message | null {
  try {
    return Message.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
