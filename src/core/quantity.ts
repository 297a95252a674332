import { formatScaled } from "./money.ts";

/**
 * What a product is priced in, and the integer base unit it is counted in:
 * litres in millilitres, kilowatt-hours in watt-hours, time in seconds, pieces in pieces. A credit is what a machine
 * with a price for each of its goods counts in: the price itself, in hundredths of the currency.
 */
const UNITS = {
  L: { base: "ml", basePerUnit: 1000, decimals: 3 },
  kWh: { base: "Wh", basePerUnit: 1000, decimals: 3 },
  kg: { base: "g", basePerUnit: 1000, decimals: 3 },
  min: { base: "s", basePerUnit: 60, decimals: 2 },
  h: { base: "s", basePerUnit: 3600, decimals: 4 },
  pcs: { base: "pcs", basePerUnit: 1, decimals: 0 },
  credit: { base: "credit/100", basePerUnit: 100, decimals: 2 },
} as const;

export type Unit = keyof typeof UNITS;

export const UNIT_NAMES = Object.keys(UNITS) as [Unit, ...Unit[]];

export function basePerUnit(unit: Unit): number {
  return UNITS[unit].basePerUnit;
}

/** A quantity in base units as a decimal in its unit, rounded half up to the unit's decimals. */
export function formatQuantity(quantityBase: number, unit: Unit): string {
  const { basePerUnit: base, decimals } = UNITS[unit];
  const scale = 10 ** decimals;
  return formatScaled(Math.floor((2 * quantityBase * scale + base) / (2 * base)), decimals);
}

/** Reads a decimal in `unit` ("5.000") as base units; undefined when it is not a whole number of them. */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  if (!/^\d{1,9}(\.\d{1,4})?$/.test(text)) return undefined;
  const tenThousandths = Math.round(Number(text) * 10_000);
  const scaled = tenThousandths * UNITS[unit].basePerUnit;
  return scaled % 10_000 === 0 ? scaled / 10_000 : undefined;
}

/** The base units that `formatQuantity` wrote: of a minute no decimals say exactly what a second is. */
export function writtenQuantity(text: string, unit: Unit): number {
  return Math.round(Number(text) * UNITS[unit].basePerUnit);
}
