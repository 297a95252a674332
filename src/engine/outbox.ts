import type { Clock } from "../ports/clock.ts";
import type { Journal, OutboxStream } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import { Pump } from "./pump.ts";

/** What the operator gets for good: closed sales, refunds, reconciliations, what no sale pays for, each stream in its order. */
export class Outbox {
  readonly #pumps: readonly Pump<OutboxStream>[];

  constructor(journal: Journal, telemetry: Telemetry, clock: Clock, log: Log) {
    const streams: readonly OutboxStream[] = ["sales", "refunds", "reconciliations", "unaccounted"];
    this.#pumps = streams.map(
      (reader) => new Pump({ reader, journal, clock, log, deliver: (entry) => telemetry.deliver(reader, entry) }),
    );
  }

  connection(connected: boolean): void {
    for (const pump of this.#pumps) pump.connection(connected);
  }

  wake(): void {
    for (const pump of this.#pumps) pump.wake();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pumps.map((pump) => pump.settled()));
  }

  close(): void {
    for (const pump of this.#pumps) pump.close();
  }
}
