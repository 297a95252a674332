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
 */
export function recover(state: State, atMs: number): { readonly event: SaleEvent | null; readonly step: Step } {
  if (!isOpen(state)) return { event: null, step: [state, []] };
  const event: SaleEvent = { type: "restarted", saleId: state.sale.id, atMs };
  const step = transition(state, event);
  return step[0] === state ? { event: null, step: [state, owed(state)] } : { event, step };
}
