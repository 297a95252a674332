import { FRESH, type ReconciliationState, RULES, reconciliationStep } from "../../core/reconcile.ts";
import type { Journal } from "../../ports/journal.ts";
import { heirOf, type Named } from "../belongings.ts";
import { POLICY } from "../policy.ts";

const KEY = "*";

type Reading = Pick<Journal, "notes" | "notesAfter">;

/** Where the reconciliations of every position stand, under whatever name it had. What was read once is not read again. */
export class ReconciliationStates {
  readonly #journal: Reading;
  readonly #positions: readonly Named[];
  readonly #states = new Map<string, ReconciliationState>();
  readonly #heirs = new Map<string, string>();
  #begun: Promise<void> | null = null;
  #through = 0;
  /** Up to here it need not be read again after a restart. */
  #kept = 0;

  constructor(journal: Reading, positions: readonly Named[]) {
    this.#journal = journal;
    this.#positions = positions;
  }

  /** Of the positions that ever had one, also of those that are not configured any more. */
  async all(): Promise<ReadonlyMap<string, ReconciliationState>> {
    this.#begun ??= this.#begin().catch((error: unknown) => {
      this.#begun = null;
      throw error;
    });
    await this.#begun;
    for (;;) {
      const entries = await this.#journal.notesAfter("reconciliations", this.#through, POLICY.mattersBatch);
      for (const { seq, body } of entries) {
        if (seq <= this.#through) continue;
        this.#through = seq;
        const position = this.#heirOf(body.position);
        this.#states.set(position, reconciliationStep(this.#states.get(position) ?? FRESH, body));
      }
      if (entries.length === 0) return this.#states;
    }
  }

  async of(position: string): Promise<ReconciliationState> {
    return (await this.all()).get(position) ?? FRESH;
  }

  /** Writes down what it has come to when much has come since that was written last: a start then reads only the rest. */
  async keep(journal: Pick<Journal, "note">): Promise<void> {
    const through = this.#through;
    if (through - this.#kept < POLICY.booksKeepEvery) return;
    const [heirs, states] = [Object.fromEntries(this.#heirs), Object.fromEntries(this.#states)];
    await journal.note("booksSoFar", KEY, () => ({ rules: RULES, through, heirs, states }));
    this.#kept = through;
  }

  /** Takes what was kept, unless names belong to other positions by now. */
  async #begin(): Promise<void> {
    const kept = (await this.#journal.notes("booksSoFar", KEY)).at(-1);
    if (kept === undefined || kept.rules !== RULES) return;
    const heirs = Object.entries(kept.heirs);
    if (heirs.some(([name, heir]) => heirOf(name, this.#positions) !== heir)) return;
    for (const [name, heir] of heirs) this.#heirs.set(name, heir);
    for (const [position, state] of Object.entries(kept.states)) this.#states.set(position, state);
    this.#through = kept.through;
    this.#kept = kept.through;
  }

  #heirOf(name: string): string {
    const heir = this.#heirs.get(name) ?? heirOf(name, this.#positions);
    this.#heirs.set(name, heir);
    return heir;
  }
}
