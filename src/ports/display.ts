import type { PositionView } from "../core/sale/view.ts";

/** Draws what it is given, at once or never; it must not hold up a sale. */
export interface Display {
  show(view: KioskView): void;
  /** Told what is wrong while nobody can read it, and null when they can again; at once, and at each change. */
  watch(listener: (problem: string | null) => void): void;
  close(): Promise<void>;
}

export interface KioskView {
  readonly positions: readonly PositionView[];
}

/** What a customer can do; each answer says whether it was taken, and why not. */
export interface CustomerInput {
  /**
   * Chooses a maximum at the unit price that was on the screen. The price is null where the screen cannot say it. Then the
   * choice is taken only when the price in force is old enough that every screen shows it.
   */
  select(position: string, maximum: string, unitPrice: string | null): Promise<InputAnswer>;
  stop(position: string): Promise<InputAnswer>;
  cancel(position: string): Promise<InputAnswer>;
  /** More time on a screen that gave warning of its end. */
  extend(position: string): Promise<InputAnswer>;
}

/** `invalid`: no such position or amount. `conflict`: not at this moment. `other-price`: it has changed; the one in force. */
export type InputAnswer =
  | { readonly kind: "taken" }
  | { readonly kind: "invalid"; readonly reason: string }
  | { readonly kind: "unknown-position"; readonly reason: string }
  | { readonly kind: "conflict"; readonly reason: string }
  | { readonly kind: "other-price"; readonly reason: string; readonly unitPrice: string };

/** The kiosk as a health check sees it. */
export interface Health {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  /** What a person can do about them. */
  readonly advice: readonly string[];
  /** Each position, and in one sentence why it does not sell; null where it does. */
  readonly positions: readonly { readonly id: string; readonly notSelling: string | null }[];
}
