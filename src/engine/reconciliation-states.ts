import { FRESH, type ReconciliationState, reconciliationStep } from "../core/reconcile.ts";
import type { Journal } from "../ports/journal.ts";
import { heirOf, type Named } from "./belongings.ts";
import { POLICY } from "./policy.ts";

/** Where the reconciliations of every position stand, under whatever name it had. What was read once is not read again. */
export class ReconciliationStates {
  readonly #journal: Pick<Journal, "notesAfter">;
  readonly #positions: readonly Named[];
  readonly #states = new Map<string, ReconciliationState>();
  #through = 0;

  constructor(journal: Pick<Journal, "notesAfter">, positions: readonly Named[]) {
    this.#journal = journal;
    this.#positions = positions;
  }

  /** Of the positions that ever had one, also of those that are not configured any more. */
  async all(): Promise<ReadonlyMap<string, ReconciliationState>> {
    for (;;) {
      const entries = await this.#journal.notesAfter("reconciliations", this.#through, POLICY.mattersBatch);
      for (const { seq, body } of entries) {
        if (seq <= this.#through) continue;
        this.#through = seq;
        const position = heirOf(body.position, this.#positions);
        this.#states.set(position, reconciliationStep(this.#states.get(position) ?? FRESH, body));
      }
      if (entries.length < POLICY.mattersBatch) return this.#states;
    }
  }

  async of(position: string): Promise<ReconciliationState> {
    return (await this.all()).get(position) ?? FRESH;
  }
}
