import { type History, openHistory } from "../adapters/journal/sqlite/history.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { loadConfig } from "../config/load.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { orderKey } from "../core/operator/orders.ts";
import { UsageError } from "./failure.ts";
import { type Price, priceInForce, priceText } from "./price.ts";
import { print, printJson, table, wrapped } from "./table.ts";

export function checkConfig(options: { config?: string; json?: boolean; schema?: boolean }): void {
  if (options.schema === true) {
    printJson(configJsonSchema());
    return;
  }
  if (options.config === undefined) throw new UsageError("--config is missing: expected a YAML file");
  const { config, file } = loadConfig(options.config);
  if (options.json === true) {
    printJson(config);
    return;
  }
  const prices = pricesInForce(config);
  const rows = config.positions.map(({ id, product, reserve, dispenser }) => [
    id,
    product.name,
    `${prices.get(id)?.unitPrice ?? product.unitPrice} ${config.kiosk.currency}/${product.unit}`,
    reserve.join(" "),
    dispenser.driver,
  ]);
  print(`${file} is in order: kiosk ${config.kiosk.id}, ${config.positions.length} position(s).\n`);
  print(table(["POSITION", "PRODUCT", "PRICE", "RESERVE", "DISPENSER"], rows));
  for (const [id, price] of prices) print(wrapped(`Position ${id}: ${priceText(price)}`));
}

/** The prices that operators have ordered; none where there is no journal to read yet. */
function pricesInForce(config: Config): ReadonlyMap<string, Price> {
  let history: History;
  try {
    history = openHistory(config.journal.path);
  } catch {
    return new Map();
  }
  try {
    const prices = config.positions.map((position) => [position.id, priceOf(config, position, history)] as const);
    return new Map(prices.filter(([, { ordered }]) => ordered !== null));
  } finally {
    history.close();
  }
}

function priceOf(config: Config, position: PositionConfig, history: History): Price {
  return priceInForce(config, position, history.orders(orderKey(position.id)));
}
