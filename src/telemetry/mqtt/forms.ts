import type { ReconciliationEvent } from "../../core/reconcile.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import type { Entry, OutboxStream, Readers } from "../../ports/journal.ts";
import type { Session } from "../broker-session.ts";

type Compared = Extract<ReconciliationEvent, { type: "compared" }>;

/** How many of each list a shortened comparison names. */
const LISTED_MAX = [100, 10, 0];

/**
 * A record as the broker takes it: whole, or in the first shorter form that fits it. When none fits, or there is none,
 * it is whole: then it is kept, and what is refused is told.
 */
export function recordFor(
  session: Pick<Session, "fits">,
  topic: string,
  stream: OutboxStream,
  { seq, body }: Entry<Readers[OutboxStream]>,
): { readonly text: string; readonly isShortened: boolean } {
  const text = JSON.stringify({ seq, ...body });
  if (session.fits(topic, text)) return { text, isShortened: false };
  for (const shorter of shorterForms(stream, body)) {
    const short = JSON.stringify({ seq, ...shorter, shortened: true });
    if (session.fits(topic, short)) return { text: short, isShortened: true };
  }
  return { text, isShortened: false };
}

/** Each has less than the one before it. What an amount or a quantity depends on is in all of them. */
function shorterForms(stream: OutboxStream, body: Readers[OutboxStream]): readonly object[] {
  if (isSale(stream, body)) {
    const { receipt } = body;
    if (receipt === null) return [];
    return [
      { ...body, receipt: { ...receipt, details: {} } },
      { ...body, receipt: null },
    ];
  }
  return isComparison(stream, body) ? LISTED_MAX.map((listed) => abridged(body, listed)) : [];
}

function abridged(body: Compared, listed: number): Compared {
  const { missingThere, missingHere, differing, carried } = body;
  const left = [missingThere, missingHere, differing].map((list) => Math.max(0, list.length - listed));
  return {
    ...body,
    missingThere: missingThere.slice(0, listed),
    missingHere: missingHere.slice(0, listed),
    differing: differing.slice(0, listed),
    carried: carried.slice(0, listed),
    beyond: left.reduce((sum, count) => sum + count, body.beyond ?? 0),
  };
}

/** The stream tells the records of one kind from those of another. */
function isSale(stream: OutboxStream, _body: Readers[OutboxStream]): _body is SaleRecord {
  return stream === "sales";
}

function isComparison(stream: OutboxStream, body: Readers[OutboxStream]): body is Compared {
  return stream === "reconciliations" && "type" in body && body.type === "compared";
}
