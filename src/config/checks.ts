import { MINOR_DIGITS } from "../core/currencies.ts";
import { formatScaled, parseAmount } from "../core/money.ts";
import { formatQuantity } from "../core/quantity.ts";
import { limitBase, parseUnitPrice } from "../core/tariff.ts";
import { lineChecks, portChecks } from "./claims.ts";
import { deviceChecks, goodsChecks } from "./device-checks.ts";
import { decimal } from "./fields.ts";
import { tariffOf } from "./goods.ts";
import { nameChecks } from "./names.ts";
import { deviceOf, factsOf, type PlugIns } from "./plug-ins.ts";
import { duplicates, type Found, type Path, sentence, shown } from "./problem.ts";
import type { Config, PositionConfig } from "./schema.ts";
import { serviceChecks } from "./service-checks.ts";

/** What the schema cannot see, because it takes more than one key. */
export function crossChecks(config: Config, plugIns: PlugIns): Found[] {
  return [
    ...config.positions.flatMap((position, index) => positionChecks(config, position, ["positions", index], plugIns)),
    ...config.positions.flatMap((position, index) => boundChecks(position, ["positions", index])),
    ...config.positions.flatMap((position, index) => reserveChecks(config, position, ["positions", index])),
    ...config.positions.flatMap((position, index) =>
      goodsChecks(position, config.kiosk.currency, ["positions", index], plugIns),
    ),
    ...duplicates(
      config.positions.map(({ id }) => id),
      (index) => ["positions", index, "id"],
      { of: "an id of its own for each position" },
    ),
    ...duplicates(
      config.positions.map(({ dispenser }) => factsOf(plugIns, dispenser).register),
      (index) => ["positions", index, "dispenser", "register"],
      { of: "a file of its own for each position", hint: "two meters would count on in one" },
    ),
    ...duplicates(config.kiosk.locales, (index) => ["kiosk", "locales", index], { of: "each language once" }),
    ...textChecks(config),
    ...nameChecks(config),
    ...lineChecks(config, plugIns),
    ...portChecks(config, plugIns),
    ...serviceChecks(config, plugIns),
  ];
}

/** Why a position cannot sell at a price that an operator orders; null when it can. */
export function priceProblem(
  config: Config,
  position: PositionConfig,
  unitPrice: string,
  plugIns: PlugIns,
): string | null {
  if (!decimal.safeParse(unitPrice).success) return 'expected a price such as "19.89"';
  const { lowestE6, highestE6 } = priceBounds(position);
  const orderedE6 = parseUnitPrice(unitPrice) ?? 0;
  if (orderedE6 < lowestE6 || orderedE6 > highestE6) {
    const from = `${formatPrice(lowestE6)} to ${formatPrice(highestE6)} ${config.kiosk.currency}`;
    return `expected a price from ${from}, not ${unitPrice}: product.lowestPrice and product.highestPrice set the bounds`;
  }
  const repriced = { ...position, product: { ...position.product, unitPrice } };
  const { ownPrice } = deviceOf(plugIns.devices, position.dispenser);
  if (ownPrice !== null) return ownPrice;
  if (position.product.unit === "credit") return "goods with prices of their own have no unit price";
  return positionChecks(config, repriced, [], plugIns)[0]?.message ?? null;
}

/** The prices that an operator may order, in millionths. */
function priceBounds({ product }: PositionConfig): { readonly lowestE6: number; readonly highestE6: number } {
  const configuredE6 = parseUnitPrice(product.unitPrice) ?? 0;
  const { lowestPrice, highestPrice } = product;
  return {
    lowestE6: lowestPrice === undefined ? Math.ceil(configuredE6 / 2) : (parseUnitPrice(lowestPrice) ?? 0),
    highestE6: highestPrice === undefined ? configuredE6 * 2 : (parseUnitPrice(highestPrice) ?? 0),
  };
}

function formatPrice(priceE6: number): string {
  return formatScaled(priceE6, 6).replace(/\.?0+$/, "");
}

function boundChecks(position: PositionConfig, at: Path): Found[] {
  const { unitPrice } = position.product;
  const configuredE6 = parseUnitPrice(unitPrice) ?? 0;
  const { lowestE6, highestE6 } = priceBounds(position);
  const found: Found[] = [];
  if (lowestE6 > configuredE6) {
    const message = sentence({
      found: shown(position.product.lowestPrice),
      expected: `at most unitPrice, ${unitPrice}`,
    });
    found.push({ path: [...at, "product", "lowestPrice"], message });
  }
  if (highestE6 < configuredE6) {
    const message = sentence({
      found: shown(position.product.highestPrice),
      expected: `at least unitPrice, ${unitPrice}`,
    });
    found.push({ path: [...at, "product", "highestPrice"], message });
  }
  return found;
}

