import type { MoneyRules } from "../../src/core/money-rules.ts";
import type { Truth } from "../../src/core/sale/resolve.ts";
import type { Sale } from "../../src/core/sale/state.ts";
import type { OwnedName } from "../../src/ports/journal.ts";
import { declined, type Outcome, unknown } from "../../src/ports/outcome.ts";
import type { Attempt, PublishedOffer } from "../../src/ports/payment.ts";
import { isTaken } from "../simulation/price.ts";
import type { Bill } from "./sim-bill.ts";
import type { Chaos } from "./sim-chaos.ts";
import type { Changing } from "./sim-network.ts";
import type { VirtualTime } from "./virtual-clock.ts";

export const NO_TERMINAL = declined<never>("rejected", "no terminal");
export const NO_SUCH_OFFER = declined<never>("refused", "no such offer");
/** Nothing was sent, because the sale has gone on without it. */
export const NOT_SENT: Outcome<never> = unknown("not sent");

export interface ServiceSetting {
  /** Whether its answers say what time it is there. */
  readonly knowsTime: { readonly service: boolean };
}

/** What a simulated payment service has around it. */
export interface PaymentWorld {
  readonly time: VirtualTime;
  readonly chaos: Chaos;
  crash(why: string): void;
  note(text: () => string): void;
  /** A hold ended because nobody used it in time. */
  holdExpired(bill: Bill): void;
  /** An offer that nobody paid is over by itself, at the time that was told. */
  offerExpired(bill: Bill): void;
  /** Something was taken back because nobody asked about it. */
  reversed(bill: Bill): void;
  /** An answer has reached the daemon. */
  timeTold(): void;
  /** More was asked for than had been reserved. */
  overcharged(bill: Bill, amountMinor: number): void;
  /** The daemon has it in its journal that the service gave this name. */
  isKnown(owned: OwnedName): boolean;
  /** A request that would change something for the sale leaves the daemon. */
  sending(sale: Sale, what: Changing, bill: Bill | undefined, attempt: Attempt | null): void;
  /** A request that frees what is held beside a payment leaves the daemon. */
  freeing(saleId: string, attempt: Attempt): void;
  broken(rule: string, detail: string): void;
}

export function holdsRest(outcome: Outcome<Truth>): boolean {
  return outcome.kind === "done" && outcome.value.state === "captured" && (outcome.value.stillHeldMinor ?? 0) > 0;
}

export function published(reference: string, endsAtMs: number | null): PublishedOffer {
  return { reference, qrText: `sim:${reference}`, endsAtMs };
}

export function describe(outcome: Outcome<unknown>): string {
  return outcome.kind === "done" ? `done ${JSON.stringify(outcome.value)}` : `${outcome.kind} ${outcome.detail}`;
}

/** When an offer ends: in another unit, or by another clock, where the service errs. */
export function toldEnd({ chaos, time }: PaymentWorld, { openUntilMs }: Bill): number {
  if (!chaos.strikes("offer-end-wrong")) return openUntilMs;
  return chaos.random.pick([Math.floor(openUntilMs / 1_000), openUntilMs * 1_000, time.trueMs]);
}

export function shownMinor({ chaos }: PaymentWorld, maximumMinor: number): number {
  if (chaos.strikes("hold-shows-less")) return chaos.random.int(1, maximumMinor);
  return chaos.strikes("hold-shows-more") ? 2 * maximumMinor : maximumMinor;
}

export function judgeAmount(world: PaymentWorld, rules: MoneyRules, bill: Bill | undefined, amountMinor: number): void {
  if (bill === undefined || isTaken(rules, amountMinor)) return;
  world.broken("2 rules", `${bill.saleId}: ${amountMinor} is asked for, which is never taken`);
}
