import { openJournalForReading } from "../adapters/journal/sqlite/journal.ts";
import { configJsonSchema } from "../config/json-schema.ts";
import { loadConfig } from "../config/load.ts";
import { withoutPasswords } from "../config/named-files.ts";
import type { Config } from "../config/schema.ts";
import { ordersOf } from "../engine/belongings.ts";
import { LeftBehindError, leftBehind } from "../engine/left-behind.ts";
import { UsageError } from "./failure.ts";
import { type Price, priceInForce, priceText } from "./price.ts";
import { print, printJson, table, wrapped } from "./table.ts";

export async function checkConfig(options: { config?: string; json?: boolean; schema?: boolean }): Promise<void> {
  if (options.schema === true) {
    printJson(configJsonSchema());
    return;
  }
  if (options.config === undefined) throw new UsageError("--config is missing: expected a YAML file");
  const { config, file } = loadConfig(options.config);
  const prices = await pricesInForce(config);
  if (options.json === true) {
    printJson(withoutPasswords(config));
    return;
  }
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

/**
 * The prices that operators have ordered. A journal that is not there yet, or that cannot be read from here, says nothing.
 * @throws LeftBehindError as a start would
 */
async function pricesInForce(config: Config): Promise<ReadonlyMap<string, Price>> {
  const journal = readable(config.journal.path);
  if (journal === null) return new Map();
  try {
    const left = await leftBehind(journal, config);
    if (left.length > 0) throw new LeftBehindError(left);
    const prices = new Map<string, Price>();
    for (const position of config.positions) {
      const price = priceInForce(config, position, await ordersOf(journal, position));
      if (price.ordered !== null) prices.set(position.id, price);
    }
    return prices;
  } finally {
    await journal.close();
  }
}

function readable(path: string): ReturnType<typeof openJournalForReading> | null {
  try {
    return openJournalForReading(path);
  } catch {
    return null;
  }
}
