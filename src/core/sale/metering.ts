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
 * Never more than what surely flowed. The reading at the end counts, also when it is below what was journaled while the
 * meter ran. The last journaled value stands in for it in three cases: the meter could not be read; it is below that
 * value after a restart, in which it may have forgotten; it is below where the delivery began.
 */
export function deliveryOf(state: Dispensing, totaliserBase: number | null, endedAtMs: number): Delivery {
  const { startBase, lastBase } = state.metering;
  const certain = totaliserBase !== null && totaliserBase >= lastBase;
  const contradicts = totaliserBase !== null && totaliserBase >= startBase && state.stopping !== "restart";
  const endBase = certain || contradicts ? totaliserBase : lastBase;
  const quantityBase = endBase - startBase;
  const worthMinor = priceMinor(state.sale.terms.tariff, quantityBase);
  const amountMinor = Math.min(worthMinor, authorised(state));
  const lossMinor = worthMinor - amountMinor;
  return { startBase, endBase, quantityBase, amountMinor, lossMinor, certain, endedAtMs };
}
