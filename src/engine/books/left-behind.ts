import { ExplainedError } from "../../core/explained-error.ts";
import { isInForce, type LeftBehind, leftBehindText } from "../../core/left-behind.ts";
import { blockingOrder, orderKey, repricingOrder } from "../../core/operator/orders.ts";
import { FRESH, openCount, type ReconciliationState } from "../../core/reconcile.ts";
import type { RefundEvent } from "../../core/refund.ts";
import { type SaleRecord, saleRecord } from "../../core/sale/record.ts";
import { replay } from "../../core/sale/recover.ts";
import { IDLE, isOpen, type Open } from "../../core/sale/state.ts";
import { transition } from "../../core/sale/transition.ts";
import type { Journal } from "../../ports/journal.ts";
import { type Named, namesOf, type Places } from "../belongings.ts";
import { POLICY } from "../policy.ts";
import { ReconciliationStates } from "./reconciliation-states.ts";

export type Reading = Pick<Journal, "positions" | "lastSale" | "notes" | "notesAfter">;
type Asked = Extract<RefundEvent, { type: "asked" }>;

/** The kiosk does not start: something would be forgotten. The message says what, and the ways on. */
export class LeftBehindError extends ExplainedError {
  override readonly name = "LeftBehindError";

  constructor(left: readonly LeftBehind[]) {
    super(leftBehindText(left));
  }
}

/** What is in force at positions that the configuration does not name; of retired ones it is given up. */
export async function leftBehind(journal: Reading, { positions, retired }: Places): Promise<readonly LeftBehind[]> {
  const named = new Set([...positions.flatMap(namesOf), ...retired]);
  const refunds = await openRefunds(journal);
  const names = new Set([...(await journal.positions()), ...refunds.map(({ position }) => position)]);
  const gone = [...names].filter((name) => !named.has(name)).toSorted((one, other) => (one < other ? -1 : 1));
  const states = gone.length === 0 ? new Map() : await new ReconciliationStates(journal, positions).all();
  const left = await Promise.all(
    gone.map((position) => leftAt(journal, position, refunds, states.get(position) ?? FRESH)),
  );
  return [...left.filter(isInForce), ...(await doubled(journal, positions))];
}

async function leftAt(
  journal: Reading,
  position: string,
  refunds: readonly Asked[],
  books: ReconciliationState,
): Promise<LeftBehind> {
  const orders = await journal.notes("orders", orderKey(position));
  const reconciled = await journal.notes("reconciliations", position);
  const isUnfinished = books.running !== null || books.requested;
  return {
    position,
    heir: null,
    sale: await openSale(journal, position),
    block: blockingOrder(orders),
    price: repricingOrder(orders),
    refunds: refunds.filter((each) => each.position === position),
    reconciliation: isUnfinished ? (reconciled.findLast(({ type }) => type !== "settled") ?? null) : null,
    books: openCount(books) > 0 ? books : null,
  };
}

async function openSale(journal: Reading, position: string): Promise<Open | null> {
  const state = replay(IDLE, await journal.lastSale(position));
  return isOpen(state) ? state : null;
}

/** A position has one sale at a time, whatever names it had: one of them would be forgotten. */
async function doubled(journal: Reading, positions: readonly Named[]): Promise<readonly LeftBehind[]> {
  const left: LeftBehind[] = [];
  for (const named of positions.filter(({ formerly }) => formerly.length > 0)) {
    const sales = await Promise.all(namesOf(named).map((name) => openSale(journal, name)));
    for (const sale of sales.filter((each) => each !== null).slice(1)) {
      const nothing = { block: null, price: null, refunds: [], reconciliation: null, books: null };
      left.push({ position: sale.sale.position, heir: named.id, sale, ...nothing });
    }
  }
  return left;
}

async function openRefunds(journal: Reading): Promise<readonly Asked[]> {
  const open = new Map<string, Asked>();
  for (let through = 0; ; ) {
    const batch = await journal.notesAfter("refunds", through, POLICY.outboxBatch);
    for (const { seq, body } of batch) {
      through = seq;
      if (body.type === "asked" && !open.has(body.refundId)) open.set(body.refundId, body);
      else if (body.type === "made" || body.type === "refused") open.delete(body.refundId);
    }
    if (batch.length === 0) return [...open.values()];
  }
}

/**
 * Closes the open sale of a retired position for a person. Its terminal and its dispenser are not known any more, so
 * nothing can be sent, stopped or read.
 * @returns null when no sale is open there
 */
export async function handOver(journal: Journal, position: string, nowMs: number): Promise<SaleRecord | null> {
  const events = await journal.lastSale(position);
  const state = replay(IDLE, events);
  if (!isOpen(state)) return null;
  const atMs = Math.max(nowMs, events.at(-1)?.atMs ?? 0);
  const event = { type: "handed-over", saleId: state.sale.id, atMs, reason: "position-gone" } as const;
  const [closed] = transition(state, event);
  if (closed.phase !== "closed") return null;
  const record = saleRecord(closed);
  await journal.append(position, event, record);
  return record;
}
