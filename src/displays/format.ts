import type { PositionView } from "../core/sale/view.ts";
import type { Texts } from "./texts/texts.ts";
import { clockText, soldSeconds } from "./time-sold.ts";

/** Numbers as people of the language write them; the views carry plain decimals. */
export interface Format {
  amount(decimal: string, currency: string): string;
  /** Without decimals when there are none to show. */
  roundAmount(decimal: string, currency: string): string;
  unitPrice(view: PositionView): string;
  percent(decimal: string): string;
  quantity(view: PositionView): string;
  /** A moment in the kiosk's own time zone. */
  dateTime(iso: string): string;
  unit(view: PositionView): string;
}

/** `timezone`: of moments; the machine's own where null. */
export function formatFor({ locale, pieces }: Texts, timezone: string | null): Format {
  // Making one takes far longer than using it, and a running number is written twice a second.
  const formats = new Map<string, Intl.NumberFormat>();
  const number = (decimal: string, options: Intl.NumberFormatOptions = {}): string => {
    const digits = decimalsOf(decimal);
    const key = `${digits} ${options.currency} ${options.trailingZeroDisplay}`;
    const exact = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const format = formats.get(key) ?? new Intl.NumberFormat(locale, { ...exact, ...options });
    formats.set(key, format);
    return format.format(Number(decimal));
  };
  const money = (decimal: string, currency: string, options: Intl.NumberFormatOptions = {}): string =>
    number(decimal, { style: "currency", currency, currencyDisplay: "narrowSymbol", ...options });
  const plurals = new Intl.PluralRules(locale);
  const moments = new Intl.DateTimeFormat(locale, {
    ...{ dateStyle: "medium", timeStyle: "short" },
    ...(timezone === null ? {} : { timeZone: timezone }),
  });
  const unitFor = ({ product }: PositionView, count: string): string =>
    product.unit === "pcs" ? (pieces[plurals.select(Number(count))] ?? pieces.other) : product.unit;
  return {
    amount: (decimal, currency) => money(decimal, currency),
    roundAmount: (decimal, currency) => money(decimal, currency, { trailingZeroDisplay: "stripIfInteger" }),
    unitPrice: (view) => `${money(view.unitPrice, view.currency)}/${unitFor(view, "1")}`,
    percent: (decimal) => `${number(decimal)} %`,
    quantity: (view) => {
      const seconds = soldSeconds(view);
      return seconds === null ? number(view.quantity) : clockText(seconds, view.product.unit);
    },
    unit: (view) => unitFor(view, view.quantity),
    dateTime: (iso) => moments.format(new Date(iso)),
  };
}

/** `m:ss`, never below zero; started seconds count whole. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function decimalsOf(decimal: string): number {
  return decimal.split(".")[1]?.length ?? 0;
}
