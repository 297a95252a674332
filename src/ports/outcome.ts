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
    }
  | { readonly kind: "unknown"; readonly detail: string };

/** `rejected`: this terminal or its credentials are refused; only an operator can mend it. */
export type DeclineReason = "refused" | "rejected";

export function done<T>(value: T): Outcome<T> {
  return { kind: "done", value };
}

export function declined<T>(reason: DeclineReason, detail: string, customer: CustomerHint | null = null): Outcome<T> {
  return customer === null ? { kind: "declined", reason, detail } : { kind: "declined", reason, detail, customer };
}

export function unknown<T>(detail: string): Outcome<T> {
  return { kind: "unknown", detail };
}
