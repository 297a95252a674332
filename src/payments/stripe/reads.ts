import type { Truth } from "../../core/sale/resolve.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";

/** So many questions about one offer come as often as they are asked: three minutes at the usual pace. */
const FREE_READS = 45;
/** After them at the most so often. */
const SLOW_MS = 15_000;
const OFFERS_MOST = 64;

/** While all is well one look at the service in this time is enough for the whole account. */
export const LOOK_EVERY_MS = 30 * 60_000;
/** From the second answer in a row on that was no success: doubled each time, up to the above. */
const FAULTY_LOOK_MS = 10_000;
/** Of looks that the service answered, in whatever way; the next one waits until the oldest is a day old. */
const LOOKS_A_DAY = 48;
const DAY_MS = 86_400_000;

export interface Look {
  readonly outcome: Outcome<null>;
  /** Whether the service said anything: that is counted there, also where it makes no sense. */
  readonly isAnswered: boolean;
}

interface Watched {
  readonly reads: number;
  readonly lastMs: number;
  readonly truth: Truth;
}

/**
 * The service allows 500 questions for each payment, counted over all kiosks of an account and 30 days (docs.stripe.com/
 * rate-limits). An offer that nobody pays brings no payment, so what it may cost is bounded; and so is an idle day.
 */
export class Reads {
  readonly #clock: Clock;
  readonly #offers = new Map<string, Watched>();
  /** What was heard last, for as long as no look may be taken. */
  #last: Outcome<null> = unknown("the service was asked too often to be asked now");
  #looked: { readonly atMs: number; readonly outcome: Outcome<null>; readonly failures: number } | null = null;
  #looking: Promise<Outcome<null>> | null = null;
  /** When the service answered a look, at most as many as it bears in a day. */
  #answeredAtMs: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks about an offer, or says again that it is open when it was asked too often. */
  async offer(reference: string, ask: () => Promise<Outcome<Truth>>): Promise<Outcome<Truth>> {
    const nowMs = this.#clock.monotonicMs();
    const watched = this.#offers.get(reference);
    const reads = watched?.reads ?? 0;
    if (watched !== undefined && reads >= FREE_READS && nowMs - watched.lastMs < SLOW_MS) return done(watched.truth);
    const outcome = await ask();
    this.#offers.delete(reference);
    // Only what was seen open may be said to be so again.
    if (outcome.kind !== "done" || outcome.value.state !== "open") return outcome;
    this.#offers.set(reference, { reads: reads + 1, lastMs: nowMs, truth: outcome.value });
    const oldest = this.#offers.keys().next();
    if (this.#offers.size > OFFERS_MOST && !oldest.done) this.#offers.delete(oldest.value);
    return outcome;
  }

  /** Whether the service answers, for the whole account. What got no answer cost nothing and may be tried at once. */
  async look(ask: () => Promise<Look>): Promise<Outcome<null>> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#looked !== null && nowMs - this.#looked.atMs < this.#restMs()) return this.#looked.outcome;
    this.#answeredAtMs = this.#answeredAtMs.filter((atMs) => nowMs - atMs < DAY_MS);
    if (this.#answeredAtMs.length >= LOOKS_A_DAY) return this.#looked?.outcome ?? this.#last;
    this.#looking ??= this.#ask(ask).finally(() => {
      this.#looking = null;
    });
    return await this.#looking;
  }

  /** Another call was not let in, or got no answer: what was well before is to be looked at anew. */
  doubt(outcome: Outcome<unknown>): void {
    const isDoubtful = outcome.kind === "unknown" || (outcome.kind === "declined" && outcome.reason === "rejected");
    if (!isDoubtful || this.#looked?.outcome.kind !== "done") return;
    this.#looked = null;
    this.#last = outcome;
  }

  async #ask(ask: () => Promise<Look>): Promise<Outcome<null>> {
    const { outcome, isAnswered } = await ask();
    const atMs = this.#clock.monotonicMs();
    if (isAnswered) this.#answeredAtMs = [...this.#answeredAtMs, atMs].slice(-LOOKS_A_DAY);
    const failures = outcome.kind === "done" ? 0 : (this.#looked?.failures ?? 0) + 1;
    this.#looked = isAnswered ? { atMs, outcome, failures } : null;
    this.#last = outcome;
    return outcome;
  }

  #restMs(): number {
    const failures = this.#looked?.failures ?? 0;
    if (failures === 0) return LOOK_EVERY_MS;
    return failures === 1 ? 0 : Math.min(FAULTY_LOOK_MS * 2 ** (failures - 2), LOOK_EVERY_MS);
  }
}
