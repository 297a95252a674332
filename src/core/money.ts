/** Amounts are integers in the minor unit of their currency (öre, cents). */

/** Currencies whose minor unit is not a hundredth (ISO 4217, list one). */
const UNUSUAL_MINOR_DIGITS: Readonly<Record<string, number>> = {
  BHD: 3,
  CLP: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  TND: 3,
  UGX: 0,
  VND: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
};

export function minorDigits(currency: string): number {
  return UNUSUAL_MINOR_DIGITS[currency] ?? 2;
}

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
