import type { Outcome } from "./outcome.ts";

/**
 * The device that releases goods, with its meter. Quantities are base units of the product.
 *
 * What must hold: it never releases anything unless armed; armed, it stops by itself at the limit, whatever
 * the rest of the daemon does; `stop` is always safe, also when nothing runs, repeatable, and overtakes an
 * `arm` in progress; the totaliser never resets and includes all that flowed, before, between and after
 * deliveries. Nothing throws.
 */
export interface Dispenser {
  /**
   * How much time of flow the meter may forget when it loses power: readings are journaled this often.
   * Null for a meter whose register survives, for which none needs to be.
   */
  readonly readingStepMs: number | null;
  arm(limitBase: number): Promise<Outcome<null>>;
  /** `done` when nothing can flow any more. */
  stop(): Promise<Outcome<null>>;
  totaliser(): Promise<Outcome<number>>;
  /** One listener at a time. Readings come at least once a second while armed, flowing or not, and at no other time. */
  listen(listener: (event: DispenserEvent) => void): void;
  close(): Promise<void>;
}

export type DispenserEvent =
  | { readonly type: "reading"; readonly totaliserBase: number }
  /** The device ended the delivery: limit reached, nozzle hung up, item out. */
  | { readonly type: "finished" }
  | { readonly type: "fault-raised"; readonly detail: string }
  | { readonly type: "fault-cleared" };
