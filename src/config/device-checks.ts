import { parseAmount } from "../core/money.ts";
import { basePerUnit, formatQuantity, parseQuantity } from "../core/quantity.ts";
import { parseUnitPrice } from "../core/tariff.ts";
import type { Written } from "../ports/device.ts";
import { deviceOf, factsOf, type PlugIns } from "./plug-ins.ts";
import { type Found, listed, type Path, sentence, shown } from "./problem.ts";
import type { PositionConfig } from "./schema.ts";

/** What a device must be told in its own terms, at whatever price. */
export function deviceChecks(position: PositionConfig, at: Path, plugIns: PlugIns): Found[] {
  return [...quantityChecks(position, at, plugIns), ...unitChecks(position, at, plugIns)];
}

function quantityChecks({ product, dispenser }: PositionConfig, at: Path, plugIns: PlugIns): Found[] {
  const { quantities, prices } = factsOf(plugIns, dispenser);
  const inUnit = product.unit === "credit" ? [...quantities, ...prices] : quantities;
  return inUnit.flatMap(({ at: key, text }) => {
    const path = [...at, "dispenser", ...key];
    const quantity = parseQuantity(text, product.unit);
    if (quantity === undefined) {
      const nearestBase = Math.round(Number(text) * basePerUnit(product.unit));
      const example = `"${formatQuantity(nearestBase, product.unit)}"`;
      const expected = `no more decimals than ${product.unit} is counted in`;
      return [{ path, message: sentence({ found: shown(text), expected, example }) }];
    }
    return quantity === 0 ? [{ path, message: sentence({ found: shown(text), expected: "more than 0" }) }] : [];
  });
}

/** A meter counts what it counts, and a credit is worth itself. */
function unitChecks({ product, dispenser }: PositionConfig, at: Path, { devices }: PlugIns): Found[] {
  const { units } = deviceOf(devices, dispenser);
  const found: Found[] = [];
  if (units !== null && !units.includes(product.unit)) {
    const message = sentence({
      found: product.unit,
      expected: listed(units, "or"),
      hint: `nothing else is counted by ${dispenser.driver}`,
    });
    found.push({ path: [...at, "product", "unit"], message });
  }
  if (product.unit === "credit" && parseUnitPrice(product.unitPrice) !== 1_000_000) {
    const message = sentence({
      found: shown(product.unitPrice),
      expected: '"1.00"',
      hint: "a credit is worth itself, and each of the goods has its price",
    });
    found.push({ path: [...at, "product", "unitPrice"], message });
  }
  return found;
}

/** What can never be sold, or makes the driver refuse its start. Of one device its own word, with paths that begin at the position. */
export function goodsChecks(position: PositionConfig, currency: string, at: Path, plugIns: PlugIns): Found[] {
  const { product, dispenser, noFlowTimeout: noFlowTimeoutMs } = position;
  const device = factsOf(plugIns, dispenser);
  const { unit, unitPrice } = product;
  const own = device.problems({ currency, unit, unitPrice, noFlowTimeoutMs }).map(({ path, message, other }) => {
    return { path: [...at, ...path], message, ...(other === undefined ? {} : { other: [...at, ...other] }) };
  });
  return [...own, ...unsoldChecks(position, currency, at, device.prices)];
}

/** Nothing is sold for more than the customer can choose to reserve. */
function unsoldChecks(
  { product, reserve }: PositionConfig,
  currency: string,
  at: Path,
  prices: readonly Written[],
): Found[] {
  if (product.unit !== "credit") return [];
  const amounts = reserve.map((text) => parseAmount(text, currency) ?? 0);
  const largestMinor = Math.max(...amounts);
  const largest = amounts.indexOf(largestMinor);
  return prices.flatMap(({ at: key, text }) => {
    if ((parseAmount(text, currency) ?? 0) <= largestMinor) return [];
    const expected = `at most the largest choice of reserve, ${shown(reserve[largest])}`;
    const message = sentence({ found: shown(text), expected, hint: "it could never be sold" });
    return [{ path: [...at, "dispenser", ...key], message, other: [...at, "reserve", largest] }];
  });
}
