import type { MatterEvent } from "../../src/core/matters.ts";
import type { Order } from "../../src/core/operator/orders.ts";
import type { ReconciliationEvent } from "../../src/core/reconcile.ts";
import type { RefundEvent } from "../../src/core/refund.ts";
import type { RemainderEvent } from "../../src/core/remainder.ts";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { Open, Outcome, State } from "../../src/core/sale/state.ts";
import { isOpen } from "../../src/core/sale/state.ts";

/** Where an open sale can stand, as far as a restart makes a difference. */
export type Standing = Exclude<Open["phase"], "settling"> | "stopping" | "commit" | "release";

/** Each list is whole by its type: a new kind of something that is stored does not compile until it stands here. */
export const KINDS = {
  events: {
    ...{ selected: 0, "offer-made": 0, extended: 0, "offer-refused": 0, "offer-unanswered": 0, reserved: 0 },
    ...{ "payment-ended": 0, abandoned: 0, "meter-started": 0, metered: 0, "dispenser-failed": 0 },
    ...{ "stop-requested": 0, delivered: 0, captured: 0, released: 0, "resolution-refused": 0, contradicted: 0 },
    ...{ "deadline-passed": 0, restarted: 0, "handed-over": 0, "attempt-declined": 0 },
  } satisfies Record<SaleEvent["type"], 0>,
  outcomes: { paid: 0, released: 0, "needs-attention": 0 } satisfies Record<Outcome, 0>,
  standings: {
    ...{ offering: 0, offered: 0, reserved: 0, dispensing: 0, stopping: 0, commit: 0, release: 0 },
  } satisfies Record<Standing, 0>,
  refunds: { asked: 0, made: 0, refused: 0, unclear: 0, returned: 0 } satisfies Record<RefundEvent["type"], 0>,
  reconciliations: {
    ...{ requested: 0, begun: 0, "mark-unclear": 0, marked: 0, compared: 0, failed: 0 },
    settled: 0,
  } satisfies Record<ReconciliationEvent["type"], 0>,
  matters: { arose: 0, acknowledged: 0, over: 0 } satisfies Record<MatterEvent["type"], 0>,
  remainders: { asked: 0, freed: 0, delayed: 0, "handed-over": 0 } satisfies Record<RemainderEvent["type"], 0>,
  orders: { blocked: 0, unblocked: 0, priced: 0 } satisfies Record<Order["type"], 0>,
};

/** Null when no sale is open. */
export function standingOf(state: State): Standing | null {
  if (!isOpen(state)) return null;
  if (state.phase === "settling") return state.aim;
  return state.phase === "dispensing" && state.stopping !== null ? "stopping" : state.phase;
}
