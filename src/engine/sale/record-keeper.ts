import type { SaleEvent } from "../../core/sale/event.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import { POLICY } from "../policy.ts";
import type { FaultBoard } from "../watch/fault-board.ts";

export interface RecordKeeperDeps {
  readonly journal: Journal;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** Nothing may flow that cannot be recorded. */
  refused(): void;
  /** It was written after all, but the delivery is over. */
  recovered(): void;
  /** The journal refuses for good: the daemon must end, so that it is restarted and recovers. */
  fatal(reason: string): void;
}

/** Writes a position's events. A sale that could not begin is refused; anything later is repeated until it is written. */
export class RecordKeeper {
  readonly #deps: RecordKeeperDeps;

  constructor(deps: RecordKeeperDeps) {
    this.#deps = deps;
  }

  /** @param position the name that the sale bears */
  async append(position: string, event: SaleEvent, record: SaleRecord | null): Promise<void> {
    const { journal, faults, clock } = this.#deps;
    for (let attempt = 0; ; attempt++) {
      try {
        await journal.append(position, event, record);
        faults.clear("journal-unwritable", null);
        if (attempt > 0) this.#deps.recovered();
        return;
      } catch (error) {
        faults.raise("journal-unwritable", null, String(error));
        if (event.type === "selected") throw error;
        this.#deps.refused();
        const delayMs = POLICY.appendRetriesMs[attempt];
        if (delayMs === undefined) {
          this.#deps.fatal(`the journal cannot be written: ${String(error)}`);
          throw error;
        }
        await wait(clock, delayMs);
      }
    }
  }
}
