import { priceProblem } from "../config/checks.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { type Order, pricingOrder } from "../core/operator/orders.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";

/** The price that a position sells at, and what an operator has to do with it. */
export interface Price {
  readonly unitPrice: string;
  readonly configured: string;
  /** Null where nobody ordered one since the configuration got its price. */
  readonly ordered: { readonly unitPrice: string; readonly since: string; readonly problem: string | null } | null;
}

export function priceInForce(config: Config, position: PositionConfig, orders: readonly Order[]): Price {
  const configured = position.product.unitPrice;
  const order = pricingOrder(orders, configured);
  if (order === null) return { unitPrice: configured, configured, ordered: null };
  const { unitPrice, atMs } = order;
  const problem = unitPrice === configured ? null : priceProblem(config, position, unitPrice, PLUG_INS);
  const ordered = { unitPrice, since: new Date(atMs).toISOString(), problem };
  return { unitPrice: problem === null ? unitPrice : configured, configured, ordered };
}

export function priceText({ configured, ordered }: Price): string {
  if (ordered === null) return "as configured";
  const { unitPrice, since, problem } = ordered;
  const when = `${since.slice(0, 16).replace("T", " ")} UTC`;
  if (problem !== null) return `as configured; ${unitPrice}, ordered ${when}, cannot be sold at: ${problem}`;
  return `ordered ${when}, configured is ${configured}`;
}
