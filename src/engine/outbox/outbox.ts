import type { Clock } from "../../ports/clock.ts";
import type { Journal, OutboxStream } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Telemetry } from "../../ports/telemetry.ts";
import { Courier } from "./courier.ts";

const STREAMS = ["sales", "refunds", "reconciliations", "unaccounted"] as const;

/** What the operator gets for good: closed sales, refunds, reconciliations, what no sale pays for, each stream in its order. */
export class Outbox {
  readonly #journal: Journal;
  readonly #couriers: readonly Courier<OutboxStream>[];

  constructor(journal: Journal, telemetry: Telemetry, clock: Clock, log: Log) {
    this.#journal = journal;
    this.#couriers = STREAMS.map(
      (reader) => new Courier({ reader, journal, clock, log, deliver: (entry) => telemetry.deliver(reader, entry) }),
    );
  }

  connection(connected: boolean): void {
    for (const courier of this.#couriers) courier.connection(connected);
  }

  wake(): void {
    for (const courier of this.#couriers) courier.wake();
  }

  /** Sends a stream again from a number on. */
  async resend(stream: OutboxStream, fromSeq: number): Promise<void> {
    await this.#couriers[STREAMS.indexOf(stream)]?.rewind(() => this.#journal.reread(stream, fromSeq));
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
    await Promise.all(this.#couriers.map((courier) => courier.settled()));
  }

  close(): void {
    for (const courier of this.#couriers) courier.close();
  }
}
