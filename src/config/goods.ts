import { parseAmount } from "../core/money.ts";
import type { Goods } from "../core/sale/view.ts";
import { parseUnitPrice, type Tariff } from "../core/tariff.ts";
import type { PaymentTimes, SaleTiming } from "../ports/payment-plug-in.ts";
import type { Config, PositionConfig } from "./schema.ts";

export function tariffOf(config: Config, { product }: PositionConfig): Tariff {
  const { currency } = config.kiosk;
  return {
    currency,
    unit: product.unit,
    unitPriceE6: parseUnitPrice(product.unitPrice) ?? 0,
    taxRateBps: Math.round(product.taxRate * 100),
    rounding: product.rounding,
    minimumMinor: parseAmount(product.minimum, currency) ?? 0,
  };
}

/** `areChosenAtDevice` as its device tells. */
export function goodsOf(config: Config, position: PositionConfig, areChosenAtDevice = false): Goods {
  return {
    position: position.id,
    productName: position.product.name,
    sku: position.product.sku,
    tariff: tariffOf(config, position),
    reserveMinor: position.reserve.map((text) => parseAmount(text, config.kiosk.currency) ?? 0),
    areChosenAtDevice,
  };
}

/**
 * Delivery stops a quarter of the hold before its end, at most ten minutes: time to settle, with retries,
 * through an outage. What is unresolved goes to a person a twentieth before the end, at most one minute.
 */
export function timingOf({ offerTimeout, commitTimeout }: PaymentTimes): SaleTiming {
  return {
    offerTimeoutMs: offerTimeout,
    commitTimeoutMs: commitTimeout,
    settleMarginMs: Math.min(600_000, Math.floor(commitTimeout / 4)),
    handoverMarginMs: Math.min(60_000, Math.floor(commitTimeout / 20)),
  };
}
