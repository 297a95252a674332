import type { Clock } from "../../ports/clock.ts";
import type { Journal, OutboxStream } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { Pump } from "./courier.ts";

const STREAMS = ["sales", "refunds", "reconciliations", "unaccounted"] as const;

/** What the operator gets for good: closed sales, refunds, reconciliations, what no sale pays for, each stream in its order. */
export class Outbox {
  readonly #journal: Journal;
  readonly #pumps: readonly Pump<OutboxStream>[];

  constructor(journal: Journal, telemetry: Telemetry, clock: Clock, log: Log) {
    this.#journal = journal;
    this.#pumps = STREAMS.map(
      (reader) => new Pump({ reader, journal, clock, log, deliver: (entry) => telemetry.deliver(reader, entry) }),
    );
  }

  connection(connected: boolean): void {
    for (const pump of this.#pumps) pump.connection(connected);
  }

  wake(): void {
    for (const pump of this.#pumps) pump.wake();
  }

  /** Sends a stream again from a number on. */
  async resend(stream: OutboxStream, fromSeq: number): Promise<void> {
    await this.#pumps[STREAMS.indexOf(stream)]?.rewind(() => this.#journal.reread(stream, fromSeq));
  }

  /** How many records of each stream wait. */
  async lengths(): Promise<Readonly<Record<OutboxStream, number>>> {
    const [sales, refunds, reconciliations, unaccounted] = await Promise.all(
      STREAMS.map((stream) => this.#journal.pendingCount(stream)),
    );
    return {
      sales: sales ?? 0,
      refunds: refunds ?? 0,
      reconciliations: reconciliations ?? 0,
      unaccounted: unaccounted ?? 0,
    };
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pumps.map((pump) => pump.settled()));
  }

  close(): void {
    for (const pump of this.#pumps) pump.close();
  }
}
