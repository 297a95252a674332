import type { PositionView } from "../../../../core/sale/view.ts";
import type { Texts } from "./texts.ts";

/** Numbers as people of the language write them; the views carry plain decimals. */
export interface Format {
  amount(decimal: string, currency: string): string;
  /** Without decimals when there are none to show. */
  roundAmount(decimal: string, currency: string): string;
  unitPrice(view: PositionView): string;
  quantity(view: PositionView): string;
  unit(view: PositionView): string;
}

export function formatFor({ locale, labels }: Texts): Format {
  const money = (decimal: string, currency: string, options: Intl.NumberFormatOptions): string =>
    new Intl.NumberFormat(locale, {
      style: "currency",
      currency,
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: decimalsOf(decimal),
      maximumFractionDigits: decimalsOf(decimal),
      ...options,
    }).format(Number(decimal));
  const unit = ({ product }: PositionView): string => (product.unit === "pcs" ? labels.pieces : product.unit);
  return {
    amount: (decimal, currency) => money(decimal, currency, {}),
    roundAmount: (decimal, currency) => money(decimal, currency, { trailingZeroDisplay: "stripIfInteger" }),
    unitPrice: (view) => `${money(view.unitPrice, view.currency, {})} / ${unit(view)}`,
    quantity: ({ quantity }) => {
      const digits = decimalsOf(quantity);
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      return new Intl.NumberFormat(locale, options).format(Number(quantity));
    },
    unit,
  };
}

/** `mm:ss`, never below zero; started seconds count whole. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function decimalsOf(decimal: string): number {
  return decimal.split(".")[1]?.length ?? 0;
}
