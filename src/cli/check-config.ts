import { configJsonSchema } from "../config/json-schema.ts";
import { loadConfig } from "../config/load.ts";
import { UsageError } from "./failure.ts";
import { print, printJson, table } from "./table.ts";

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
  const rows = config.positions.map(({ id, product, reserve, dispenser }) => [
    id,
    product.name,
    `${product.unitPrice} ${config.kiosk.currency}/${product.unit}`,
    reserve.join(" "),
    dispenser.driver,
  ]);
  print(`${file} is in order: kiosk ${config.kiosk.id}, ${config.positions.length} position(s).\n`);
  print(table(["POSITION", "PRODUCT", "PRICE", "RESERVE", "DISPENSER"], rows));
}
