import type { Terms } from "../../src/core/sale/state.ts";
import type { Goods } from "../../src/core/sale/view.ts";
import type { Random } from "../support/sim-chaos.ts";
import { type ServiceKind, serviceKindOf } from "../support/sim-service-kind.ts";

export interface PositionSetting {
  readonly goods: Goods;
  readonly noFlowTimeoutMs: number;
  readonly meterForgets: boolean;
  readonly visits: number;
}

/** What a seed decides once for the whole life of a kiosk. */
export interface Setting {
  readonly positions: readonly PositionSetting[];
  readonly timing: Pick<Terms, "offerTimeoutMs" | "commitTimeoutMs" | "settleMarginMs" | "handoverMarginMs">;
  readonly service: ServiceKind;
  /** Who else knows what time it is: the payment service by its answers, a time server. */
  readonly knowsTime: { readonly service: boolean; readonly server: boolean };
}

export function settingOf(random: Random): Setting {
  const commitTimeoutMs = random.pick([600_000, 900_000, 3_600_000]);
  const count = random.int(1, 3);
  const knower = random.pick(["service", "service", "server", "both", "nobody"]);
  return {
    timing: {
      offerTimeoutMs: random.pick([60_000, 120_000]),
      commitTimeoutMs,
      settleMarginMs: Math.min(600_000, commitTimeoutMs / 4),
      handoverMarginMs: Math.min(60_000, commitTimeoutMs / 20),
    },
    service: serviceKindOf(random.pick([1_000, 2_000]), random.apart()),
    knowsTime: {
      service: knower === "service" || knower === "both",
      server: knower === "server" || knower === "both",
    },
    positions: Array.from({ length: count }, (_, at) => positionOf(String(at + 1), random)),
  };
}

function positionOf(position: string, random: Random): PositionSetting {
  const rounding = random.pick(["half-up", "down", "up"]);
  const tariff = {
    currency: random.pick(["SEK", "EUR", "JPY"]),
    unit: random.pick(["L", "kWh"]),
    unitPriceE6: random.int(300_000, 25_000_000),
    taxRateBps: 2_500,
    rounding,
    minimumMinor: random.pick([0, 0, 500]),
  } as const;
  return {
    goods: { position, productName: "Diesel", sku: "DSL", tariff, reserveMinor: [10_000, 30_000, 50_000] },
    noFlowTimeoutMs: random.pick([20_000, 60_000]),
    meterForgets: random.chance(0.4),
    visits: random.int(2, 5),
  };
}
