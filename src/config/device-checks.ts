import { parseAmount, parseScaled } from "../core/money.ts";
import { basePerUnit, formatQuantity, parseQuantity, type Unit } from "../core/quantity.ts";
import { parseUnitPrice } from "../core/tariff.ts";
import { currencyNumberOf, type DriverConfig, type DriverName, quantitiesOf } from "./dispensers.ts";
import { durationText } from "./fields.ts";
import { type Found, listed, type Path, sentence, shown } from "./problem.ts";
import type { PositionConfig } from "./schema.ts";

const UNITS_OF: Readonly<Record<DriverName, readonly Unit[] | null>> = {
  simulated: null,
  "fuel-pulser": ["L", "kg"],
  "relay-vend": ["credit", "pcs"],
  "s0-charger": ["kWh"],
  dart: ["L"],
  "modbus-meter": ["kWh"],
  rapi: ["kWh"],
  mdb: ["credit"],
};

/** What a device must be told in its own terms, at whatever price. */
export function deviceChecks(position: PositionConfig, currency: string, at: Path): Found[] {
  const { product, dispenser } = position;
  const found = [...quantityChecks(position, at), ...unitChecks(position, at)];
  if (dispenser.driver === "mdb" && currencyNumberOf(dispenser, currency) === null) {
    const expected = `currencyNumber, the number of ${currency} in ISO 4217`;
    found.push({
      path: [...at, "dispenser"],
      message: sentence({ found: "no currencyNumber", expected, example: "currencyNumber: 752 for SEK" }),
    });
  }
  if (dispenser.driver !== "dart" || dispenser.priceDecimals === undefined) return found;
  if ((parseScaled(product.unitPrice, dispenser.priceDecimals) ?? 1_000_000) < 1_000_000) return found;
  const expected = `a price of at most six digits, ${dispenser.priceDecimals} of them decimals as priceDecimals says`;
  const message = sentence({ found: shown(product.unitPrice), expected, hint: "the pump shows no more" });
  return [...found, { path: [...at, "product", "unitPrice"], message, other: [...at, "dispenser", "priceDecimals"] }];
}

