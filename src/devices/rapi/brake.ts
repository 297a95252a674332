import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { STATE } from "./codec.ts";
import { type Controller, isAtRest, type Sample } from "./controller.ts";
import { FAULTS, faultText } from "./fault-text.ts";

/** Within 3 s of falling asleep the relay opens, and waits up to another for the current to end (`waitCurrentZero`). */
const ASLEEP_MS = 4_500;
const DISABLED_MS = 1_500;
const LOOK_MS = 200;

/** What the brake sees of the charger. */
export interface Road {
  isUp(): boolean;
  /** The state last heard of. */
  state(): number;
  sample(): Promise<Outcome<Sample>>;
  /** Told what is seen while it comes to a halt. */
  seen(sample: Sample): void;
}

/** Brings the charger to rest and makes sure of it: first to sleep, then, should its relay stay closed, disabled. */
export class Brake {
  readonly #controller: Controller;
  readonly #clock: Clock;
  readonly #road: Road;
  #halting: Promise<Outcome<null>> | null = null;

  constructor(controller: Controller, clock: Clock, road: Road) {
    this.#controller = controller;
    this.#clock = clock;
    this.#road = road;
  }

  /**
   * `done` when the relay is open and stays so. All who ask meanwhile get the same answer. After the gentle part it is
   * disabled, which opens the relay at once.
   */
  halt(gentleMs = ASLEEP_MS): Promise<Outcome<null>> {
    this.#halting ??= this.#halt(Math.min(gentleMs, ASLEEP_MS)).finally(() => {
      this.#halting = null;
    });
    return this.#halting;
  }

  async #halt(gentleMs: number): Promise<Outcome<null>> {
    // Asleep, a charger no longer shows that its relay is stuck.
    if (this.#road.state() === STATE.stuckRelay) {
      const sample = await this.#road.sample();
      if (sample.kind !== "done") return sample;
      if (sample.value.state === STATE.stuckRelay) return unknown(faultText(STATE.stuckRelay));
    }
    if (gentleMs > 0) {
      const asleep = await this.#end(() => this.#controller.sleep(), STATE.sleeping, gentleMs);
      if (asleep.kind === "done" || !this.#road.isUp()) return asleep;
    }
    return await this.#end(() => this.#controller.disable(), STATE.disabled, DISABLED_MS);
  }

  async #end(order: () => Promise<unknown>, state: number, withinMs: number): Promise<Outcome<null>> {
    const overMs = this.#clock.monotonicMs() + withinMs;
    let detail = "";
    let isTold = false;
    while (this.#road.isUp() && (detail === "" || this.#clock.monotonicMs() < overMs)) {
      if (!isTold) await order();
      else await wait(this.#clock, LOOK_MS);
      const sample = await this.#road.sample();
      if (sample.kind !== "done") {
        detail = sample.detail;
        continue;
      }
      this.#road.seen(sample.value);
      if (isAtRest(sample.value)) return done(null);
      detail = FAULTS.doesNotStop(sample.value.state);
      isTold = sample.value.state === state;
    }
    return unknown(detail === "" ? FAULTS.lineDown() : detail);
  }
}
