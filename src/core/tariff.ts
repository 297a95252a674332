import { formatScaled, minorDigits, parseScaled } from "./money.ts";
import { basePerUnit, type Unit } from "./quantity.ts";

/** How a price that falls between two minor units becomes one of them. */
export type Rounding = "half-up" | "down" | "up";

/** Price decimals beyond the currency's own are usual at pumps and chargers (1.659 EUR/L, 0.4567 EUR/kWh). */
const UNIT_PRICE_DIGITS = 6;

/** What an integer holds exactly; no dispenser gives so much. */
const MOST_BASE = BigInt(Number.MAX_SAFE_INTEGER - 1);

export interface Tariff {
  readonly currency: string;
  readonly unit: Unit;
  /** Millionths of the major currency unit for one `unit`, tax included. */
  readonly unitPriceE6: number;
  /** Hundredths of a percent: 2500 is 25 %. */
  readonly taxRateBps: number;
  readonly rounding: Rounding;
  /** The least that any delivery above zero costs. */
  readonly minimumMinor: number;
}

export function parseUnitPrice(text: string): number | undefined {
  return parseScaled(text, UNIT_PRICE_DIGITS);
}

/** The unit price with no more decimals than it needs and no fewer than the currency has. */
export function formatUnitPrice(tariff: Tariff): string {
  const text = formatScaled(tariff.unitPriceE6, UNIT_PRICE_DIGITS);
  const leastEnd = text.length - UNIT_PRICE_DIGITS + minorDigits(tariff.currency);
  let end = text.length;
  while (end > leastEnd && text[end - 1] === "0") end--;
  return text.slice(0, text[end - 1] === "." ? end - 1 : end);
}

/** What a minor unit is in the scale of quantity × unit price: price = numerator / scale. */
function scaleOf(tariff: Tariff): bigint {
  return BigInt(basePerUnit(tariff.unit)) * 10n ** BigInt(UNIT_PRICE_DIGITS - minorDigits(tariff.currency));
}

/** The price in minor units of a quantity in base units, exact before its one rounding. */
export function priceMinor(tariff: Tariff, quantityBase: number): number {
  if (quantityBase <= 0) return 0;
  const scale = scaleOf(tariff);
  const exact = BigInt(quantityBase) * BigInt(tariff.unitPriceE6);
  const up = { "half-up": scale / 2n, down: 0n, up: scale - 1n }[tariff.rounding];
  return Math.max(Number((exact + up) / scale), tariff.minimumMinor);
}

/** The largest quantity in base units whose price is not above the amount; 0 when none is. */
export function limitBase(tariff: Tariff, amountMinor: number): number {
  if (amountMinor < tariff.minimumMinor || tariff.unitPriceE6 <= 0) return 0;
  const scale = scaleOf(tariff);
  const amount = BigInt(amountMinor);
  // The exact price must stay below the point where rounding lifts it to the next minor unit.
  const largestExact = {
    "half-up": amount * scale + scale - scale / 2n - 1n,
    down: (amount + 1n) * scale - 1n,
    up: amount * scale,
  }[tariff.rounding];
  const limit = largestExact / BigInt(tariff.unitPriceE6);
  return limit > MOST_BASE ? Number(MOST_BASE) : Number(limit);
}

/** The tax contained in an amount, rounded half up. */
export function taxIncludedMinor(tariff: Pick<Tariff, "taxRateBps">, amountMinor: number): number {
  const whole = 10_000 + tariff.taxRateBps;
  return Math.floor((2 * amountMinor * tariff.taxRateBps + whole) / (2 * whole));
}
