import { type Order, orderKey, ordersInForce } from "../core/operator/orders.ts";
import type { SaleEvent } from "../core/sale/event.ts";
import { replay } from "../core/sale/recover.ts";
import { IDLE, isOpen, type Sale } from "../core/sale/state.ts";
import type { Journal } from "../ports/journal.ts";

/** A position and the names that it had before. What the journal holds under any of them is its own. */
export interface Named {
  readonly id: string;
  readonly formerly: readonly string[];
}

export function namesOf({ id, formerly }: Named): readonly [string, ...string[]] {
  return [id, ...formerly];
}

/** The position that has a name or had it before; the name itself when no position has. */
export function heirOf(name: string, positions: readonly Named[]): string {
  return positions.find((named) => namesOf(named).includes(name))?.id ?? name;
}

/** What a configuration says of positions: those that are there, and those that are gone for good. */
export interface Places {
  readonly positions: readonly Named[];
  readonly retired: readonly string[];
}

/** What tells the devices of a position from others. What is absent cannot be told apart. */
export interface Identity {
  readonly terminal?: string | undefined;
  /** The terminal at the service of a sale, by the name in the sale's terms; without it there is one service. */
  terminalAt?(provider: string | undefined): string | undefined;
  readonly meter?: string | undefined;
}

/** The terminal by which a sale's service knows the position today. */
export function terminalOf({ terms }: Pick<Sale, "terms">, { terminal, terminalAt }: Identity): string | undefined {
  return terminalAt === undefined ? terminal : terminalAt(terms.provider);
}

/** The last sale of a position under any of its names: the one that is open, else the newest. */
export async function lastSaleOf(journal: Pick<Journal, "lastSale">, named: Named): Promise<readonly SaleEvent[]> {
  const [own = [], ...others] = await Promise.all(namesOf(named).map((name) => journal.lastSale(name)));
  if (others.length === 0) return own;
  const sales = [own, ...others];
  const newest = sales.reduce((best, each) => (endOf(each) > endOf(best) ? each : best));
  return sales.find((events) => isOpen(replay(IDLE, events))) ?? newest;
}

/** What is ordered for a position under any of its names, as the next start takes it over. */
export async function ordersOf(journal: Pick<Journal, "notes">, named: Named): Promise<readonly Order[]> {
  const [own = [], ...others] = await Promise.all(
    namesOf(named).map((name) => journal.notes("orders", orderKey(name))),
  );
  return [...own, ...others.flatMap(ordersInForce)];
}

function endOf(events: readonly SaleEvent[]): number {
  return events.at(-1)?.atMs ?? 0;
}
