import {
  mayRepeat,
  type Refund,
  type RefundEvent,
  type RefundTerms,
  refundableMinor,
  refundsOf,
} from "../../core/refund.ts";
import { wait } from "../../platform/time/wait.ts";
import type { RefundRequest, Refunds } from "../../ports/books.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import { POLICY } from "../policy.ts";
import type { PaidSale } from "./paid-sale.ts";

export interface RefundDeps {
  readonly journal: Pick<Journal, "notes" | "note">;
  /** By the provider's name in the sale's record; null when none such is configured. */
  serviceOf(provider: string | undefined): Refunds | null;
  readonly clock: Clock;
  /** A name of one's own makes pressing twice harmless: a refund of that name that is known is not made again. */
  newRefundId(): string;
  /** Who gives it back and why, for the journal. */
  readonly asked?: { readonly by: string; readonly reason: string };
  /** The turn to give money back, and the way to hand it on; null while another program that lives has it. */
  takeTurn(): (() => void) | null;
  /** Before an amount is sent that nobody has named; rejects when a person does not agree. */
  agree(amountMinor: number, again: boolean): Promise<void>;
}

export type RefundOutcome =
  /** Another program gives money back right now: nothing was asked for. */
  | { readonly kind: "busy" }
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
 * comes first, and is repeated only where the service itself would refuse a second one. One program at a time: a
 * refund that another one has under way is never joined.
 */
export async function refund(deps: RefundDeps, sale: PaidSale, amountMinor: number | null): Promise<RefundOutcome> {
  const handOn = deps.takeTurn();
  if (handOn === null) return { kind: "busy" };
  try {
    return await give(deps, sale, amountMinor);
  } finally {
    handOn();
  }
}

/** What a person found out about a refund without a clear answer; null when there is none. */
export async function settleRefund(
  deps: Pick<RefundDeps, "journal" | "clock" | "takeTurn">,
  sale: PaidSale,
  made: boolean,
): Promise<Refund | "busy" | null> {
  const handOn = deps.takeTurn();
  if (handOn === null) return "busy";
  try {
    const open = openOf(await refundsIn(deps, sale));
    if (open === null) return null;
    await tell(
      deps,
      sale,
      open,
      made ? { type: "made", reference: null, byHand: true } : { type: "refused", detail: "settled by hand" },
    );
    return open;
  } finally {
    handOn();
  }
}

async function give(deps: RefundDeps, sale: PaidSale, amountMinor: number | null): Promise<RefundOutcome> {
  const before = await refundsIn(deps, sale);
  const wantedId = deps.newRefundId();
  const known = before.find(({ refundId }) => refundId === wantedId);
  if (known !== undefined) return answerOf(known);
  const open = openOf(before);
  const service = deps.serviceOf(sale.record.provider);
  if (service === null) {
    const detail =
      "its payment service is not configured. Put its section below payment.retired, or give the money back there";
    return open === null ? { kind: "refused", detail } : unclear(open, detail);
  }
  if (open !== null) {
    if (amountMinor !== null && amountMinor !== open.amountMinor)
      return unclear(open, "an earlier refund of another amount has no clear answer yet");
    if (!maySendAgain(service, sale, before, open))
      return unclear(open, "sending it again could give the money back twice");
    if (amountMinor === null) await deps.agree(open.amountMinor, true);
    return await send(deps, sale, open, { again: true, repeatable: true });
  }
  const wantedMinor = amountMinor ?? refundableMinor(sale.chargedMinor, before);
  if (amountMinor === null && wantedMinor > 0) await deps.agree(wantedMinor, false);
  let refusal = "";
  const asked = await deps.journal.note("refunds", sale.record.saleId, (events) => {
    const refunds = refundsOf(events);
    const isTooMuch = wantedMinor <= 0 || wantedMinor > refundableMinor(sale.chargedMinor, refunds);
    if (openOf(refunds) !== null) refusal = "another refund of this sale is under way";
    else if (isTooMuch) refusal = "more than what is left of the payment";
    else if (isLong(events)) refusal = "it was tried too often: give the money back at the payment service";
    if (refusal !== "") return null;
    const identity = { refundId: wantedId, saleId: sale.record.saleId, atMs: deps.clock.wallMs() };
    return { type: "asked", ...identity, ...deps.asked, ...termsOf(sale, wantedMinor) };
  });
  if (asked === null || asked.type !== "asked") return { kind: "refused", detail: refusal };
  const fresh: Refund = { ...asked, state: "open", reference: null };
  return await send(deps, sale, fresh, { again: false, repeatable: maySendAgain(service, sale, before, fresh) });
}

