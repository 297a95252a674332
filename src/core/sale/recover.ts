import type { SaleEvent } from "./event.ts";
import { isOpen, type State } from "./state.ts";
import { owed, type Step, transition } from "./transition.ts";

/** The state that a journal's events lead to. */
export function replay(state: State, events: readonly SaleEvent[]): State {
  return events.reduce((current, event) => transition(current, event)[0], state);
}

/**
 * What a restart does to a sale (money rule 8): an offer or unused reservation is released, a delivery is
 * stopped and settled, never resumed; settling goes on. The event is null when there is nothing to record.
 * @param meter the one that is there now: of a delivery by another meter only a person can say what came out
 */
export function recover(
  state: State,
  atMs: number,
  meter?: string,
): { readonly event: SaleEvent | null; readonly step: Step } {
  if (!isOpen(state)) return { event: null, step: [state, []] };
  const { id: saleId, terms } = state.sale;
  const event: SaleEvent =
    state.phase === "dispensing" && isAnother(terms.meter, meter)
      ? { type: "handed-over", saleId, atMs, reason: "meter-changed" }
      : { type: "restarted", saleId, atMs };
  const step = transition(state, event);
  return step[0] === state ? { event: null, step: [state, owed(state)] } : { event, step };
}

/** Whether a device is known to be another one than it was. */
export function isAnother(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}
