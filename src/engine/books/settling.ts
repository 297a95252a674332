import { openCount, type ReconciliationState } from "../../core/reconcile.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Named } from "../belongings.ts";
import type { Acknowledgement } from "./matters.ts";
import { ReconciliationStates } from "./reconciliation-states.ts";

export interface Settling {
  /** Null: of every position. */
  readonly position: string | null;
  /** Null: of every payment. */
  readonly paymentReference: string | null;
}

/** What was settled, by position: its state right before. */
export type Settled = ReadonlyMap<string, ReconciliationState>;

export interface SettlingDeps {
  readonly journal: Pick<Journal, "note" | "notes" | "notesAfter">;
  readonly clock: Pick<Clock, "wallMs">;
  readonly positions: readonly Named[];
}

/** Notes that a person has looked into differences in the books. */
export async function settleDifferences(
  { journal, clock, positions }: SettlingDeps,
  { position: only, paymentReference }: Settling,
  { by, note }: Acknowledgement,
): Promise<Settled> {
  const settled = new Map<string, ReconciliationState>();
  const states = new ReconciliationStates(journal, positions);
  for (const position of [...(await states.all()).keys()]) {
    // Another program may settle beside this one: it is looked once more, right before.
    const meant = meantIn(await states.of(position), paymentReference);
    if ((only !== null && only !== position) || openCount(meant) === 0) continue;
    const event = { type: "settled", position, atMs: clock.wallMs(), paymentReference, by, note } as const;
    await journal.note("reconciliations", position, () => event);
    settled.set(position, meant);
  }
  return settled;
}

function meantIn(state: ReconciliationState, paymentReference: string | null): ReconciliationState {
  if (paymentReference === null) return state;
  const open = state.open.filter((each) => each.paymentReference === paymentReference);
  return { ...state, open, openBeyond: 0 };
}
