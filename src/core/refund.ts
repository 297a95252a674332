export interface RefundTerms {
  readonly position: string;
  /** Of the payment that is given back. */
  readonly paymentReference: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/** Everything that can happen to a refund; `asked` is on disk before anything is sent. */
export type RefundEvent = {
  readonly refundId: string;
  readonly saleId: string;
  readonly atMs: number;
} & (
  | ({ readonly type: "asked" } & RefundTerms)
  | ({ readonly type: "made"; readonly reference: string | null } & RefundTerms)
  | { readonly type: "refused"; readonly detail: string }
  /** No clear answer within the written bound: it may or may not have been made. */
  | { readonly type: "unclear"; readonly detail: string }
);

export interface Refund {
  readonly refundId: string;
  readonly amountMinor: number;
  readonly state: "open" | "made" | "refused";
  readonly reference: string | null;
}

/** The refunds of one sale, in the order in which they were asked for. */
export function refundsOf(events: readonly RefundEvent[]): readonly Refund[] {
  const refunds = new Map<string, Refund>();
  for (const event of events) {
    const known = refunds.get(event.refundId);
    if (event.type === "asked" && known === undefined) {
      const { refundId, amountMinor } = event;
      refunds.set(refundId, { refundId, amountMinor, state: "open", reference: null });
    } else if (known?.state === "open" && event.type === "made") {
      refunds.set(event.refundId, { ...known, state: "made", reference: event.reference });
    } else if (known?.state === "open" && event.type === "refused") {
      refunds.set(event.refundId, { ...known, state: "refused" });
    }
  }
  return [...refunds.values()];
}

/** What can still be given back; a refund without a clear answer counts as made. */
export function refundableMinor(chargedMinor: number, refunds: readonly Refund[]): number {
  return refunds.reduce(
    (left, { state, amountMinor }) => (state === "refused" ? left : left - amountMinor),
    chargedMinor,
  );
}

/**
 * Whether sending a refund once more cannot give the money back twice. The service knows no key for refunds, but
 * gives back no more than was paid: when a second one would exceed that, it refuses it if the first was made.
 */
export function mayRepeat(chargedMinor: number, refunds: readonly Refund[], refund: Refund): boolean {
  const madeMinor = refunds.reduce((sum, { state, amountMinor }) => (state === "made" ? sum + amountMinor : sum), 0);
  return madeMinor + 2 * refund.amountMinor > chargedMinor;
}
