import { FRESH, type ReconciliationState, reconciliationStep } from "../core/reconcile.ts";
import type { Journal } from "../ports/journal.ts";
import { POLICY } from "./policy.ts";

/** Where the reconciliations of every position stand. What was read once is not read again. */
export class ReconciliationStates {
  readonly #journal: Pick<Journal, "notesAfter">;
  readonly #states = new Map<string, ReconciliationState>();
  #through = 0;

  constructor(journal: Pick<Journal, "notesAfter">) {
    this.#journal = journal;
  }

  /** Of the positions that ever had one, also of those that are not configured any more. */
  async all(): Promise<ReadonlyMap<string, ReconciliationState>> {
    for (;;) {
      const entries = await this.#journal.notesAfter("reconciliations", this.#through, POLICY.mattersBatch);
      for (const { seq, body } of entries) {
        if (seq <= this.#through) continue;
        this.#through = seq;
        this.#states.set(body.position, reconciliationStep(this.#states.get(body.position) ?? FRESH, body));
      }
      if (entries.length < POLICY.mattersBatch) return this.#states;
    }
  }

  async of(position: string): Promise<ReconciliationState> {
    return (await this.all()).get(position) ?? FRESH;
  }
}
