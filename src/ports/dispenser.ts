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
   * How often readings are journaled of a meter that forgets when it loses power. A reading is believed only when the
   * next one confirms it, so a power cut may lose the flow of this time and of the time between two readings.
   * Null for a meter whose register survives: its readings need not be journaled.
   */
  readonly readingStepMs: number | null;
  /** More than can flow in a second. A meter that rose by more than that allows is believed by nobody. Null for goods in pieces. */
  readonly mostBasePerS: number | null;
  arm(limitBase: number): Promise<Outcome<null>>;
  /** `done` when nothing can flow any more. */
  stop(): Promise<Outcome<null>>;
  /**
   * `unknown` while the meter does not answer; it is asked again. `declined` when it answers and cannot be
   * believed (it went back, it jumped, it is another register): what was journaled of it last is all that is certain.
   * `declined` as `disputed` at the first reading after a delivery of which nobody can say what came out: its figures
   * contradict each other, or its result never came. Then nothing is charged, and a person decides. The driver keeps
   * this answer until it was asked for, through a restart too.
   */
  totaliser(): Promise<Outcome<number>>;
  /**
   * A person says that they have looked at what this device left for them. A device that refuses to sell because of it,
   * and cannot see by itself that it was mended, sells again. It never takes back what nobody has been told of.
   */
  looked?(): void;
  /** One listener at a time. Readings come at least twice a second while armed, flowing or not, and at no other time. */
  listen(listener: (event: DispenserEvent) => void): void;
  close(): Promise<void>;
}

export type DispenserEvent =
  | { readonly type: "reading"; readonly totaliserBase: number }
  /** The device ended the delivery: limit reached, nozzle hung up, item out. */
  | { readonly type: "finished" }
  /**
   * Something flowed, or may have, that no sale can be charged for: while not armed, or with a result that never
   * came. Null when nobody can say how much. Told once for each occurrence, with what it has come to so far.
   */
  | {
      readonly type: "unaccounted";
      readonly quantityBase: number | null;
      readonly detail: string;
      /** It flowed already when the driver came: a delivery that a restart interrupted explains it. */
      readonly found?: true;
    }
  /** The customer chose at the device before paying: goods of so much wait for a reservation. */
  | { readonly type: "wanted"; readonly quantityBase: number }
  /** What was wanted no longer is. */
  | { readonly type: "unwanted" }
  /** Nothing may be sold until it is cleared. A delivery that runs is stopped. */
  | { readonly type: "fault-raised"; readonly detail: string }
  | { readonly type: "fault-cleared" }
  /** It sells, but something about it is not as it should be. */
  | { readonly type: "warning-raised"; readonly detail: string }
  | { readonly type: "warning-cleared" };
