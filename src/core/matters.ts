import type { PersonCode } from "./faults.ts";
import { formatAmount, parseAmount } from "./money.ts";
import type { RefundEvent } from "./refund.ts";
import type { RemainderEvent } from "./remainder.ts";
import type { SaleRecord } from "./sale/record.ts";
import { HANDED_OVER, type HandedOver, type Sale } from "./sale/state.ts";
import { timeOfIso } from "./time.ts";
import type { Unaccounted } from "./unaccounted.ts";

/** Differences in the books have a life of their own: see `reconcile.ts`. */
export type MatterCode = Exclude<PersonCode, "books-differ">;

/** What a person has to look at. It stays open until somebody says that they have. */
export interface Matter {
  /** Made of what it is about, so that finding it a second time gives the same id. */
  readonly matterId: string;
  readonly code: MatterCode;
  /** Null when it is about the whole kiosk. */
  readonly position: string | null;
  /** Null when it is about no sale. */
  readonly saleId: string | null;
  readonly atMs: number;
  readonly detail: string;
}

export type MatterEvent =
  | ({ readonly type: "arose" } & Matter)
  | {
      readonly type: "acknowledged";
      readonly matterId: string;
      readonly atMs: number;
      readonly by: string;
      readonly note: string;
    }
  /** It needs nobody any more: a refund that had no answer got one. */
  | { readonly type: "over"; readonly matterId: string; readonly atMs: number };

/** Whether the events of one matter leave it open. */
export function isMatterOpen(events: readonly MatterEvent[]): boolean {
  return events.at(-1)?.type === "arose";
}

/** What can be learned of a payment after the hand-over that the person who has the sale was not told. */
const LEARNED_LATE: readonly (string | null)[] = ["reservation-lost", "captured-unasked", "captured-differs"];

/**
 * What a closed sale leaves for a person. A later record of the same sale that says less takes nothing back; one that
 * says that money was taken, or is lost, is for a person who may have put the sale aside before anybody knew.
 */
export function mattersOfSale(record: SaleRecord): readonly Matter[] {
  const { saleId, position, outcome, reason, meterCertain, currency, closedAt, amends } = record;
  const about = { position, saleId, atMs: timeOfIso(closedAt) };
  const matters: Matter[] = [];
  if (outcome === "needs-attention") {
    const detail = `sale ${saleId}: ${unresolvedText(record)}`;
    const news = amends === true && LEARNED_LATE.includes(reason) ? ` ${reason}` : "";
    matters.push({ matterId: `unresolved ${saleId}${news}`, code: "needs-attention", ...about, detail });
  }
  if (!meterCertain) {
    const detail = `sale ${saleId}: the meter was not believed`;
    matters.push({ matterId: `meter ${saleId}`, code: "needs-attention", ...about, detail });
  }
  const overrun = overrunOf(record);
  if (overrun !== null) {
    const detail = `sale ${saleId}: ${overrun} ${currency}`;
    matters.push({ matterId: `loss ${saleId}`, code: "overrun", ...about, detail });
  }
  return matters;
}

/** What was dispensed beyond the reservation; null when nothing was. What a service does not take is nobody's fault. */
function overrunOf({ loss, waived, currency }: SaleRecord): string | null {
  if (waived === undefined) return Number(loss) > 0 ? loss : null;
  const overMinor = (parseAmount(loss, currency) ?? 0) - (parseAmount(waived, currency) ?? 0);
  return overMinor > 0 ? formatAmount(overMinor, currency) : null;
}

/** So many are called by their names. */
const NAMED_MAX = 10;

const SETTLE_IT = "settle or release it at the payment service";

