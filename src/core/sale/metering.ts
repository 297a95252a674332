import { capturableMinor } from "../money-rules.ts";
import { limitBase, priceMinor } from "../tariff.ts";
import type { Delivery, Dispensing, Hold, Sale } from "./state.ts";

/** The service may authorise more than was asked; the customer agreed to the maximum, no more. */
function authorised(state: { sale: Sale; hold: Hold }): number {
  return Math.min(state.hold.authorisedMinor, state.sale.terms.maximumMinor);
}

/** The most that may flow, in base units (money rule 1): what can be taken of the hold pays for it. */
export function limitOf(state: { sale: Sale; hold: Hold }): number {
  const { tariff, rules } = state.sale.terms;
  return limitBase(tariff, capturableMinor(rules, authorised(state)));
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
  const { tariff, rules } = state.sale.terms;
  const worthMinor = priceMinor(tariff, quantityBase);
  const dueMinor = Math.min(worthMinor, authorised(state));
  const amountMinor = capturableMinor(rules, dueMinor);
  const lossMinor = worthMinor - amountMinor;
  const waived = amountMinor < dueMinor ? { waivedMinor: dueMinor - amountMinor } : {};
  return { startBase, endBase, quantityBase, amountMinor, lossMinor, ...waived, certain, endedAtMs };
}
