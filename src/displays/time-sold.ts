import { parseAmount } from "../core/money.ts";
import type { PositionView } from "../core/sale/view.ts";
import { limitBase, parseUnitPrice } from "../core/tariff.ts";

/** Of the units in which time is sold. */
const SECONDS: Readonly<Record<string, number>> = { min: 60, h: 3_600 };

/** How long it ran; null where no time is sold. */
export function soldSeconds({ product, quantity }: PositionView): number | null {
  const perUnit = SECONDS[product.unit];
  return perUnit === undefined ? null : Math.round(Number(quantity) * perUnit);
}

/** What the rest of the maximum buys, as the kiosk would say it: never more than there is. */
export function secondsLeft(view: PositionView): number | null {
  const sold = soldSeconds(view);
  const { product, currency, reserved } = view;
  if (sold === null || reserved === null || (product.unit !== "min" && product.unit !== "h")) return null;
  const unitPriceE6 = parseUnitPrice(view.unitPrice) ?? 0;
  const tariff = { currency, unit: product.unit, unitPriceE6, taxRateBps: 0, minimumMinor: 0 } as const;
  return Math.max(0, limitBase({ ...tariff, rounding: "up" }, parseAmount(reserved, currency) ?? 0) - sold);
}

/** `m:ss`, and from an hour on `h:mm:ss` where hours are sold. */
export function clockText(seconds: number, unit: string): string {
  const two = (part: number): string => String(part).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (unit !== "h") return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
