export interface RefundTerms {
  readonly position: string;
  /** Of the payment that is given back. */
  readonly paymentReference: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** The payment service that was paid at; left out where the sale names none. */
  readonly provider?: string;
}

/** Everything that can happen to a refund; `asked` is on disk before anything is sent. */
export type RefundEvent = {
  readonly refundId: string;
  readonly saleId: string;
  readonly atMs: number;
} /** Who asked and why, where that is known. */ & (
  | ({ readonly type: "asked"; readonly by?: string; readonly reason?: string } & RefundTerms)
  /** `byHand`: a person said so, not the service. */
  | ({ readonly type: "made"; readonly reference: string | null; readonly byHand?: true } & RefundTerms)
  | { readonly type: "refused"; readonly detail: string }
  /** No clear answer within the written bound: it may or may not have been made. */
  | { readonly type: "unclear"; readonly detail: string }
  /** It was made, and the customer's bank sent the money back later: the merchant has it again. */
  | ({ readonly type: "returned"; readonly detail: string } & RefundTerms)
);

export interface Refund {
  readonly refundId: string;
  readonly amountMinor: number;
  readonly state: "open" | "made" | "refused" | "returned";
  readonly reference: string | null;
  /** A person said that it was made, not the service. */
  readonly byHand?: true;
}

/**
 * The refunds of one sale, in the order in which they were asked for. Money that went back stays so: `made` stands
 * whatever else is noted, before or after it; but that the bank has sent it back.
 */
export function refundsOf(events: readonly RefundEvent[]): readonly Refund[] {
  const refunds = new Map<string, Refund>();
  for (const event of events) {
    const { refundId } = event;
    const known = refunds.get(refundId);
    if (event.type === "asked" && known === undefined) {
      refunds.set(refundId, { refundId, amountMinor: event.amountMinor, state: "open", reference: null });
    } else if (event.type === "made" && known?.state !== "made" && known?.state !== "returned") {
      const { reference, byHand } = event;
      const amountMinor = known?.amountMinor ?? event.amountMinor;
      const made = { refundId, amountMinor, state: "made", reference } as const;
      refunds.set(refundId, byHand === true ? { ...made, byHand } : made);
    } else if (event.type === "refused" && known?.state === "open") {
      refunds.set(refundId, { ...known, state: "refused" });
    } else if (event.type === "returned" && known?.state === "made") {
      refunds.set(refundId, { ...known, state: "returned" });
    }
  }
  return [...refunds.values()];
}

/** Money that went back for certain; with a minus what a bank sent back of it. */
export interface MadeRefund {
  readonly refundId: string;
  readonly saleId: string;
  /** When it was learned first. */
  readonly atMs: number;
  readonly amountMinor: number;
  /** What of the same sale had gone back before. */
  readonly beforeMinor: number;
  readonly reference: string | null;
}

/** The refunds of one sale that were made, and those that came back, in the order in which that was learned. */
export function refundsMade(events: readonly RefundEvent[]): readonly MadeRefund[] {
  const amounts = new Map(refundsOf(events).map(({ refundId, amountMinor }) => [refundId, amountMinor]));
  const found: MadeRefund[] = [];
  for (const event of events) {
    if (event.type !== "made" && event.type !== "returned") continue;
    const { refundId, saleId, atMs, type } = event;
    const told = found.filter((each) => each.refundId === refundId);
    // Each once, and nothing comes back that was not made.
    if (told.length !== (type === "made" ? 0 : 1)) continue;
    const beforeMinor = found.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const wholeMinor = amounts.get(refundId) ?? event.amountMinor;
    const amountMinor = type === "made" ? wholeMinor : -wholeMinor;
    const reference = event.type === "made" ? event.reference : (told[0]?.reference ?? null);
    found.push({ refundId, saleId, atMs, amountMinor, beforeMinor, reference });
  }
  return found;
}

/** What has been given back for certain. */
export function refundedMinor(refunds: readonly Refund[]): number {
  return refunds.reduce((sum, { state, amountMinor }) => (state === "made" ? sum + amountMinor : sum), 0);
}

/** What can still be given back; a refund without a clear answer counts as made. */
export function refundableMinor(chargedMinor: number, refunds: readonly Refund[]): number {
  const leftMinor = refunds.reduce(
    (left, { state, amountMinor }) => (state === "refused" || state === "returned" ? left : left - amountMinor),
    chargedMinor,
  );
  return Math.max(0, leftMinor);
}

/**
 * Whether sending a refund once more cannot give the money back twice where the service knows no key for refunds: it
 * gives back no more than was paid: when a second one would exceed that, it refuses it if the first was made.
 * Refunds that only a person says were made do not count: a person may have been wrong.
 */
export function mayRepeat(chargedMinor: number, refunds: readonly Refund[], refund: Refund): boolean {
  const confirmedMinor = refundedMinor(refunds.filter(({ byHand }) => byHand !== true));
  return confirmedMinor + 2 * refund.amountMinor > chargedMinor;
}
