/**
 * What becomes of the rest of a reservation that a service still holds after it has taken its part. The sale is paid
 * whatever comes of it.
 */
export type RemainderEvent = {
  readonly saleId: string;
  readonly position: string;
  readonly atMs: number;
} /** On record before anything is sent: a repetition of the same attempt has the same key. */ & (
  | { readonly type: "asked"; readonly reference: string; readonly attempt: number }
  | { readonly type: "freed" }
  /** The service said no, or has not answered for long: a person hears of it, and it is asked for still. */
  | { readonly type: "delayed"; readonly detail: string }
  /** Nothing more is sent: a person has to free it at the payment service. */
  | { readonly type: "handed-over"; readonly detail: string }
);

/** Whether there is nothing left to do for it here. */
export function isRemainderOver(events: readonly RemainderEvent[]): boolean {
  return events.some(({ type }) => type === "freed" || type === "handed-over");
}

/** The number of the attempt that was asked for last; 0 when none was. */
export function lastAttempt(events: readonly RemainderEvent[]): number {
  return events.reduce((last, event) => (event.type === "asked" ? Math.max(last, event.attempt) : last), 0);
}
