import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

const LOG_INTERVAL_MS = 60_000;

/** Counts the commands that are not carried out, and says so at most once a minute, however many are sent. */
export class IgnoredCommands {
  readonly #clock: Clock;
  readonly #log: Log;
  #count = 0;
  #loggedAtMs: number | null = null;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  count(topic: string): void {
    this.#count += 1;
    const nowMs = this.#clock.monotonicMs();
    if (this.#loggedAtMs !== null && nowMs - this.#loggedAtMs < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = nowMs;
    this.#log.warn(
      { topic: topic.slice(0, 200), ignored: this.#count },
      "a Sparkplug command was ignored: orders come on the JSON topics",
    );
  }
}