function quantityChecks({ product, dispenser }: PositionConfig, at: Path): Found[] {
  const isPriceOfPiece = dispenser.driver === "relay-vend" && product.unit === "pcs";
  if (isPriceOfPiece) return [];
  return quantitiesOf(dispenser).flatMap(({ at: key, text }) => {
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
function unitChecks({ product, dispenser }: PositionConfig, at: Path): Found[] {
  const units = UNITS_OF[dispenser.driver];
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

/** What can never be sold, or makes the driver refuse its start. */
export function goodsChecks(position: PositionConfig, currency: string, at: Path): Found[] {
  const { dispenser } = position;
  const own: Path = [...at, "dispenser"];
  switch (dispenser.driver) {
    case "relay-vend":
      return [
        ...shelfChecks(dispenser, own),
        ...shelfPriceChecks(position, dispenser, at),
        ...unsoldChecks(position, currency, at),
      ];
    case "mdb":
      return [...itemChecks(dispenser, own), ...unsoldChecks(position, currency, at)];
    case "fuel-pulser":
      return pulserChecks(position, dispenser, own);
    case "rapi":
      return powerChecks(dispenser, own);
    case "s0-charger": {
      const { maxPower, pulsesPerUnit } = dispenser;
      return pulseChecks((maxPower * pulsesPerUnit) / 3_600_000, { pulsesPerUnit, at: own, by: "maxPower" });
    }
    case "modbus-meter":
      return registerChecks(dispenser, own);
    case "simulated":
    case "dart":
      return [];
  }
}

function shelfChecks({ mode, dropSensor, selections }: DriverConfig<"relay-vend">, own: Path): Found[] {
  const found: Found[] = [];
  if (mode === "until-drop" && dropSensor === undefined) {
    const message = sentence({
      found: "no dropSensor beside the mode until-drop",
      expected: "a dropSensor, or mode: pulse",
      example: "dropSensor: { line: GPIO19, bias: pull-down }",
    });
    found.push({ path: own, message });
  }
  const ids = selections.map(({ id }) => id);
  for (const [index, { id, button }] of selections.entries()) {
    const path = [...own, "selections", index];
    if (selections.length > 1 && button === undefined) {
      const expected = "a button for each of several selections";
      const example = "button: { line: GPIO5, activeLow: true, bias: pull-up }";
      found.push({ path, message: sentence({ found: "no button", expected, example }) });
    }
    const first = ids.indexOf(id);
    if (first === index) continue;
    const message = sentence({ found: `${shown(id)} a second time`, expected: "an id of its own for each selection" });
    found.push({ path: [...path, "id"], message, other: [...own, "selections", first, "id"] });
  }
  return found;
}

/** Where pieces are counted, each is charged at the unit price, whatever its selection says. */
function shelfPriceChecks({ product }: PositionConfig, { selections }: DriverConfig<"relay-vend">, at: Path): Found[] {
  if (product.unit !== "pcs") return [];
  return selections.flatMap(({ price }, index) => {
    if (parseUnitPrice(price) === parseUnitPrice(product.unitPrice)) return [];
    const message = sentence({
      found: shown(price),
      expected: `unitPrice, ${shown(product.unitPrice)}, which is charged for each piece`,
      hint: 'goods of several prices need unit: credit with unitPrice: "1.00"',
    });
    return [
      { path: [...at, "dispenser", "selections", index, "price"], message, other: [...at, "product", "unitPrice"] },
    ];
  });
}

function itemChecks({ prices = {} }: DriverConfig<"mdb">, own: Path): Found[] {
  const items = Object.keys(prices);
  return items.flatMap((item, index) => {
    const first = items.findIndex((each) => Number(each) === Number(item));
    const other = items[first];
    if (first === index || other === undefined) return [];
    const found = `${shown(item)}, which is item ${Number(item)} as ${shown(other)} is`;
    const message = sentence({ found, expected: "each item once", example: `"${Number(item)}"` });
    return [{ path: [...own, "prices", item], message, other: [...own, "prices", other] }];
  });
}

/** Nothing is sold for more than the customer can choose to reserve. */
function unsoldChecks({ product, reserve, dispenser }: PositionConfig, currency: string, at: Path): Found[] {
  if (product.unit !== "credit") return [];
  const amounts = reserve.map((text) => parseAmount(text, currency) ?? 0);
  const largestMinor = Math.max(...amounts);
  const largest = amounts.indexOf(largestMinor);
  return quantitiesOf(dispenser).flatMap(({ at: key, text }) => {
    if ((parseAmount(text, currency) ?? 0) <= largestMinor) return [];
    const expected = `at most the largest choice of reserve, ${shown(reserve[largest])}`;
    const message = sentence({ found: shown(text), expected, hint: "it could never be sold" });
    return [{ path: [...at, "dispenser", ...key], message, other: [...at, "reserve", largest] }];
  });
}

/** Measured without loss of a pulse with the kernel's counter. */
const MOST_PULSES_A_SECOND = 20_000;

function pulserChecks(position: PositionConfig, dispenser: DriverConfig<"fuel-pulser">, own: Path): Found[] {
  const { maxRate, pulsesPerUnit, startDelay, lines, channelTolerance } = dispenser;
  const found: Found[] = [];
  if (startDelay >= position.noFlowTimeout) {
    const expected = `less than noFlowTimeout, ${durationText(position.noFlowTimeout)}`;
    const message = sentence({
      found: durationText(startDelay),
      expected,
      hint: "each delivery would end before it begins",
    });
    found.push({ path: [...own, "startDelay"], message, other: [...own.slice(0, -1), "noFlowTimeout"] });
  }
  found.push(...pulseChecks((Number(maxRate) * pulsesPerUnit) / 60, { pulsesPerUnit, at: own, by: "maxRate" }));
  if (lines.pulserB !== undefined && channelTolerance >= pulsesPerUnit) {
    const expected = `fewer than pulsesPerUnit, ${pulsesPerUnit}`;
    const message = sentence({
      found: String(channelTolerance),
      expected,
      hint: "a whole unit might be missing on one channel",
    });
    found.push({ path: [...own, "channelTolerance"], message, other: [...own, "pulsesPerUnit"] });
  }
  return found;
}

function pulseChecks(
  pulsesASecond: number,
  { pulsesPerUnit, at, by }: { readonly pulsesPerUnit: number; readonly at: Path; readonly by: string },
): Found[] {
  if (pulsesASecond <= MOST_PULSES_A_SECOND) return [];
  const found = `${pulsesPerUnit}, which is ${Math.round(pulsesASecond)} pulses a second at ${by}`;
  const expected = `at most ${MOST_PULSES_A_SECOND} a second`;
  const message = sentence({ found, expected, hint: "no more are counted for certain" });
  return [{ path: [...at, "pulsesPerUnit"], message, other: [...at, by] }];
}

const REGISTERS_OF = { float32: 2, uint32: 2, int32: 2, uint64: 4 } as const;
const LAST_REGISTER = 65_535;

function registerChecks({ meter }: DriverConfig<"modbus-meter">, own: Path): Found[] {
  if (typeof meter === "string") return [];
  const lastAddress = LAST_REGISTER - REGISTERS_OF[meter.type] + 1;
  if (meter.address <= lastAddress) return [];
  const message = sentence({ found: String(meter.address), expected: `at most ${lastAddress} for a ${meter.type}` });
  return [{ path: [...own, "meter", "address"], message, other: [...own, "meter", "type"] }];
}

/** The lowest voltage of any mains. */
const LEAST_VOLTAGE_V = 100;

function powerChecks({ currentA, maxPower }: DriverConfig<"rapi">, own: Path): Found[] {
  const leastW = currentA * LEAST_VOLTAGE_V;
  if (maxPower >= leastW) return [];
  const expected = `at least ${leastW}, what ${currentA} A are at ${LEAST_VOLTAGE_V} V`;
  const message = sentence({ found: String(maxPower), expected, hint: "each charge would count as a fault" });
  return [{ path: [...own, "maxPower"], message, other: [...own, "currentA"] }];
}
