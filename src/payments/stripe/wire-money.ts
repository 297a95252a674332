import { MINOR_DIGITS } from "../../core/currencies.ts";
import type { MoneyRules } from "../../core/money-rules.ts";

/**
 * The service's amounts are integers too, but in a unit of its own for some currencies. Source: docs.stripe.com/currencies
 * ("zero-decimal", "special cases", "three-decimal", "minimum and maximum charge amounts"). That of ISK, UGX and of three
 * decimals was not tried with a real account.
 */
const ZERO_DECIMAL = codes("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF");
/** Of whole units only, and yet written with two decimals. */
const WHOLE_IN_HUNDREDTHS = codes("ISK UGX");

/** The least charge, in minor units of ISO 4217. Where the account is paid out in another currency, that one's counts. */
const LEAST_MINOR: Readonly<Record<string, number>> = {
  ...{ AED: 200, AUD: 50, BGN: 100, BRL: 50, CAD: 50, CHF: 50, CZK: 1500, DKK: 250, EUR: 50, GBP: 30, HKD: 400 },
  ...{ HUF: 17_500, INR: 50, JPY: 50, MXN: 1000, MYR: 200, NOK: 300, NZD: 50, PLN: 200, RON: 200, SEK: 300 },
  ...{ SGD: 50, THB: 1000, USD: 50 },
};
const MOST_DIGITS = 8;

/**
 * What may be charged. Null where the service's unit is not known, so that nothing is charged by a guess. That the least
 * charge counts for a part of a hold too is not in the documents; a part that is refused would be lost.
 */
export function rulesOf(currency: string): MoneyRules | null {
  const digits = MINOR_DIGITS.get(currency);
  const own = ownDigits(currency);
  if (digits === undefined || own === null) return null;
  const stepMinor = digits === 3 ? 10 : Math.max(1, 10 ** (digits - own));
  const mostMinor = Math.floor(((10 ** MOST_DIGITS - 1) * 10 ** digits) / 10 ** own / stepMinor) * stepMinor;
  const leastMinor = LEAST_MINOR[currency] ?? stepMinor;
  return { leastReservationMinor: leastMinor, leastCaptureMinor: leastMinor, mostMinor, stepMinor };
}

/** The service's amount; null for one that it could not take exactly. */
export function toService(amountMinor: number, currency: string): number | null {
  const rules = rulesOf(currency);
  if (rules === null || !Number.isSafeInteger(amountMinor) || amountMinor % rules.stepMinor !== 0) return null;
  return scaled(amountMinor, currency, 1);
}

/** Null for an amount that is none in this currency. */
export function fromService(amount: number, currency: string): number | null {
  return rulesOf(currency) === null ? null : scaled(amount, currency, -1);
}

function scaled(amount: number, currency: string, direction: 1 | -1): number | null {
  const power = direction * ((ownDigits(currency) ?? 0) - (MINOR_DIGITS.get(currency) ?? 0));
  const made = power >= 0 ? amount * 10 ** power : amount / 10 ** -power;
  return Number.isSafeInteger(made) ? made : null;
}

/** With how many decimals the service counts. */
function ownDigits(currency: string): number | null {
  if (ZERO_DECIMAL.has(currency)) return 0;
  if (WHOLE_IN_HUNDREDTHS.has(currency)) return 2;
  const digits = MINOR_DIGITS.get(currency) ?? 0;
  return digits === 2 || digits === 3 ? digits : null;
}

function codes(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}
