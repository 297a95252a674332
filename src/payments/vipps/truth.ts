import type { Truth } from "../../core/sale/resolve.ts";
import type { Sale } from "../../core/sale/state.ts";
import type { Payment } from "./wire.ts";

/** The sums of a payment, in minor units of its own currency. */
export interface Sums {
  readonly askedMinor: number;
  readonly authorisedMinor: number;
  readonly cancelledMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
}

/** What the service still holds beside what it took. */
export function stillHeldMinor({ authorisedMinor, cancelledMinor, capturedMinor }: Sums): number {
  return authorisedMinor - cancelledMinor - capturedMinor;
}

/** Why a payment is another one than was asked about; null when it may be the same. */
function otherThan(shown: Payment, reference: string, currency: string): string | null {
  if (shown.reference !== reference) return `the answer is about payment ${shown.reference.slice(0, 64)}`;
  const { aggregate } = shown;
  const other = [shown.amount, ...Object.values(aggregate)].find((each) => each.currency !== currency);
  return other === undefined ? null : `an amount is in ${other.currency}, not in ${currency}`;
}

export function sumsOf({ amount, aggregate }: Payment): Sums {
  return {
    askedMinor: amount.value,
    authorisedMinor: aggregate.authorizedAmount.value,
    cancelledMinor: aggregate.cancelledAmount.value,
    capturedMinor: aggregate.capturedAmount.value,
    refundedMinor: aggregate.refundedAmount.value,
  };
}

/** The aggregate says what became of the money; the state only how it began. */
export function truthOf(sale: Sale, reference: string, shown: Payment): Truth {
  const { maximumMinor, tariff } = sale.terms;
  const other = otherThan(shown, reference, tariff.currency);
  if (other !== null) return { state: "different", detail: other };
  const sums = sumsOf(shown);
  if (sums.askedMinor !== maximumMinor) {
    return { state: "different", detail: `the payment is for ${sums.askedMinor}, and the sale for ${maximumMinor}` };
  }
  const contradiction = contradictionIn(shown.state, sums);
  if (contradiction !== null) return { state: "unclear", detail: contradiction };
  switch (shown.state) {
    case "CREATED":
      return { state: "open" };
    case "ABORTED":
    case "TERMINATED":
      return { state: "ended", how: "canceled" };
    case "EXPIRED":
      return { state: "ended", how: "expired" };
    case "AUTHORIZED":
      return authorisedTruth(shown, sums);
  }
}

function authorisedTruth({ captureGuaranteedUntil, reference, pspReference }: Payment, sums: Sums): Truth {
  const restMinor = stillHeldMinor(sums);
  if (sums.capturedMinor === 0) {
    if (restMinor === 0) return { state: "ended", how: "canceled" };
    if (sums.cancelledMinor > 0)
      return { state: "unclear", detail: `${sums.cancelledMinor} cancelled, nothing captured` };
    const untilMs = Date.parse(captureGuaranteedUntil ?? "");
    const holdUntilMs = Number.isFinite(untilMs) ? untilMs : null;
    return { state: "held", authorisedMinor: sums.authorisedMinor, holdUntilMs };
  }
  return {
    state: "captured",
    capturedMinor: sums.capturedMinor,
    receipt: { paymentReference: reference, paidAt: null, details: { pspReference } },
    ...(restMinor === 0 ? {} : { stillHeldMinor: restMinor }),
  };
}

/** Sums that break the service's own rules. A payment that was cancelled before it was approved shows all as cancelled. */
function contradictionIn(state: Payment["state"], sums: Sums): string | null {
  const { askedMinor, authorisedMinor, cancelledMinor, capturedMinor, refundedMinor } = sums;
  const shown = `${state} with authorised ${authorisedMinor}, cancelled ${cancelledMinor}, captured ${capturedMinor}, refunded ${refundedMinor}`;
  if (state !== "AUTHORIZED") {
    const isUntouched = authorisedMinor === 0 && capturedMinor === 0 && refundedMinor === 0;
    return isUntouched && (state !== "CREATED" || cancelledMinor === 0) ? null : shown;
  }
  const isInRules =
    authorisedMinor > 0 &&
    authorisedMinor <= askedMinor &&
    capturedMinor + cancelledMinor <= authorisedMinor &&
    refundedMinor <= capturedMinor;
  return isInRules ? null : shown;
}
