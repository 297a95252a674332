/** What the service knows. Times in epoch seconds, amounts in its own unit, currencies in small letters. */

/** Whose object it is: an account has its objects of tests and of real money apart. */
export interface Owner {
  readonly account: string;
  readonly livemode: boolean;
}

export type Metadata = Readonly<Record<string, string>>;

export interface Session extends Owner {
  readonly id: string;
  readonly created: number;
  readonly expiresAt: number;
  readonly amount: number;
  readonly currency: string;
  readonly title: string;
  readonly clientReferenceId: string | null;
  readonly metadata: Metadata;
  readonly intentMetadata: Metadata;
  readonly successUrl: string;
  readonly cancelUrl: string | null;
  readonly locale: string | null;
  /** What a customer's phone opens, while it is open. */
  readonly page: string;
  status: "open" | "complete" | "expired";
  intent: Intent | null;
}

export interface Intent extends Owner {
  readonly id: string;
  readonly created: number;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Metadata;
  status: "requires_payment_method" | "requires_action" | "requires_capture" | "succeeded" | "canceled";
  received: number;
  canceledAt: number | null;
  cancellationReason: string | null;
  failure: Failure | null;
  /** The newest attempt that reached a bank. */
  charge: Charge | null;
  readonly refunds: Refund[];
  /** How many times money was taken. */
  captures: number;
}

export interface Failure {
  readonly code: string;
  readonly decline: string;
}

export interface Charge {
  readonly id: string;
  readonly created: number;
  readonly captureBefore: number;
  readonly last4: string;
  status: "succeeded" | "failed";
  captured: boolean;
  amountCaptured: number;
  /** With what was freed when less was taken, as the service counts it. */
  amountRefunded: number;
}

export interface Refund {
  readonly id: string;
  readonly created: number;
  readonly amount: number;
  readonly metadata: Metadata;
  readonly reason: string | null;
  /** Null for what the service frees by itself when less is taken than was held. */
  readonly key: string | null;
  status: "succeeded" | "pending" | "failed";
}

/** What is held at this moment. */
export function heldOf(intent: Intent | null): number {
  return intent?.status === "requires_capture" ? intent.amount : 0;
}
