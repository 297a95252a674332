import type { Truth } from "../core/sale/resolve.ts";
import type { Delivery, Sale } from "../core/sale/state.ts";
import type { Outcome } from "./outcome.ts";

/**
 * A payment service that reserves a maximum and later takes what was really used.
 *
 * What must hold: every call ends within the provider's own time-out; a call repeated for the same sale has
 * no second effect, and "already done" is `done`; nothing throws. The sale's id is the key of all its calls,
 * in the journal before the first of them is sent. A call may be several requests: before each of them that changes
 * something at the service, the first one too, the provider asks `mayGoOn`, and ends the call as unknown when it may not.
 *
 * What the service says is held against the sale. What it leaves out has its default: it holds what was asked for, and
 * took what was due. What nobody understands is `unclear`. What is of another bill, terminal, sale or currency is
 * `different`; and it never holds more than it shows.
 */
export interface PaymentProvider {
  readonly traits: ProviderTraits;
  /** Publishes the sale's maximum. Repeating it replaces an earlier offer of the same position. */
  offer(sale: Sale, mayGoOn: MayGoOn): Promise<Outcome<PublishedOffer>>;
  /** The service's aggregate of the offer. */
  query(sale: Sale, reference: string): Promise<Outcome<Truth>>;
  /** Takes the delivery's amount out of the reservation; the rest is free with it. `done` only when the money is seen as taken. */
  settle(sale: Sale, reference: string, delivery: Delivery, mayGoOn: MayGoOn): Promise<Outcome<Truth>>;
  /**
   * Frees what may be held. Without a reference the offer's answer was lost: whatever may be open for the
   * position is replaced and cancelled, unless `isOurs` says that the replacement's reference is another sale's.
   * `done` carries what the service shows afterwards: an offer that the service only ends in its time is `open` until then,
   * and what a customer confirms meanwhile is freed with the next call.
   */
  release(sale: Sale, reference: string | null, mayGoOn: MayGoOn, isOurs: IsOurs): Promise<Outcome<Truth>>;
  /** Whether the service answers this position's terminal now, on the way that a sale's calls take. Changes nothing there. */
  probe(position: string): Promise<Outcome<null>>;
  /** What time it was at the service by its newest answer; null when none has said. Absent where no answer ever does. */
  serviceTime?(): ServiceTime | null;
  close(): Promise<void>;
}

/** What a service is like. Constants of an adapter, and only what the engine needs of them. */
export interface ProviderTraits {
  readonly polls: Polls;
}

/** How often the service is asked: some count each question. All times in milliseconds. */
interface Polls {
  /** From the offer to the first question about it. */
  readonly firstMs: number;
  /** Between the questions while the code is on display. */
  readonly everyMs: number;
  /** The same once it is not, and only those who have scanned it may still confirm. */
  readonly hiddenEveryMs: number;
  /** Between two probes of a position while all is well. */
  readonly probeEveryMs: number;
}

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
