import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { statusAnswer } from "./codec.ts";
import { FAULTS } from "./faults.ts";
import type { Station } from "./station.ts";

/** How a charger takes a lower current; no two models agree. */
export interface SlowSettings {
  readonly unit: "A" | "W";
  readonly kind: "Relative" | "Absolute";
}

/** What the brake sees of the connector. */
export interface Road {
  /** Nothing runs that this program knows of, and nothing flows. */
  isStopped(): boolean;
  /** Nothing flows, whatever the charger still has to say of it. */
  isCalm(): boolean;
  transactionId(): number | null;
  troubled(detail: string | null): void;
}

const STOP_MS = 10_000;
const LOOK_MS = 200;
/** After each step of the ladder; the last two restart the charger. */
const STEP_MS = 15_000;
const RESTART_MS = 30_000;
/** A charger that two restarts have not stopped is restarted no more, and only told to stop. */
const MOST_LADDERS = 2;
/** The least that a car may be offered, and what it is on three phases. Never 0: there are chargers that end then. */
const LEAST_A = 6;
export const LEAST_W = 3 * 230 * LEAST_A;
const PROFILE_ID = 1;

/**
 * Brings a connector to rest: by RemoteStopTransaction, and where that has no effect by taking the connector out of
 * service, then by restarting the charger.
 */
export class Brake {
  readonly #station: Station;
  readonly #connector: number;
  readonly #slow: SlowSettings | null;
  readonly #clock: Clock;
  readonly #road: Road;
  #halting: Promise<Outcome<null>> | null = null;
  #isInoperative = false;
  /** How many times in a row all of it was in vain. */
  #failed = 0;

  constructor(station: Station, connector: number, slow: SlowSettings | null, clock: Clock, road: Road) {
    this.#station = station;
    this.#connector = connector;
    this.#slow = slow;
    this.#clock = clock;
    this.#road = road;
  }

  /** `done` when nothing runs any more. All who ask meanwhile get the same answer. */
  halt(): Promise<Outcome<null>> {
    this.#halting ??= this.#halt().finally(() => {
      this.#halting = null;
    });
    return this.#halting;
  }

  /** Offers the car the least current. False when the charger does not take that. */
  async slowDown(transactionId: number): Promise<boolean> {
    if (this.#slow === null) return false;
    const { unit, kind } = this.#slow;
    const limit = unit === "A" ? LEAST_A : LEAST_W;
    const start = kind === "Absolute" ? { startSchedule: new Date(this.#clock.wallMs()).toISOString() } : {};
    const csChargingProfiles = {
      ...{ chargingProfileId: PROFILE_ID, transactionId, stackLevel: 0 },
      ...{ chargingProfilePurpose: "TxProfile", chargingProfileKind: kind },
      chargingSchedule: { ...start, chargingRateUnit: unit, chargingSchedulePeriod: [{ startPeriod: 0, limit }] },
    };
    const payload = { connectorId: this.#connector, csChargingProfiles };
    const answer = await this.#station.ask("SetChargingProfile", payload, statusAnswer, { timeoutMs: STOP_MS });
    return answer.kind === "done" && answer.value.status === "Accepted";
  }

  /** A connector that was taken out of service to stop it is put back once it has stopped. */
  async release(): Promise<void> {
    if (!this.#isInoperative) return;
    const answer = await this.#available("Operative");
    if (answer) this.#isInoperative = false;
  }

  get isInoperative(): boolean {
    return this.#isInoperative;
  }

  async #halt(): Promise<Outcome<null>> {
    if (this.#road.isStopped()) return done(null);
    const steps: readonly (readonly [() => Promise<boolean>, number])[] = [
      [() => this.#remoteStop(), STEP_MS],
      [() => this.#remoteStop(), STEP_MS],
      [() => this.#outOfService(), STEP_MS],
      [() => this.#reset("Soft"), RESTART_MS],
      [() => this.#reset("Hard"), RESTART_MS],
    ];
    for (const [step, withinMs] of this.#failed < MOST_LADDERS ? steps : steps.slice(0, 1)) {
      if (!this.#station.isUp) return unknown(FAULTS.offline());
      await step();
      if (await this.#settled(withinMs)) return done(null);
      // What it says of the end comes later, or never; nothing flows, and nothing more is to be done about it.
      if (this.#road.isCalm()) return unknown("the charger has not said yet how the delivery ended");
      if (this.#station.isUp) this.#road.troubled("RemoteStopTransaction had no effect");
    }
    this.#failed += 1;
    return unknown(FAULTS.running("neither RemoteStopTransaction, ChangeAvailability nor Reset had an effect"));
  }

  async #settled(withinMs: number): Promise<boolean> {
    const overMs = this.#clock.monotonicMs() + withinMs;
    while (!this.#road.isStopped()) {
      if (this.#clock.monotonicMs() >= overMs) return false;
      await wait(this.#clock, LOOK_MS);
    }
    this.#road.troubled(null);
    this.#failed = 0;
    return true;
  }

  async #remoteStop(): Promise<boolean> {
    const transactionId = this.#road.transactionId();
    if (transactionId === null) return false;
    const options = { timeoutMs: STOP_MS, isUrgent: true };
    const answer = await this.#station.ask("RemoteStopTransaction", { transactionId }, statusAnswer, options);
    return answer.kind === "done" && answer.value.status === "Accepted";
  }

  async #outOfService(): Promise<boolean> {
    this.#isInoperative = true;
    return await this.#available("Inoperative");
  }

  async #available(type: "Operative" | "Inoperative"): Promise<boolean> {
    const payload = { connectorId: this.#connector, type };
    const answer = await this.#station.ask("ChangeAvailability", payload, statusAnswer, { timeoutMs: STOP_MS });
    return answer.kind === "done" && answer.value.status !== "Rejected";
  }

  async #reset(type: "Soft" | "Hard"): Promise<boolean> {
    const answer = await this.#station.ask("Reset", { type }, statusAnswer, { timeoutMs: STOP_MS, isUrgent: true });
    return answer.kind === "done" && answer.value.status === "Accepted";
  }
}
