import type { SaleRecord } from "../core/sale/record.ts";
import type { Outcome } from "./outcome.ts";
import type { Attempt } from "./payment.ts";

/** Money given back out of a finished payment. */
export interface RefundRequest {
  /** Unique for ever, in the journal before it is sent. */
  readonly refundId: string;
  readonly saleId: string;
  readonly position: string;
  /** Of the payment: `SaleRecord.reference`. */
  readonly paymentReference: string;
  readonly productName: string;
  readonly amountMinor: number;
  readonly currency: string;
}

/**
 * `exceeds` says that the service refused because no more can be given back than was paid: whether that is
 * because this very refund was made before, the caller knows from what else was refunded.
 */
export type RefundAnswer =
  | { readonly kind: "made"; readonly reference: string | null }
  | { readonly kind: "exceeds"; readonly detail: string };

/** One line of the payment service's own books; a refund has a negative amount. */
export interface BookedPayment {
  readonly paymentReference: string;
  readonly amountMinor: number;
}

/** For a service that still holds the rest of a reservation after it has taken its part. */
export interface Remainders {
  /** Frees what is held beside what was taken. Repeating it changes nothing; `done` says what is held afterwards. */
  freeRest(
    saleId: string,
    position: string,
    reference: string,
    attempt: Attempt,
  ): Promise<Outcome<{ readonly stillHeldMinor: number }>>;
}

export interface Refunds {
  /**
   * `refund-id`: the service knows its refunds by `refundId`, for ever: what is sent once more is given back once, and a
   * lost answer is followed by a repetition. `nothing`: after `unknown` the caller must not just repeat.
   */
  readonly recognises: "refund-id" | "nothing";
  refund(request: RefundRequest): Promise<Outcome<RefundAnswer>>;
  /** What has become of a refund that was made. Absent where a service never takes one back, or nobody can ask. */
  fate?(refund: RefundInQuestion): Promise<Outcome<RefundFate>>;
}

export type RefundInQuestion = Pick<RefundRequest, "refundId" | "paymentReference" | "amountMinor" | "currency">;

/** `returned`: the customer's bank sent the money back, and the merchant has it again. */
export type RefundFate = { readonly kind: "stands" } | { readonly kind: "returned"; readonly detail: string };

export interface Receipts {
  /** Attaches the receipt to the payment. Repeating it changes nothing. */
  submitReceipt(sale: SaleRecord): Promise<Outcome<null>>;
}

/** For a service that lists what it has booked, so that it can be held against the journal. */
export interface Periods {
  /** Ends the running period of a position's books and gives it a name. Repeating it ends another one. */
  markPeriod(position: string): Promise<Outcome<{ readonly periodId: string }>>;
  /** The payments of a marked period; null while the service has not made the report yet. */
  transactions(position: string, periodId: string): Promise<Outcome<readonly BookedPayment[] | null>>;
}

/**
 * What a payment service can do beside a sale, each in a part of its own; what it cannot is null, and is never asked for.
 * As with the provider, nothing throws and every call has a bound.
 */
export interface PaymentBooks {
  readonly refunds: Refunds;
  /** Null where the rest is free with what is taken. */
  readonly remainders: Remainders | null;
  /** Null where no receipt is attached to a payment. */
  readonly receipts: Receipts | null;
  /** Null where there are no books that could be compared: `PaymentLimits.hasPeriods` says so before. */
  readonly periods: Periods | null;
}
