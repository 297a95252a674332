import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { POLICY } from "./policy.ts";

/** Carries closed sales to the broker: one at a time, in order, each until it is acknowledged. */
export class Outbox {
  readonly #journal: Journal;
  readonly #telemetry: Telemetry;
  readonly #clock: Clock;
  readonly #log: Log;
  #connected = false;
  #draining = false;
  #again = false;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(journal: Journal, telemetry: Telemetry, clock: Clock, log: Log) {
    this.#journal = journal;
    this.#telemetry = telemetry;
    this.#clock = clock;
    this.#log = log;
  }

  connection(connected: boolean): void {
    this.#connected = connected;
    if (connected) this.wake();
  }

  /** There may be something to deliver. */
  wake(): void {
    this.#again = true;
    if (this.#draining || !this.#connected || this.#closed) return;
    this.#draining = true;
    this.#running = this.#drain()
      .catch((error: unknown) => {
        this.#log.error({ error }, "the outbox cannot be read");
        this.#retryLater();
      })
      .finally(() => {
        this.#draining = false;
        if (this.#again) this.wake();
      });
  }

  /** Resolves when the delivery under way has ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#closed = true;
  }

  async #drain(): Promise<void> {
    while (this.#again && this.#connected && !this.#closed) {
      this.#again = false;
      const entries = await this.#journal.undelivered(POLICY.outboxBatch);
      for (const entry of entries) {
        if (this.#closed) return;
        if (!(await this.#telemetry.deliver(entry))) {
          this.#retryLater();
          return;
        }
        await this.#journal.acknowledge(entry.seq);
      }
      if (entries.length === POLICY.outboxBatch) this.#again = true;
    }
  }

  #retryLater(): void {
    this.#again = false;
    this.#clock.after(POLICY.outboxRetryMs, () => this.wake());
  }
}
