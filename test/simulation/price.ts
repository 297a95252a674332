import type { MoneyRules } from "../../src/core/money-rules.ts";
import type { Tariff } from "../../src/core/tariff.ts";

const BASE_PER_UNIT: Readonly<Record<string, bigint>> = { L: 1_000n, kWh: 1_000n };
const MINOR_PER_MAJOR: Readonly<Record<string, bigint>> = { SEK: 100n, EUR: 100n, JPY: 1n };

/**
 * What a quantity costs, reckoned here once more: the judge shares no arithmetic with what it judges.
 * One division, one rounding.
 */
export function priceMinor(
  { currency, unit, unitPriceE6, rounding, minimumMinor }: Tariff,
  quantityBase: number,
): number {
  const perUnit = BASE_PER_UNIT[unit];
  const perMajor = MINOR_PER_MAJOR[currency];
  if (perUnit === undefined || perMajor === undefined) throw new Error(`no judge for ${currency} a ${unit}`);
  if (quantityBase <= 0) return 0;
  const divisor = perUnit * 1_000_000n;
  const dividend = BigInt(quantityBase) * BigInt(unitPriceE6) * perMajor;
  const wholes = dividend / divisor;
  const rest = dividend % divisor;
  const lifts = { "half-up": 2n * rest >= divisor, down: false, up: rest > 0n }[rounding];
  return Math.max(Number(wholes) + (lifts ? 1 : 0), minimumMinor);
}

/** Whether a service with these rules takes so much. */
export function isTaken({ leastCaptureMinor, stepMinor }: MoneyRules, amountMinor: number): boolean {
  return amountMinor >= leastCaptureMinor && Number.isInteger(amountMinor / stepMinor);
}

/** The largest amount that is taken and is not above this one, found by looking. */
export function takenMinor(rules: MoneyRules | undefined, amountMinor: number): number {
  if (rules === undefined) return amountMinor;
  for (let minor = amountMinor; minor > 0; minor--) if (isTaken(rules, minor)) return minor;
  return 0;
}
