import { priceProblem } from "../config/checks.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { type Order, pricingOrder } from "../core/operator/orders.ts";
import type { Price } from "../ports/operator.ts";
import { PLUG_INS } from "./plug-ins.ts";

/** The price that a position sells at. */
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