/**
 * Only the first call's own no says that nothing was given back. After that only a yes is an answer: a no to a
 * repetition, also that nothing is left to give back, leaves open what became of the call before it, for somebody
 * may have given money back at the service.
 */
async function send(
  deps: RefundDeps,
  sale: PaidSale,
  refund: Refund,
  { again, repeatable }: { readonly again: boolean; readonly repeatable: boolean },
): Promise<RefundOutcome> {
  const request = requestOf(sale, refund);
  const service = deps.serviceOf(sale.record.provider);
  let detail = "";
  for (let attempt = 0; attempt === 0 || (repeatable && attempt <= POLICY.refundRetriesMs.length); attempt++) {
    if (attempt > 0) await wait(deps.clock, POLICY.refundRetriesMs[attempt - 1] ?? 0);
    const isFirst = attempt === 0 && !again;
    if (service === null) break;
    const outcome = await service.refund(request);
    const answer = outcome.kind === "done" ? outcome.value : outcome;
    if (answer.kind === "made")
      return await conclude(deps, sale, refund, { type: "made", reference: answer.reference });
    detail = answer.detail;
    if (isFirst && answer.kind !== "unknown") return await conclude(deps, sale, refund, { type: "refused", detail });
    if (answer.kind === "exceeds") {
      detail = `${detail}; either this refund was made, or money was given back at the service`;
      break;
    }
  }
  return await conclude(deps, sale, refund, { type: "unclear", detail });
}

type RefundNews =
  | { readonly type: "made"; readonly reference: string | null; readonly byHand?: true }
  | { readonly type: "refused" | "unclear"; readonly detail: string };

/** Notes it, and says what the journal then holds: another program may have learned more meanwhile. */
async function conclude(deps: RefundDeps, sale: PaidSale, refund: Refund, news: RefundNews): Promise<RefundOutcome> {
  await tell(deps, sale, refund, news);
  const { refundId, amountMinor } = refund;
  const noted = (await refundsIn(deps, sale)).find((each) => each.refundId === refundId);
  if (noted?.state === "made") return { kind: "made", refundId, amountMinor, reference: noted.reference };
  const detail = "detail" in news ? news.detail : "";
  return noted?.state === "refused" ? { kind: "refused", detail } : unclear(refund, detail);
}

/** A refund that is known to be made stays so, and one that was refused is open no more. */
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
  await journal.note("refunds", saleId, (events) => {
    if (news.type === "unclear" && isLong(events)) return null;
    const state = refundsOf(events).find((each) => each.refundId === refundId)?.state;
    return state === "open" || (state === "refused" && news.type === "made") ? event : null;
  });
}

/** What is on record of a sale's refunds stays so short that all of it is read. */
function isLong({ length }: readonly RefundEvent[]): boolean {
  return length >= POLICY.refundNotesMax;
}

async function refundsIn({ journal }: Pick<RefundDeps, "journal">, sale: PaidSale): Promise<readonly Refund[]> {
  return refundsOf(await journal.notes("refunds", sale.record.saleId));
}

/** Whether no second sending can give the money back twice: the service knows the refund, or has too little left. */
function maySendAgain(service: Refunds, sale: PaidSale, refunds: readonly Refund[], refund: Refund): boolean {
  return service.recognises === "refund-id" || mayRepeat(sale.chargedMinor, refunds, refund);
}

function openOf(refunds: readonly Refund[]): Refund | null {
  return refunds.find(({ state }) => state === "open") ?? null;
}

function requestOf({ record, paymentReference }: PaidSale, { refundId, amountMinor }: Refund): RefundRequest {
  const { position, product: productName, saleId, currency } = record;
  return { refundId, saleId, position, paymentReference, productName, amountMinor, currency };
}

function termsOf({ record, paymentReference }: PaidSale, amountMinor: number): RefundTerms {
  const { position, currency, provider } = record;
  return { position, paymentReference, amountMinor, currency, ...(provider === undefined ? {} : { provider }) };
}

/** What is known of a refund that was asked for before. */
function answerOf(known: Refund): RefundOutcome {
  const { refundId, amountMinor, reference, state } = known;
  if (state === "made") return { kind: "made", refundId, amountMinor, reference };
  return state === "refused"
    ? { kind: "refused", detail: "it was refused before: ask for a new one" }
    : unclear(known, "it was asked for before, and has no clear answer");
}

function unclear({ refundId, amountMinor }: Refund, detail: string): RefundOutcome {
  return { kind: "unclear", refundId, amountMinor, detail };
}
