import {
  CLOCK_KEY,
  type ClockFacts,
  type ClockTaken,
  clockFault,
  clockProblem,
  describeClock,
  serviceMsAt,
} from "../../core/clock.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Machine } from "../../ports/machine.ts";
import type { PaymentProvider } from "../../ports/payment.ts";
import { CLOCK_BOUNDS, POLICY } from "../policy.ts";
import type { FaultBoard } from "./fault-board.ts";

export interface ClockCheckDeps {
  readonly payment: Pick<PaymentProvider, "serviceTime">;
  readonly machine: Pick<Machine, "clockIsSynchronised">;
  readonly journal: Pick<Journal, "newestAtMs" | "notes" | "note">;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly log: Log;
  readonly earliestPlausibleMs: number;
  /** Whether a sale is open at any position. */
  isSelling(): boolean;
}

/**
 * Keeps `clock-implausible` true. The machine's clock is held against the journal, which must not have seen a later
 * time, and against the payment service's. Each of the three may be the one that is wrong, so each has a way back: a
 * clock that lies behind the journal is taken when a time server or the payment service says the same, and no sale is
 * open whose time it would change; an operator may order any to be taken. What was taken is noted before it counts.
 */
export class ClockCheck {
  readonly #deps: ClockCheckDeps;
  /** When an answer first contradicted the clock and none has agreed since (monotonic). */
  #contradictedMs: number | null = null;

  constructor(deps: ClockCheckDeps) {
    this.#deps = deps;
  }

  /** One answer has contradicted the clock, and it takes another to believe it. */
  get isDoubtful(): boolean {
    return this.#contradictedMs !== null;
  }

  async check(): Promise<void> {
    const { faults, journal } = this.#deps;
    const newestMs = await journal.newestAtMs().catch(() => null);
    const facts = this.#facts(newestMs, null);
    if (clockProblem(facts, CLOCK_BOUNDS) === null) {
      if (facts.serviceMs !== null) this.#contradictedMs = null;
      faults.clear("clock-implausible", null);
      return;
    }
    const detail = await this.#problem(newestMs);
    if (detail === null) faults.clear("clock-implausible", null);
    else faults.raise("clock-implausible", null, detail);
  }

  /** Something is odd: what was taken before counts, and whoever can say that the clock is right is asked. */
  async #problem(newestMs: number | null): Promise<string | null> {
    const { journal, log, isSelling, machine } = this.#deps;
    const notes = await journal.notes("clock", CLOCK_KEY).catch(() => []);
    const isSynchronised = await machine.clockIsSynchronised();
    const facts = this.#facts(newestMs, notes.at(-1) ?? null);
    const problem = clockProblem(facts, CLOCK_BOUNDS);
    if (problem === "not-the-service's") {
      const known = this.#isConfirmed() ? problem : clockProblem({ ...facts, serviceMs: null }, CLOCK_BOUNDS);
      return known === null ? null : clockFault(known, facts);
    }
    if (facts.serviceMs !== null) this.#contradictedMs = null;
    if (problem === null) return null;
    const by = problem === "behind-the-journal" && !isSelling() ? voucher(facts, isSynchronised) : null;
    if (by === null) return clockFault(problem, facts);
    const taken: ClockTaken = {
      ...{ atMs: facts.wallMs, overruledMs: newestMs, serviceAheadMs: null },
      ...{ by, who: "", reason: describeClock(problem, facts) },
    };
    try {
      await journal.note("clock", CLOCK_KEY, () => taken);
    } catch (error) {
      log.warn({ error: String(error) }, "what was taken as the time could not be noted");
      return clockFault(problem, facts);
    }
    log.warn({ by, detail: taken.reason }, "the clock is taken as right");
    // It may have been set again while that was written.
    const after = this.#facts(newestMs, taken);
    const left = clockProblem(after, CLOCK_BOUNDS);
    return left === null ? null : clockFault(left, after);
  }

  #facts(newestMs: number | null, taken: ClockTaken | null): ClockFacts {
    const { clock, payment, earliestPlausibleMs: earliestMs } = this.#deps;
    const heard = payment.serviceTime?.() ?? null;
    const serviceMs = serviceMsAt(heard, clock.monotonicMs(), POLICY.serviceTimeFreshMs, earliestMs);
    return { wallMs: clock.wallMs(), earliestMs, newestMs, serviceMs, taken };
  }

  /** One answer may come from one of many servers whose clock is wrong: two must say so, a while apart. */
  #isConfirmed(): boolean {
    const heardMs = this.#deps.payment.serviceTime?.()?.heardMs ?? 0;
    this.#contradictedMs ??= heardMs;
    return heardMs - this.#contradictedMs >= POLICY.clockConfirmMs;
  }
}

/** Who says that the clock is right. */
function voucher({ serviceMs, wallMs }: ClockFacts, isSynchronised: boolean): ClockTaken["by"] | null {
  if (serviceMs !== null && Math.abs(serviceMs - wallMs) <= POLICY.clockAgreesMs) return "payment service";
  return isSynchronised ? "time server" : null;
}
