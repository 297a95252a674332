import type { Loaded } from "../config/load.ts";
import { withoutPasswords } from "../config/named-files.ts";
import type { Config } from "../config/schema.ts";
import { ordersOf } from "../engine/belongings.ts";
import { LeftBehindError, leftBehind } from "../engine/books/left-behind.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { findingText, warningsIn } from "../platform/console/finding.ts";
import { print, printError, printJson, told, wrapped } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { openJournalForReading } from "../platform/journal/sqlite/journal.ts";
import type { Price } from "../ports/operator.ts";
import { configJsonSchema, loadConfig } from "../wiring/load.ts";
import { priceInForce, priceText } from "../wiring/price.ts";
import { machineChecks } from "./machine-checks.ts";

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly schema?: boolean;
  /** Whether it is for this machine, which the command line takes for granted. */
  readonly machine?: boolean;
}

export async function checkConfig(options: CheckOptions): Promise<void> {
  if (options.schema === true) {
    printJson(configJsonSchema());
    return;
  }
  if (options.config === undefined) throw new UsageError("--config is missing: expected a YAML file");
  const loaded = loadConfig(options.config);
  const { config, file } = loaded;
  for (const text of warningsIn(loaded)) printError(`Warning: ${text}`);
  if (options.machine === true) await checkMachine(loaded);
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
  print(told`${file} is in order: kiosk ${config.kiosk.id}, ${config.positions.length} position(s).\n`);
  print(table(["POSITION", "PRODUCT", "PRICE", "RESERVE", "DISPENSER"], rows));
  for (const [id, price] of prices) print(wrapped(`Position ${id}: ${priceText(price)}`));
}

/** @throws CliError with all that keeps the configuration from working on this machine, as a start would tell it */
async function checkMachine(loaded: Loaded): Promise<void> {
  const { findings, isRunning } = await machineChecks(loaded, Date.now());
  const wrong = findings.filter(({ keeps }) => keeps !== "nothing").map((found) => findingText(loaded.file, found));
  for (const found of findings.filter(({ keeps }) => keeps === "nothing")) {
    printError(`Warning: ${findingText(loaded.file, found)}`);
  }
  if (isRunning) printError("A kioskd runs on this journal: what it listens on is its own, and was not looked at.");
  if (wrong.length === 0) return;
  const asRoot = process.getuid?.() === 0 ? "\nLooked at as root, who may more than the daemon's user." : "";
  throw new CliError(
    `${wrong.join("\n")}${asRoot}\nFor a configuration of another machine: kioskd check-config --no-machine`,
  );
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
