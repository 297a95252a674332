import { openCount, type ReconciliationEvent, type ReconciliationState, reconciliationOf } from "../core/reconcile.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import { type Named, namesOf } from "./belongings.ts";
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
  readonly journal: Pick<Journal, "note" | "notesAfter">;
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
  for (const [position, known] of await new ReconciliationStates(journal, positions).all()) {
    if ((only !== null && only !== position) || !isMeant(known, paymentReference)) continue;
    const atMs = clock.wallMs();
    let before: ReconciliationState | null = null;
    const event: ReconciliationEvent = { type: "settled", position, atMs, paymentReference, by, note };
    const named = positions.find(({ id }) => id === position) ?? { id: position, formerly: [] };
    await journal.note("reconciliations", namesOf(named), (events) => {
      before = reconciliationOf(events);
      return isMeant(before, paymentReference) ? event : null;
    });
    if (before !== null && isMeant(before, paymentReference)) settled.set(position, meantIn(before, paymentReference));
  }
  return settled;
}

function isMeant(state: ReconciliationState, paymentReference: string | null): boolean {
  return openCount(meantIn(state, paymentReference)) > 0;
}

function meantIn(state: ReconciliationState, paymentReference: string | null): ReconciliationState {
  if (paymentReference === null) return state;
  const open = state.open.filter((each) => each.paymentReference === paymentReference);
  return { ...state, open, openBeyond: 0 };
}
