import type { Fault, FaultCode } from "../../core/faults.ts";
import { askedMs } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Machine } from "../../ports/machine.ts";
import type { PaymentProvider } from "../../ports/payment.ts";
import { notePayment } from "../errand.ts";
import { POLICY } from "../policy.ts";
import { ClockCheck } from "./clock-check.ts";
import type { FaultBoard } from "./fault-board.ts";

export interface SupervisorDeps {
  readonly positions: readonly { readonly id: string; readonly dispenser: Dispenser; busy(): boolean }[];
  readonly payment: PaymentProvider;
  readonly journal: Journal;
  readonly machine: Machine;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  readonly log: Log;
  readonly earliestPlausibleMs: number;
}

/** What a round can find mended; while one of them is raised the next round comes sooner. */
const CLEARED_HERE: ReadonlySet<FaultCode> = new Set([
  "payment-unreachable",
  "payment-rejected",
  "dispenser-unreachable",
  "journal-unwritable",
  "clock-implausible",
]);

const CLEARED_BY_ANSWER: ReadonlySet<FaultCode> = new Set([
  "payment-unreachable",
  "payment-rejected",
  "clock-implausible",
]);

/** Keeps the faults of what is used only now and then true while the kiosk is idle. It writes nothing while all is well. */
export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #clock: ClockCheck;
  #cancel: Cancel = () => {};
  #closed = false;
  /** Until when the service asked to be left alone (monotonic). All else is looked at meanwhile. */
  #quietUntilMs = 0;
  /** When each position was asked for last, or the account of all (monotonic). */
  readonly #probedAtMs = new Map<string, number>();

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    this.#clock = new ClockCheck({ ...deps, isSelling: () => deps.positions.some(({ busy }) => busy()) });
  }

  start(): void {
    const { clock, faults, log } = this.#deps;
    this.#round()
      .catch((error: unknown) => log.error({ error: String(error) }, "a health check failed"))
      .finally(() => {
        if (this.#closed) return;
        const faulty = this.#clock.isDoubtful || faults.all.some(({ code }) => CLEARED_HERE.has(code));
        this.#cancel = clock.after(faulty ? POLICY.probeFaultyMs : POLICY.probeMs, () => this.start());
      });
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  /** A board without a battery clock wakes up in the past until it is told the time. */
  checkClock(): Promise<void> {
    return this.#clock.check();
  }

  /** A dispenser that answers, and that confirms a stop where it did not do what it was told, is fit to sell. */
  async checkDispenser(id: string, dispenser: Dispenser): Promise<void> {
    const { faults } = this.#deps;
    const raised = faults.all.some(({ code, position }) => code === "dispenser-unreachable" && position === id);
    const stopped = raised ? await dispenser.stop() : null;
    const reading = await dispenser.totaliser();
    // What is disputed is said of a delivery that is over: the device answers.
    const isDisputed = reading.kind === "declined" && reading.reason === "disputed";
    const asked = isDisputed ? [stopped] : [stopped, reading];
    const failed = asked.find((outcome) => outcome !== null && outcome.kind !== "done");
    if (failed === undefined || failed === null) {
      faults.clear("dispenser-unreachable", id);
    } else {
      faults.raise("dispenser-unreachable", id, failed.detail);
    }
  }

  async #round(): Promise<void> {
    const { positions } = this.#deps;
    await this.checkJournal();
    const idle = positions.filter(({ busy }) => !busy());
    await this.#probeAll(idle.map(({ id }) => id));
    // The answers have told what time it is at the service.
    await this.checkClock();
    await Promise.all(idle.map(({ id, dispenser, busy }) => (busy() ? null : this.checkDispenser(id, dispenser))));
  }

  async #probeAll(ids: readonly string[]): Promise<void> {
    const { payment, faults, clock } = this.#deps;
    if (clock.monotonicMs() < this.#quietUntilMs) return;
    const probe = async (position: string, alike: readonly string[]): Promise<number> => {
      this.#probedAtMs.set(this.#accountOf(position), clock.monotonicMs());
      const outcome = await payment.probe(position);
      for (const each of alike) notePayment({ position: each, faults }, outcome);
      return askedMs(0, outcome);
    };
    const due = ids.filter((id) => this.#isProbeDue(id));
    const isOne = payment.traits.polls.probeOfAccount;
    const asked = (isOne ? due.slice(0, 1) : due).map((id) => probe(id, isOne ? ids : [id]));
    this.#quietUntilMs = Math.max(0, ...(await Promise.all(asked))) + clock.monotonicMs();
  }

  #accountOf(position: string): string {
    return this.#deps.payment.traits.polls.probeOfAccount ? "" : position;
  }

  /** At once while an answer could clear something, else as often as the service bears. */
  #isProbeDue(id: string): boolean {
    const { payment, faults, clock } = this.#deps;
    const probedAtMs = this.#probedAtMs.get(this.#accountOf(id));
    if (probedAtMs === undefined || this.#clock.isDoubtful) return true;
    const helps = ({ code, position }: Fault): boolean => (position ?? id) === id && CLEARED_BY_ANSWER.has(code);
    if (faults.all.some(helps)) return true;
    // Rounds come a little earlier or later than the service's time.
    return clock.monotonicMs() - probedAtMs + POLICY.probeFaultyMs > payment.traits.polls.probeEveryMs;
  }

  /** A write of no use wears the card, so it happens only while the journal is known to be broken. */
  async checkJournal(): Promise<void> {
    const { journal, faults } = this.#deps;
    const isBroken = faults.all.some(({ code }) => code === "journal-unwritable");
    await (isBroken ? journal.check() : journal.look()).then(
      () => faults.clear("journal-unwritable", null),
      (error: unknown) => faults.raise("journal-unwritable", null, String(error)),
    );
  }
}
