import { MINOR_DIGITS } from "./currencies.ts";

/** Amounts are integers in the minor unit of their currency (öre, cents). */

/** @throws RangeError for what is no currency: an amount in it would be a guess. */
export function minorDigits(currency: string): number {
  const digits = MINOR_DIGITS.get(currency);
  if (digits === undefined) throw new RangeError(`"${currency}" is no currency of ISO 4217`);
  return digits;
}

/** Amounts, prices and quantities as people and programs give them: never a float, and of a bounded length. */
export const DECIMAL_TEXT = /^\d{1,9}(\.\d{1,6})?$/;

/**
 * Reads a plain decimal ("19.89") as an integer scaled by 10^digits.
 * Undefined when the text is no such number, has more decimals, or exceeds what an integer holds exactly.
 */
export function parseScaled(text: string, digits: number): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const whole = match[1] ?? "";
  const fraction = match[2] ?? "";
  if (fraction.length > digits) return undefined;
  const scaled = Number(whole + fraction.padEnd(digits, "0"));
  return Number.isSafeInteger(scaled) ? scaled : undefined;
}

/** The plain decimal of an integer scaled by 10^digits; the inverse of `parseScaled`. */
export function formatScaled(scaled: number, digits: number): string {
  const sign = scaled < 0 ? "-" : "";
  const text = String(Math.abs(scaled)).padStart(digits + 1, "0");
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function parseAmount(text: string, currency: string): number | undefined {
  return parseScaled(text, minorDigits(currency));
}

export function formatAmount(amountMinor: number, currency: string): string {
  return formatScaled(amountMinor, minorDigits(currency));
}
