import type { MoneyRules } from "../core/money-rules.ts";
import type { Operation } from "../core/sale/event.ts";
import type { Truth } from "../core/sale/resolve.ts";
import type { Delivery, Frozen, Sale } from "../core/sale/state.ts";
import type { Outcome } from "./outcome.ts";

/**
 * A payment service that reserves a maximum and later takes what was really used.
 *
 * What must hold: every call ends within the provider's own time-out; a call repeated with the same attempt has
 * no second effect, and "already done" is `done`; nothing throws. The keys of all calls are made of the sale's id and
 * the attempt, both in the journal before they are sent, and so is all else that a call sends: a repetition is the same
 * to the last byte. A service may have forgotten a key, or take twice under two: before a capture with a number above
 * one the provider asks what was taken already. A call may be several requests: before each of them that changes
 * something at the service, the first one too, the provider asks `mayGoOn`, and ends the call as unknown when it may not.
 *
 * What the service says is held against the sale. What it leaves out has its default: it holds what was asked for, and
 * took what was due. What nobody understands is `unclear`. What is of another bill, terminal, sale or currency is
 * `different`; and it never holds more than it shows.
 */
export interface PaymentProvider {
  readonly traits: ProviderTraits;
  /** What amounts it takes in a currency: always the same. Null where it does nothing in it. */
  rulesFor(currency: string): MoneyRules | null;
  /**
   * What of its configuration goes into the calls of a sale that begins now at a position: it is kept in the sale's terms
   * (`frozen`), and from there it is sent. At most 16 pairs of 500 characters. Absent where nothing of it does, or where
   * a call that is repeated need not be the same.
   */
  freeze?(position: string): Frozen;
  /** Publishes the sale's maximum. Repeating it replaces an earlier offer of the same position. */
  offer(sale: Sale, mayGoOn: MayGoOn, attempt: Attempt): Promise<Outcome<PublishedOffer>>;
  /** The service's aggregate of the offer. */
  query(sale: Sale, reference: string): Promise<Outcome<Truth>>;
  /**
   * Takes the delivery's amount out of the reservation. `done` only when the money is seen as taken. The rest is free with
   * it, or the provider tries once to free it; what is held then still is said, not hidden, and freed through the books.
   */
  settle(
    sale: Sale,
    reference: string,
    delivery: Delivery,
    mayGoOn: MayGoOn,
    attempt: Attempt,
  ): Promise<Outcome<Truth>>;
  /**
   * Frees what may be held. Without a reference the offer's answer was lost: whatever may be open for the
   * position is replaced and cancelled, unless `isOurs` says that the replacement's reference is another sale's.
   * `done` carries what the service shows afterwards: an offer that the service only ends in its time is `open` until then,
   * and what a customer confirms meanwhile is freed with the next call.
   */
  release(
    sale: Sale,
    reference: string | null,
    mayGoOn: MayGoOn,
    isOurs: IsOurs,
    attempt: Attempt,
  ): Promise<Outcome<Truth>>;
  /** Whether the service answers this position's terminal now, on the way that a sale's calls take. Changes nothing there. */
  probe(position: string): Promise<Outcome<null>>;
  /** What time it was at the service by its newest answer; null when none has said. Absent where no answer ever does. */
  serviceTime?(): ServiceTime | null;
  close(): Promise<void>;
}

/** What a service is like. Constants of an adapter, and only what the engine needs of them. */
export interface ProviderTraits {
  /** In the terms of its sales, for ever: by it they find their provider again. */
  readonly name: string;
  readonly polls: Polls;
  /**
   * Whether the service keeps its answer to a call under the call's key. After a "no" another one is needed, which is
   * journaled; where it keeps none, nothing is.
   */
  readonly keepsAnswers: boolean;
  /** How long the service lets an offer live, from the call on; absent where an offer lasts until somebody ends it. */
  readonly offerLife?: OfferLife;
}

/** In milliseconds. An offer whose end is told otherwise is not understood: it is not shown. */
interface OfferLife {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/**
 * Which call for a sale it is, made into its key. Of a capture the number rises after a "no", and only when each call
 * with the number before was answered: what is under way may still be carried out, and two keys would do it twice. A
 * `refused` answers all calls with its number: a provider says it only of what the service keeps under the key, so that
 * nothing sent under it is carried out later. A `rejected` that is `kept` does so too; any other answers only itself, and
 * the number rises ever more seldom. Of a release, which may be carried out twice, it rises with each answer that leaves
 * something to free.
 */
export interface Attempt {
  readonly operation: Operation;
  readonly number: number;
}

/** How often the service is asked: some count each question. All times in milliseconds. */
interface Polls {
  /** From the offer to the first question about it. */
  readonly firstMs: number;
  /** Between the questions while the code is on display. */
  readonly everyMs: number;
  /** The same once it is not, and only those who have scanned it may still confirm. */
  readonly hiddenEveryMs: number;
  /** Between two probes while all is well. */
  readonly probeEveryMs: number;
  /** Whether one probe speaks for all positions, because they sell on one account; else each is asked for. */
  readonly probeOfAccount: boolean;
}

/**
 * The provider of a name, as it stands in a sale's terms; of a sale that has none, that of the only one there was. Null
 * when no such one is configured: nothing can be sent for its sales.
 */
export type ProviderOf = (name: string | undefined) => PaymentProvider | null;

export interface ServiceTime {
  readonly atMs: number;
  /** When the answer came, in monotonic time: the service's time goes on from there. */
  readonly heardMs: number;
}

/** False once the sale has gone on without this call: nothing may be changed for it any more. */
export type MayGoOn = () => boolean;

/** Whether a reference that was just given belongs to this sale and to no other. */
export type IsOurs = (reference: string) => Promise<boolean>;

export interface PublishedOffer {
  readonly reference: string;
  readonly qrText: string;
  /** When the service ends it by itself, by its own clock; null where it lasts until somebody ends it. */
  readonly endsAtMs: number | null;
}
