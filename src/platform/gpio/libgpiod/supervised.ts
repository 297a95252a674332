import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import { type Outcome, unknown } from "../../../ports/outcome.ts";
import { backoffMs } from "../../time/wait.ts";
import { type Helper, type HelperAnswer, startHelper } from "./helper.ts";

/** Before the first attempt to start it again, the second, and so on; the last one stays. */
const BACKOFF_MS = [50, 200, 1_000, 5_000, 10_000] as const;
/** Held for so long, its next end counts as the first again. */
const STEADY_MS = 60_000;

interface SupervisionEvents {
  readonly changed: (key: string, active: boolean) => void;
  /** Nothing is held from now on. */
  readonly lost: (why: string) => void;
  /** A new process is there: takes all lines in it. Resolves with why it could not. */
  readonly retake: () => Promise<string | null>;
  readonly regained: () => void;
}

/** The helper, started again when it ends. */
export class SupervisedHelper {
  readonly #command: readonly string[];
  readonly #events: SupervisionEvents;
  readonly #clock: Clock;
  readonly #log: Log;
  #helper: Helper | null = null;
  #held = false;
  #lostBecause = "not started";
  #failures = 0;
  #cancelRestart: Cancel = () => {};
  #closed = false;

  constructor(command: readonly string[], events: SupervisionEvents, clock: Clock, log: Log) {
    this.#command = command;
    this.#events = events;
    this.#clock = clock;
    this.#log = log;
  }

  get held(): boolean {
    return this.#held;
  }

  get lostBecause(): string {
    return this.#lostBecause;
  }

  /** Resolves with why it does not run, or null. */
  async start(): Promise<string | null> {
    const started = await this.#launch();
    this.#held = this.#helper !== null;
    return started;
  }

  ask(request: Readonly<Record<string, unknown>>): Promise<Outcome<HelperAnswer>> {
    return this.#helper?.ask(request) ?? Promise.resolve(unknown(this.#lostBecause));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#held = false;
    this.#lostBecause = "closed";
    this.#cancelRestart();
    await this.#helper?.end();
  }

  async #launch(): Promise<string | null> {
    const sinceMs = this.#clock.monotonicMs();
    const started = await startHelper(this.#command, this.#clock, this.#events.changed);
    if (started.kind !== "done") return started.detail;
    const helper = started.value;
    this.#helper = helper;
    if (this.#closed) await helper.end();
    helper.ended.then(
      (why) => this.#ended(why, this.#clock.monotonicMs() - sinceMs),
      () => undefined,
    );
    return null;
  }

  #ended(why: string, livedMs: number): void {
    this.#helper = null;
    if (this.#closed) return;
    if (livedMs >= STEADY_MS) this.#failures = 0;
    this.#lostBecause = why;
    this.#log.error({ why }, "the GPIO lines are lost; the process that holds them is started again");
    if (this.#held) {
      this.#held = false;
      this.#events.lost(why);
    }
    this.#restartLater();
  }

  #restartLater(): void {
    this.#cancelRestart = this.#clock.after(backoffMs(BACKOFF_MS, this.#failures++), () => {
      this.#restart().catch((error: unknown) => this.#log.error({ error: String(error) }, "GPIO supervision failed"));
    });
  }

  async #restart(): Promise<void> {
    const failed = await this.#launch();
    if (this.#closed) return;
    if (failed !== null) {
      this.#lostBecause = failed;
      this.#log.error({ why: failed }, "the process that holds the GPIO lines does not start");
      return this.#restartLater();
    }
    const helper = this.#helper;
    const refused = await this.#events.retake();
    if (this.#closed || this.#helper !== helper || helper === null) return;
    if (refused !== null) {
      this.#log.error({ why: refused }, "not all GPIO lines can be held again");
      return helper.kill();
    }
    this.#held = true;
    this.#log.info({}, "all GPIO lines are held again");
    this.#events.regained();
  }
}