/** What a person has to know and do about a sale that the daemon could not go on with. */
const HAND_OVER: Readonly<Record<HandedOver, (position: string) => string>> = {
  "position-gone": (position) => `its position "${position}" is retired: ${SETTLE_IT}`,
  "provider-gone": () => `its payment service is neither payment.provider nor in payment.retired: ${SETTLE_IT}`,
  "terminal-changed": () => `its position has another terminal now, which does not reach it: ${SETTLE_IT}`,
  "meter-changed": () => `its position has another meter now: read the one it was delivered by, then ${SETTLE_IT}`,
  "journal-accepted": () =>
    `it was open in a journal that lost a part and was accepted: see what has become of it, then ${SETTLE_IT}`,
};

function unresolvedText({ position, reason }: SaleRecord): string {
  const handedOver = HANDED_OVER.find((each) => each === reason);
  return handedOver === undefined ? (reason ?? "not resolved") : HAND_OVER[handedOver](position);
}

/** A delivery whose figures contradict each other, or of which its dispenser never said how it ended. */
export function disputedMatter({ id: saleId, position }: Sale, atMs: number, said: string): Matter {
  const detail = `sale ${saleId}: ${said}: find out what came out, then ${SETTLE_IT} before its reservation ends`;
  return { matterId: `unresolved ${saleId}`, code: "needs-attention", position, saleId, atMs, detail };
}

/** A sale whose beginning is not in the journal any more: nothing can be told of it, and nothing done for it. */
export function beheadedMatter(position: string, saleId: string, atMs: number): Matter {
  const detail = `sale ${saleId}: its beginning is gone from the journal: ${SETTLE_IT}`;
  return { matterId: `unresolved ${saleId}`, code: "needs-attention", position, saleId, atMs, detail };
}

/** What was in a stream of the journal that is gone, to be compared with what others have. */
const COMPARE: Readonly<Record<string, string>> = {
  event: "its sales, one of which may be reserved or paid, with the payment service's list",
  sale: "its records with the broker's",
  refunds: "its refunds with the payment service's list",
  orders: "blocks and prices with what was ordered",
};

/** Whether what is gone from a stream of the journal is for a person. */
export function isStreamOfLoss(stream: string): boolean {
  return Object.hasOwn(COMPARE, stream);
}

/**
 * A journal that somebody accepted without a part of it.
 * @param gone numbers of which nothing is there any more
 * @param isEndUnknown whether more may be gone than can be told
 */
export function journalMatter(
  gone: readonly { readonly stream: string; readonly text: string }[],
  isEndUnknown: boolean,
  atMs: number,
): Matter {
  const named = gone.slice(0, NAMED_MAX).map(({ text }) => text);
  const more = gone.length > NAMED_MAX ? [`and ${gone.length - NAMED_MAX} more`] : [];
  const lost = gone.length === 0 ? [] : [`${[...named, ...more].join(", ")} gone from it`];
  const unknown = isEndUnknown ? ["nobody can tell what was at its end"] : [];
  const streams = Object.entries(COMPARE).filter(
    ([name]) => isEndUnknown || gone.some(({ stream }) => stream === name),
  );
  const compare = streams.map(([, what]) => what).join("; ");
  const detail = `the journal was accepted, ${[...lost, ...unknown].join(", ")}: compare ${compare}`;
  return {
    matterId: `journal accepted ${atMs}`,
    ...{ code: "needs-attention", position: null, saleId: null, atMs, detail },
  };
}

/** A meter that went backwards in the middle of a sale. Under the name that its position had when the sale began. */
export function backwardsMatter({ id: saleId, position }: Sale, atMs: number): Matter {
  const detail = `sale ${saleId}: its meter went backwards`;
  return { matterId: `backwards ${saleId}`, code: "needs-attention", position, saleId, atMs, detail };
}

/** A register that stands below where a delivery began: it was exchanged, or has lost what it knew. */
export function belowMatter({ id: saleId, position }: Sale, atMs: number, [read, start]: readonly string[]): Matter {
  const detail = `sale ${saleId}: the meter stands at ${read}, below ${start} where the delivery began: another one, or begun anew`;
  return { matterId: `below ${saleId}`, code: "needs-attention", position, saleId, atMs, detail };
}

