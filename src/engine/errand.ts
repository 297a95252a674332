import type { Matter } from "../core/matters.ts";
import type { CustomerHint, SaleEvent } from "../core/sale/event.ts";
import type { Nap } from "../platform/time/wait.ts";
import type { Clock } from "../ports/clock.ts";
import type { Dispenser } from "../ports/dispenser.ts";
import type { OwnedName } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { Outcome } from "../ports/outcome.ts";
import type { MayGoOn, PaymentProvider } from "../ports/payment.ts";
import type { Identity } from "./belongings.ts";
import type { FaultBoard } from "./watch/fault-board.ts";

/** An event without what the position adds: sale and time. */
export type News = SaleEvent extends infer E ? (E extends SaleEvent ? Omit<E, "saleId" | "atMs"> : never) : never;

/** What the carrying out of an effect may use. It ends when the sale has moved on to another state. */
export interface Errand {
  readonly position: string;
  readonly identity: Identity;
  readonly dispenser: Dispenser;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly log: Log;
  /** The wait between polls, which a word from outside may cut short. */
  readonly nap: Nap;
  /** False once it is decided to leave the state that owed the effect: nothing more may be done for it. */
  readonly mayGoOn: MayGoOn;
  /** Whether a name that a payment service gave is this sale's, and no other's there. */
  isOurs(kind: OwnedName["kind"], name: string, service: string): Promise<boolean>;
  /** What a person has to look at, and no record will tell. */
  readonly forPerson: (matter: Matter) => void;
  /** How long the state may still last; null when it has no end. */
  leftMs(): number | null;
  /** What time it is for the sale, wall clock. */
  nowMs(): number;
  /** How long the delivery has lasted, at the most. */
  spanMs(): number;
  /** What the errand had to do has been tried once, whatever came of it. */
  tried(): void;
  /** What the customer is told of their tries to pay. */
  showTried(hint: CustomerHint | null): void;
  /** Of a state that was left only what became of its money still counts. */
  tell(news: News): Promise<void>;
}

/** An errand at a payment service. */
export interface PaymentErrand extends Errand {
  readonly payment: PaymentProvider;
  /** False of a service that only finishes what it began: its answers say nothing about whether the kiosk can sell. */
  readonly sells?: boolean;
}

/**
 * Keeps the payment faults true after each answer or silence. What a service that does not sell any more says can raise
 * one, for somebody has to mend that; the probe of the one that sells clears it.
 */
export function notePayment(
  errand: Pick<PaymentErrand, "faults" | "position" | "sells">,
  outcome: Outcome<unknown>,
): void {
  const { faults, position, sells = true } = errand;
  if (!sells && (outcome.kind === "done" || (outcome.kind === "declined" && outcome.reason !== "rejected"))) return;
  if (outcome.kind === "unknown") {
    faults.raise("payment-unreachable", position, outcome.detail, outcome.advice);
    return;
  }
  if (sells) faults.clear("payment-unreachable", position);
  if (outcome.kind === "declined" && outcome.reason === "rejected") {
    faults.raise("payment-rejected", position, outcome.detail, outcome.advice);
  } else {
    faults.clear("payment-rejected", position);
  }
}
