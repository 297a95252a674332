import {
  mayRepeat,
  type Refund,
  type RefundEvent,
  type RefundTerms,
  refundableMinor,
  refundsOf,
} from "../core/refund.ts";
import type { SaleRecord } from "../core/sale/record.ts";
import type { PaymentBooks } from "../ports/books.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import { POLICY } from "./policy.ts";
import { wait } from "./wait.ts";

export interface RefundDeps {
  readonly journal: Pick<Journal, "notes" | "note">;
  readonly books: Pick<PaymentBooks, "refund">;
  readonly clock: Clock;
  newRefundId(): string;
}

/** A paid sale with its charge in minor units. */
export interface PaidSale {
  readonly record: SaleRecord;
  readonly paymentReference: string;
  readonly chargedMinor: number;
}

export type RefundOutcome =
  | {
      readonly kind: "made";
      readonly refundId: string;
      readonly amountMinor: number;
      readonly reference: string | null;
    }
  | { readonly kind: "refused"; readonly detail: string }
  /** It may have been made; repeating it could give the money back twice. */
  | { readonly kind: "unclear"; readonly refundId: string; readonly amountMinor: number; readonly detail: string };

/**
 * Gives money back out of a paid sale: the whole rest, or an amount. A refund that is still without a clear answer
 * comes first, and is repeated only where the service itself would refuse a second one.
 */
export async function refund(deps: RefundDeps, sale: PaidSale, amountMinor: number | null): Promise<RefundOutcome> {
  const open = refundsOf(await deps.journal.notes("refunds", sale.record.saleId)).find(({ state }) => state === "open");
  if (open !== undefined) {
    const asked = amountMinor === null || amountMinor === open.amountMinor;
    if (!asked) return unclear(open, "an earlier refund of another amount has no clear answer yet");
    return await send(deps, sale, open, true);
  }
  let refusal = "";
  const asked = await deps.journal.note("refunds", sale.record.saleId, (events) => {
    const leftMinor = refundableMinor(sale.chargedMinor, refundsOf(events));
    const wantedMinor = amountMinor ?? leftMinor;
    if (refundsOf(events).some(({ state }) => state === "open")) refusal = "another refund of this sale is under way";
    else if (wantedMinor <= 0 || wantedMinor > leftMinor) refusal = "more than what is left of the payment";
    if (refusal !== "") return null;
    const identity = { refundId: deps.newRefundId(), saleId: sale.record.saleId, atMs: deps.clock.wallMs() };
    return { type: "asked", ...identity, ...termsOf(sale, wantedMinor) };
  });
  if (asked === null || asked.type !== "asked") return { kind: "refused", detail: refusal };
  return await send(deps, sale, { ...asked, state: "open", reference: null }, false);
}

/** What a person found out about a refund without a clear answer. */
export async function settleRefund(
  deps: Pick<RefundDeps, "journal" | "clock">,
  sale: PaidSale,
  made: boolean,
): Promise<Refund | null> {
  const open = refundsOf(await deps.journal.notes("refunds", sale.record.saleId)).find(({ state }) => state === "open");
  if (open === undefined) return null;
  await tell(
    deps,
    sale,
    open,
    made ? { type: "made", reference: null } : { type: "refused", detail: "settled by hand" },
  );
  return open;
}

async function send(deps: RefundDeps, sale: PaidSale, refund: Refund, again: boolean): Promise<RefundOutcome> {
  const { record, paymentReference, chargedMinor } = sale;
  const others = refundsOf(await deps.journal.notes("refunds", record.saleId));
  const repeatable = mayRepeat(chargedMinor, others, refund);
  if (again && !repeatable) return unclear(refund, "sending it again could give the money back twice");
  let detail = "";
  for (let attempt = 0; attempt === 0 || (repeatable && attempt <= POLICY.refundRetriesMs.length); attempt++) {
    if (attempt > 0) await wait(deps.clock, POLICY.refundRetriesMs[attempt - 1] ?? 0);
    const { refundId, amountMinor } = refund;
    const { position, product: productName, saleId, currency } = record;
    const answer = await deps.books.refund({
      refundId,
      saleId,
      position,
      paymentReference,
      productName,
      amountMinor,
      currency,
    });
    if (answer.kind === "unknown") {
      detail = answer.detail;
      continue;
    }
    if (answer.kind === "declined") return await refuse(deps, sale, refund, answer.detail);
    if (answer.value.kind === "made") return await conclude(deps, sale, refund, answer.value.reference);
    // Too much only because this very refund was made by a call whose answer was lost.
    if (again || attempt > 0) return await conclude(deps, sale, refund, null);
    return await refuse(deps, sale, refund, answer.value.detail);
  }
  await tell(deps, sale, refund, { type: "unclear", detail });
  return unclear(refund, detail);
}

async function conclude(
  deps: RefundDeps,
  sale: PaidSale,
  refund: Refund,
  reference: string | null,
): Promise<RefundOutcome> {
  await tell(deps, sale, refund, { type: "made", reference });
  return { kind: "made", refundId: refund.refundId, amountMinor: refund.amountMinor, reference };
}

async function refuse(deps: RefundDeps, sale: PaidSale, refund: Refund, detail: string): Promise<RefundOutcome> {
  await tell(deps, sale, refund, { type: "refused", detail });
  return { kind: "refused", detail };
}

type RefundNews =
  | { readonly type: "made"; readonly reference: string | null }
  | { readonly type: "refused" | "unclear"; readonly detail: string };

async function tell(
  { journal, clock }: Pick<RefundDeps, "journal" | "clock">,
  sale: PaidSale,
  { refundId, amountMinor }: Refund,
  news: RefundNews,
): Promise<void> {
  const { saleId } = sale.record;
  const identity = { refundId, saleId, atMs: clock.wallMs() };
  const event: RefundEvent =
    news.type === "made" ? { ...identity, ...termsOf(sale, amountMinor), ...news } : { ...identity, ...news };
  await journal.note("refunds", saleId, () => event);
}

function termsOf({ record, paymentReference }: PaidSale, amountMinor: number): RefundTerms {
  return { position: record.position, paymentReference, amountMinor, currency: record.currency };
}

function unclear({ refundId, amountMinor }: Refund, detail: string): RefundOutcome {
  return { kind: "unclear", refundId, amountMinor, detail };
}
