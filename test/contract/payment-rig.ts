import type { PaymentBooks } from "../../src/ports/books.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";

/**
 * What becomes of a request: it does not arrive, or its answer does not, wholly or in part; the service is out of order or
 * has too much to do; or it takes its time, within what is waited for.
 */
export const MISHAPS = ["lost-before", "lost-after", "cut-off", "server-error", "busy", "slow"] as const;
export type Mishap = (typeof MISHAPS)[number];

/** The calls that a mishap may meet, each in the request that does what it is for. */
export type Call = "offer" | "query" | "settle" | "release" | "probe";

/** A provider with the service behind it, and the customer's hand on the phone. What it does not have is null, and told. */
export interface PaymentRig {
  readonly provider: PaymentProvider;
  /** What the configuration calls its plug-in. */
  readonly named: string;
  /** Null where the provider is tried without its books. */
  readonly books: PaymentBooks | null;
  /** False where an offer that nobody pays is only ended by the service itself, in its time. */
  readonly endsOpenOffers: boolean;
  /** A currency in which the service does nothing; null where it does all. */
  readonly foreignCurrency: string | null;
  /** Orders what becomes of the next request of a call. */
  mishap(call: Call | "refund", kind: Mishap): Promise<void>;
  /** Forgets those that have met no request. */
  noFaults(): Promise<void>;
  /** The service forgets all keys of calls; null where it never keeps any. */
  readonly forget: (() => Promise<void>) | null;
  /** Another provider at the same service, with everything in its configuration different that may be. */
  reconfigured(): Promise<PaymentProvider>;
  /** How many of a sale's offers a customer could pay at this moment. */
  payable(saleId: string): Promise<number>;
  /** False where the service keeps what a customer confirmed until its time is over, whoever asks to free it. */
  readonly freesHeldBills: boolean;
  confirm(reference: string): Promise<void>;
  decline(reference: string): Promise<void>;
  /** What the service has taken for the sale, and not given back, in minor units. */
  charged(saleId: string): Promise<number>;
  /** What the service holds for the sale at this moment, in minor units. */
  held(saleId: string): Promise<number>;
  /** Lets time pass at the service. */
  pass(durationMs: number): Promise<void>;
  close(): Promise<void>;
}
