import { formatAmount, parseAmount } from "../../core/money.ts";

/** An amount as the service wants it: the currency stands before the value. */
export function amountOf(amountMinor: number, currency: string): Readonly<Record<string, unknown>> {
  return { currency, value: formatAmount(amountMinor, currency) };
}

/** More digits than any amount has; trimming the zeros of a text takes time by the square of its length. */
const LONGEST_AMOUNT = 40;

/** Null for what is no plain decimal and for what is finer than the minor unit: nothing is ever rounded. */
export function amountMinorOf(value: string, currency: string): number | null {
  if (value.length > LONGEST_AMOUNT) return null;
  // The service prints up to five decimals; zeros beyond the minor unit say nothing.
  const plain = value.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  return parseAmount(plain, currency) ?? null;
}

/** The same with a sign before it, as refunds have it in reports. */
export function signedAmountMinorOf(value: string, currency: string): number | null {
  if (!value.startsWith("-")) return amountMinorOf(value, currency);
  const amountMinor = amountMinorOf(value.slice(1), currency);
  return amountMinor === null || amountMinor === 0 ? amountMinor : -amountMinor;
}
