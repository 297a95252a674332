import type { CustomerHint } from "../core/sale/event.ts";

/**
 * How a call to the outside world ended. `declined` is a definite no, after which nothing was done.
 * `unknown` is everything else that is not a definite yes: no answer, half an answer, an answer that makes
 * no sense. What was asked may or may not have happened (money rule 5).
 */
export type Outcome<T> =
  | { readonly kind: "done"; readonly value: T }
  | {
      readonly kind: "declined";
      readonly reason: DeclineReason;
      readonly detail: string;
      readonly customer?: CustomerHint;
      /** Of a `rejected`: the service says it for good to all calls with this key, also once its cause is mended. */
      readonly kept?: true;
      /** What a person can do about it; where nothing is said, what stands with the fault counts. */
      readonly advice?: string;
    }
  | Unknown;

export interface Unknown {
  readonly kind: "unknown";
  readonly detail: string;
  /** As with a "no". */
  readonly advice?: string;
  /** How long the other side asks not to be asked again, at most some minutes. */
  readonly retryAfterMs?: number;
}

/**
 * `rejected`: this terminal or its credentials are refused; only an operator can mend it.
 * `amount`: the service does not do it for this amount. Another one may go well.
 * `too-late`: the time of what was held is over. What the service shows of it decides, not this answer.
 * `disputed`: what a device says of a delivery contradicts itself, or its result never came; a person decides.
 */
export type DeclineReason = "refused" | "rejected" | "amount" | "too-late" | "disputed";

export function done<T>(value: T): Outcome<T> {
  return { kind: "done", value };
}

export function declined<T>(reason: DeclineReason, detail: string, customer: CustomerHint | null = null): Outcome<T> {
  return customer === null ? { kind: "declined", reason, detail } : { kind: "declined", reason, detail, customer };
}

export function unknown<T>(detail: string, beyond: Omit<Unknown, "kind" | "detail"> = {}): Outcome<T> {
  return { kind: "unknown", detail, ...beyond };
}