/** @param seq its number among what no sale pays for */
export function matterOfUnaccounted(seq: number, { position, at, quantity, unit, detail: seen }: Unaccounted): Matter {
  const detail = quantity === null ? seen : `${quantity} ${unit}: ${seen}`;
  return { matterId: `unaccounted ${seq}`, code: "unaccounted", position, saleId: null, atMs: timeOfIso(at), detail };
}

/** A refund that was asked for waits for an answer. After a crash nobody knows whether it was sent at all. */
export function matterOfRefund(event: Extract<RefundEvent, { type: "asked" }>): Matter {
  const { refundId, saleId, position, atMs } = event;
  const detail = `sale ${saleId}: refund ${refundId} has no answer`;
  return { matterId: refundMatterId(refundId), code: "refund-unclear", position, saleId, atMs, detail };
}

/** The customer has not got their money: how they get it is for a person to find. */
export function matterOfReturned({
  refundId,
  saleId,
  position,
  amountMinor,
  currency,
  atMs,
  detail,
}: Extract<RefundEvent, { type: "returned" }>): Matter {
  return {
    matterId: `refund ${refundId} returned`,
    code: "refund-returned",
    ...{ position, saleId, atMs },
    detail: `sale ${saleId}: refund ${refundId} of ${formatAmount(amountMinor, currency)} ${currency} came back: ${detail}`,
  };
}

export function refundMatterId(refundId: string): string {
  return `refund ${refundId}`;
}

export function matterOfRemainder({
  type,
  saleId,
  position,
  atMs,
  detail,
}: Extract<RemainderEvent, { type: "delayed" | "handed-over" }>): Matter {
  return {
    matterId: type === "delayed" ? delayedRestId(saleId) : `rest ${saleId}`,
    code: "rest-still-held",
    position,
    saleId,
    atMs,
    detail: `sale ${saleId}: ${detail}`,
  };
}

/** While the daemon still tries: over once it is free, or a person's alone. */
export function delayedRestId(saleId: string): string {
  return `rest ${saleId} delayed`;
}

/** Which matters somebody says that they have looked at. */
export interface Looked {
  readonly code: PersonCode;
  /** Null: wherever they are. */
  readonly position: string | null;
  /** Null: the only one there is. `all`: all of them. */
  readonly saleId: string | null;
}

/**
 * The matters that are meant, or why none is. Where several sales wait, each must be named: a person who looked at one
 * has not seen the one that came in meanwhile.
 */
export function mattersMeant<M extends Pick<Matter, "code" | "position" | "saleId">>(
  open: readonly M[],
  { code, position, saleId }: Looked,
): { readonly matters: readonly M[] } | { readonly problem: string } {
  const there = open.filter((each) => each.code === code && (position === null || each.position === position));
  const where = position === null ? "" : ` at position ${position}`;
  if (there.length === 0) return { problem: `nothing of the kind ${code} is open${where}` };
  if (saleId === "all") return { matters: there };
  if (saleId !== null) {
    const matters = there.filter((each) => each.saleId === saleId);
    return matters.length > 0 ? { matters } : { problem: `no ${code} is open for a sale "${saleId}"${where}` };
  }
  const sales = [...new Set(there.map((each) => each.saleId).filter((id) => id !== null))];
  if (sales.length <= 1) return { matters: there };
  const named = sales.slice(-NAMED_MAX).join(", ");
  const more = sales.length > NAMED_MAX ? `, and ${sales.length - NAMED_MAX} earlier ones` : "";
  return { problem: `${sales.length} sales are open${where}, so say which one, or "all": ${named}${more}` };
}

/** The text of a fault that stands for several matters: the newest, and how many there are. */
export function mattersText(details: readonly string[]): string {
  const newest = details.slice(-NAMED_MAX).join("; ");
  return details.length > NAMED_MAX ? `${details.length} are open, the newest: ${newest}` : newest;
}