function positionChecks(config: Config, position: PositionConfig, at: Path, plugIns: PlugIns): Found[] {
  const { leastLimitBase } = factsOf(plugIns, position.dispenser);
  const { currency } = config.kiosk;
  const { product } = position;
  const found: Found[] = [];
  const minimum = parseAmount(product.minimum, currency);
  if (minimum === undefined) found.push(tooFine([...at, "product", "minimum"], product.minimum, currency));
  const tariff = tariffOf(config, position);
  if (tariff.unitPriceE6 === 0) {
    const message = sentence({ found: shown(product.unitPrice), expected: "a price above 0", example: '"19.89"' });
    return [...found, { path: [...at, "product", "unitPrice"], message }];
  }
  for (const [index, text] of position.reserve.entries()) {
    const path = [...at, "reserve", index];
    const maximum = parseAmount(text, currency);
    if (maximum === undefined) found.push(tooFine(path, text, currency));
    else if (maximum >= tariff.minimumMinor && limitBase(tariff, maximum) <= leastLimitBase) {
      const least =
        leastLimitBase === 0
          ? "something"
          : `more than ${formatQuantity(leastLimitBase, product.unit)} ${product.unit}`;
      const expected = `an amount that buys ${least} at ${product.unitPrice} ${currency}/${product.unit}`;
      found.push({ path, message: sentence({ found: shown(text), expected }) });
    }
  }
  return [...found, ...deviceChecks(position, at, plugIns)];
}

/** The display offers the choices as they stand here, from small to large. */
function reserveChecks(config: Config, { product, reserve }: PositionConfig, at: Path): Found[] {
  const { currency } = config.kiosk;
  const amounts = reserve.map((text) => parseAmount(text, currency) ?? null);
  const found = amounts.flatMap((amount, index) => {
    const before = amounts[index - 1] ?? null;
    if (amount === null || before === null || amount > before) return [];
    const message = sentence({
      found: `${shown(reserve[index])} after ${shown(reserve[index - 1])}`,
      expected: "each amount once, from the smallest to the largest",
      example: `[${sortedAmounts(reserve, currency)
        .map((each) => shown(each))
        .join(", ")}]`,
    });
    return [{ path: [...at, "reserve", index], message }];
  });
  const minimumMinor = parseAmount(product.minimum, currency) ?? 0;
  const [smallest = ""] = sortedAmounts(reserve, currency);
  if (minimumMinor <= (parseAmount(smallest, currency) ?? minimumMinor)) return found;
  const expected = `at most the smallest choice of reserve, ${smallest}: no more than is reserved can be charged`;
  return [
    ...found,
    {
      path: [...at, "product", "minimum"],
      message: sentence({ found: shown(product.minimum), expected }),
      other: [...at, "reserve", reserve.indexOf(smallest)],
    },
  ];
}

function sortedAmounts(reserve: readonly string[], currency: string): readonly string[] {
  const known = new Map([...reserve].reverse().map((text) => [parseAmount(text, currency) ?? 0, text]));
  return [...known.entries()].sort(([one], [other]) => one - other).map(([, text]) => text);
}

function tooFine(path: Path, text: string, currency: string): Found {
  const expected = `an amount in ${currency} without fractions of its smallest unit`;
  const digits = MINOR_DIGITS.get(currency) ?? 2;
  return { path, message: sentence({ found: shown(text), expected, example: `"${Number(text).toFixed(digits)}"` }) };
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2800\p{Default_Ignorable_Code_Point}]/u;
/** Several signs as one: a heart in its colour, a family. */
const OF_EMOJI = /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)(?:\ufe0f|\u200d)/gu;

/** What people read may not be blank, and nothing bears what cannot be seen. */
function textChecks(config: Config): Found[] {
  const found: Found[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (typeof value === "object" && value !== null) {
      const isList = Array.isArray(value);
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, isList ? Number(key) : key]);
    }
    if (typeof value !== "string" || value === "") return;
    const isLines = path.at(-1) === "footer";
    const hasControls = INVISIBLE.test((isLines ? value.replaceAll("\n", "") : value).replace(OF_EMOJI, ""));
    if (!hasControls && value.trim() !== "") return;
    const expected = hasControls ? "letters, digits, signs and blanks" : "something to read";
    found.push({ path, message: sentence({ found: shown(value), expected }) });
  };
  walk(config, []);
  return found;
}
