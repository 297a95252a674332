import { backoffMs } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Entry, Journal, Readers } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { POLICY } from "../policy.ts";

export interface CourierDeps<R extends keyof Readers> {
  readonly reader: R;
  readonly journal: Pick<Journal, "pending" | "acknowledge">;
  readonly clock: Clock;
  readonly log: Log;
  /** Waits between attempts in a row that failed, the last one repeats; every five seconds unless given. */
  readonly retriesMs?: readonly number[];
  /** True when the other side has it for good. */
  deliver(entry: Entry<Readers[R]>): Promise<boolean>;
}

/** Carries what a reader of the journal has not acknowledged: one entry at a time, in order, each until it is taken. */
export class Courier<R extends keyof Readers> {
  readonly #deps: CourierDeps<R>;
  #open = false;
  #draining = false;
  #again = false;
  #running: Promise<void> = Promise.resolve();
  #closed = false;
  #failures = 0;
  #cancelRetry: Cancel = () => {};
  /** How often it was told to begin again further back. */
  #rewinds = 0;

  constructor(deps: CourierDeps<R>) {
    this.#deps = deps;
  }

  /** Whether the other side is there. */
  connection(open: boolean): void {
    this.#open = open;
    if (open) this.wake();
  }

  /** There may be something to deliver. */
  wake(): void {
    this.#again = true;
    if (this.#draining || !this.#open || this.#closed) return;
    this.#draining = true;
    this.#running = this.#drain()
      .catch((error: unknown) => {
        this.#deps.log.error({ error: String(error), reader: this.#deps.reader }, "the outbox cannot be read");
        this.#retryLater();
      })
      .finally(() => {
        this.#draining = false;
        if (this.#again) this.wake();
      });
  }

  /** Begins again where `goBack` sets the journal's mark. */
  async rewind(goBack: () => Promise<void>): Promise<void> {
    // What is under way may not be acknowledged any more: that would set the mark forward again.
    this.#rewinds += 1;
    await goBack();
    this.wake();
  }

  /** Resolves when the delivery under way has ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
  }

  async #drain(): Promise<void> {
    const { journal, reader, deliver } = this.#deps;
    while (this.#again && this.#open && !this.#closed) {
      this.#again = false;
      const rewinds = this.#rewinds;
      const entries = await journal.pending(reader, POLICY.outboxBatch);
      for (const entry of entries) {
        if (this.#closed) return;
        if (!(await deliver(entry))) {
          this.#retryLater();
          return;
        }
        this.#failures = 0;
        if (rewinds !== this.#rewinds) {
          this.#again = true;
          break;
        }
        await journal.acknowledge(reader, entry.seq);
      }
      if (entries.length > 0) this.#again = true;
    }
  }

  #retryLater(): void {
    this.#again = false;
    this.#cancelRetry();
    const { clock, retriesMs = [POLICY.outboxRetryMs] } = this.#deps;
    this.#cancelRetry = clock.after(backoffMs(retriesMs, this.#failures++), () => this.wake());
  }
}
