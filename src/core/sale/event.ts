import type { HandedOver, Reason, Receipt, StopReason, Terms } from "./state.ts";

/** What a refusal means to the customer, where it means something to them. */
export type CustomerHint = "declined" | "try-again" | "unavailable";

/** What a service is asked to do for a sale; the calls for each are counted for themselves. */
export type Operation = "offer" | "capture" | "free";

interface Observed {
  readonly saleId: string;
  /** Wall clock in milliseconds since 1970, when it was observed. */
  readonly atMs: number;
}

/** Everything that can happen to a sale. Each is in the journal before anything follows from it. */
export type SaleEvent = Observed &
  (
    | { readonly type: "selected"; readonly position: string; readonly terms: Terms }
    | {
        readonly type: "offer-made";
        readonly reference: string;
        readonly qrText: string;
        /** When the service ends it by itself. Absent where it does not, and in older journals. */
        readonly endsAtMs?: number;
        /** Which service calls it so, as in the terms. Absent in older journals. */
        readonly service?: string;
      }
    /** The customer asked for more time to scan the code. */
    | { readonly type: "extended" }
    /** The service said no: nothing is open there. */
    | {
        readonly type: "offer-refused";
        readonly detail: string;
        readonly customer?: CustomerHint;
        /** It does none for this amount. Absent where it did not say so. */
        readonly reason?: "amount";
      }
    /** No answer within the written bound: something may be open there. */
    | { readonly type: "offer-unanswered" }
    /** `holdUntilMs` is null when the service does not say until when it guarantees a commit. */
    | { readonly type: "reserved"; readonly authorisedMinor: number; readonly holdUntilMs: number | null }
    | { readonly type: "payment-ended"; readonly how: "canceled" | "failed" | "expired" }
    /** Given up before anything was dispensed. */
    | { readonly type: "abandoned"; readonly reason: Extract<Reason, "customer" | "operator" | "fault"> }
    | { readonly type: "meter-started"; readonly totaliserBase: number }
    | { readonly type: "metered"; readonly totaliserBase: number }
    | { readonly type: "dispenser-failed"; readonly detail: string }
    | { readonly type: "stop-requested"; readonly reason: Exclude<StopReason, "deadline" | "restart"> }
    /** Null when the meter could not be read within the written bound: its last journaled value counts. */
    | { readonly type: "delivered"; readonly totaliserBase: number | null }
    /**
     * The service shows the money as taken; null when it does not say how much. This and `released` may come after
     * the sale was handed to a person, and between the events of the position's next sale.
     */
    | {
        readonly type: "captured";
        readonly capturedMinor: number | null;
        readonly receipt: Receipt;
        /** What the service holds still, to be freed by itself; absent where it holds nothing. */
        readonly stillHeldMinor?: number;
        /** Whose name the payment's reference is, as in the terms. Absent in older journals. */
        readonly service?: string;
      }
    /** The service shows that nothing is held any more. */
    | { readonly type: "released" }
    /**
     * What the service says is not of this sale: another bill's, another terminal's, another currency's. In a delivery:
     * what its dispenser says of it does not fit together, or its result never came.
     */
    | { readonly type: "contradicted"; readonly detail: string }
    /**
     * The service said no to a call that is sent once more: with a number of its own, for the no may be kept under the
     * old one. On record before that is sent.
     */
    | { readonly type: "attempt-declined"; readonly operation: Exclude<Operation, "offer"> }
    /** The service refused for good what must happen to the reservation. */
    | { readonly type: "resolution-refused"; readonly detail: string }
    | { readonly type: "deadline-passed" }
    /** The daemon can no longer settle or release it, or does not know enough to: a person must. */
    | { readonly type: "handed-over"; readonly reason: HandedOver }
    | { readonly type: "restarted" }
  );

export type EventOf<T extends SaleEvent["type"]> = Extract<SaleEvent, { type: T }>;
