/** What an operator has ordered for a position, or for the whole kiosk with `position` null; it holds across restarts. */
export type Order = {
  readonly position: string | null;
  readonly atMs: number;
  /** Who ordered it, where that is known: somebody on the operator's page. */
  readonly by?: string;
} & (
  | { readonly type: "blocked"; readonly reason: string }
  | { readonly type: "unblocked" }
  /** `configured` is the price that stood in the configuration then: a newer configuration is a newer order. */
  | { readonly type: "priced"; readonly unitPrice: string; readonly configured: string }
);

/** The key under which a journal keeps the orders of one place. */
export function orderKey(position: string | null): string {
  return position ?? "*";
}

type OrderOf<T extends Order["type"]> = Extract<Order, { type: T }>;

export function blockOf(orders: readonly Order[]): { readonly reason: string } | null {
  const block = blockingOrder(orders);
  return block === null ? null : { reason: block.reason };
}

/** The order that blocks a place now. */
export function blockingOrder(orders: readonly Order[]): OrderOf<"blocked"> | null {
  const last = orders.findLast(({ type }) => type !== "priced");
  return last?.type === "blocked" ? last : null;
}

/** The price to sell at: the last one ordered, unless the configuration has been changed since. */
export function orderedPrice(orders: readonly Order[], configured: string): string {
  return pricingOrder(orders, configured)?.unitPrice ?? configured;
}

/** The order that the price in force comes from; null where it is the configured one. */
export function pricingOrder(orders: readonly Order[], configured: string): OrderOf<"priced"> | null {
  const last = lastPriced(orders);
  return last?.configured === configured ? last : null;
}

/** The order of a price other than the one that was configured then; null where the last one brought that back. */
export function repricingOrder(orders: readonly Order[]): OrderOf<"priced"> | null {
  const last = lastPriced(orders);
  return last?.unitPrice === last?.configured ? null : last;
}

/** What another name of the place takes over. */
export function ordersInForce(orders: readonly Order[]): readonly (OrderOf<"blocked"> | OrderOf<"priced">)[] {
  return [blockingOrder(orders), repricingOrder(orders)].filter((order) => order !== null);
}

function lastPriced(orders: readonly Order[]): OrderOf<"priced"> | null {
  return orders.findLast((order) => order.type === "priced") ?? null;
}
