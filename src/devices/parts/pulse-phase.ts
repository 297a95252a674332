import type { LimitWatch } from "./limit-watch.ts";

export interface Running {
  readonly at: "running";
  readonly watch: LimitWatch;
  /** Whether the customer has been there. */
  met: boolean;
}

export interface Shutting {
  readonly at: "shutting";
  readonly watch: LimitWatch | null;
  readonly sinceMs: number;
  /** By the limit or by the customer's hand, not because somebody asked or something failed. */
  readonly byItself: boolean;
  /** Pulses belong to a delivery whose end the sale has not read. */
  readonly delivery: boolean;
}

/** `ended`: shut, and the sale has not confirmed it by a stop yet. */
export type Phase = { readonly at: "idle" | "arming" | "ended" } | Running | Shutting;
