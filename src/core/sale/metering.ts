import { limitBase, priceMinor } from "../tariff.ts";
import type { Delivery, Dispensing, Hold, Sale } from "./state.ts";

/** The service may authorise more than was asked; the customer agreed to the maximum, no more. */
function authorised(state: { sale: Sale; hold: Hold }): number {
  return Math.min(state.hold.authorisedMinor, state.sale.terms.maximumMinor);
}

/** The most that may flow, in base units (money rule 1). */
export function limitOf(state: { sale: Sale; hold: Hold }): number {
  return limitBase(state.sale.terms.tariff, authorised(state));
}

/**
 * A meter that went backwards or could not be read is billed by its last journaled value:
 * never more than what surely flowed.
 */
export function deliveryOf(state: Dispensing, totaliserBase: number | null, endedAtMs: number): Delivery {
  const { startBase, lastBase } = state.metering;
  const certain = totaliserBase !== null && totaliserBase >= lastBase;
  const endBase = certain ? totaliserBase : lastBase;
  const quantityBase = endBase - startBase;
  const worthMinor = priceMinor(state.sale.terms.tariff, quantityBase);
  const amountMinor = Math.min(worthMinor, authorised(state));
  const lossMinor = worthMinor - amountMinor;
  return { startBase, endBase, quantityBase, amountMinor, lossMinor, certain, endedAtMs };
}
