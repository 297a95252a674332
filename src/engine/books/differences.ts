import { differencesText, openCount, type ReconciliationState } from "../../core/reconcile.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Named } from "../belongings.ts";
import type { FaultBoard } from "../watch/fault-board.ts";
import { ReconciliationStates } from "./reconciliation-states.ts";

interface Refusal {
  readonly detail: string;
  readonly advice?: string;
}

export interface DifferencesDeps {
  readonly positions: readonly Named[];
  readonly journal: Pick<Journal, "notes" | "notesAfter">;
  readonly faults: Pick<FaultBoard, "raise" | "put" | "clear">;
  readonly clock: Pick<Clock, "wallMs">;
}

/** Shows what the journal says of the books, whoever noted it: also where the service that is configured now has none. */
export class Differences {
  readonly states: ReconciliationStates;
  readonly #deps: DifferencesDeps;
  /** Whether books are compared still: of what failed before nobody can mend anything otherwise. */
  readonly #isCompared: boolean;
  #differs = false;

  constructor(deps: DifferencesDeps, isCompared: boolean) {
    this.#deps = deps;
    this.#isCompared = isCompared;
    this.states = new ReconciliationStates(deps.journal, deps.positions);
  }

  /** Whether there is one that a person may settle at any moment. */
  get differs(): boolean {
    return this.#differs;
  }

  /** @param shutOut positions whose account the service does not let in, with what it says */
  async show(shutOut: ReadonlyMap<string, Refusal> = new Map()): Promise<void> {
    const states = await this.states.all();
    for (const [position, state] of states) this.showAt(position, state, shutOut.get(position));
    this.#differs = [...states.values()].some((state) => openCount(state) > 0);
  }

  showAt(position: string, state: ReconciliationState, shutOut: Refusal | undefined): void {
    const { faults } = this.#deps;
    const { last, open } = state;
    const failure = shutOut ?? (last?.type === "failed" ? { detail: last.detail } : null);
    // Nobody can mend that for a position that is not configured any more.
    const isHere = this.#isCompared && this.#deps.positions.some(({ id }) => id === position);
    if (failure !== null && isHere) {
      faults.raise("reconciliation-failed", position, failure.detail, failure.advice);
    } else faults.clear("reconciliation-failed", position);
    const [oldest] = open;
    // A clean night takes nothing back: a difference stays until a person settles it, or a later night explains it.
    if (openCount(state) === 0) faults.clear("books-differ", position);
    else {
      const sinceMs = oldest?.atMs ?? last?.atMs ?? this.#deps.clock.wallMs();
      faults.put({ code: "books-differ", position, sinceMs, detail: differencesText(state) });
    }
  }
}
