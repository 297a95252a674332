import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome } from "../../ports/outcome.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import { STATE } from "./codec.ts";
import type { Controller, Sample } from "./controller.ts";
import { backstopKwh, energyWh, LEAD_MS } from "./energy-register.ts";
import { WITHOUT } from "./fault-text.ts";

export interface RapiSettings {
  /** Offered to the car, in amperes: 6 or more. */
  readonly currentA: number;
  /** More than the charger can ever give, in watts: bounds a reading that can be believed, and sets the lead of a stop. */
  readonly maxPowerW: number;
  /** Whether the owner knows, and bears, that the firmware has no boot lock. */
  readonly bootLock: "expected" | "not-available";
}

/** From before the charger is enabled until nothing can flow any more. */
export interface Delivery {
  /** Where the totaliser must not get beyond. */
  readonly endBase: number;
  isEnabled: boolean;
  hasCharged: boolean;
  heardBase: number;
  heardMs: number;
  pulsedMs: number;
  backstopKwh: number | null;
  backstopRefusals: number;
}

const PULSE_MS = 1_500;
const BACKSTOP_ATTEMPTS = 3;

/** How far below its limit a delivery may end, in watt-hours: it never ends above. */
export function shortfallWh({ maxPowerW }: RapiSettings): number {
  return energyWh(maxPowerW, LEAD_MS);
}

export function beginDelivery(startBase: number, limitBase: number, nowMs: number): Delivery {
  return {
    endBase: startBase + limitBase,
    isEnabled: false,
    hasCharged: false,
    heardBase: startBase,
    heardMs: nowMs,
    pulsedMs: nowMs,
    backstopKwh: null,
    backstopRefusals: 0,
  };
}

/**
 * Keeps up what bounds a charger that this program does not watch: its lock after a power cut, a lowered current, its
 * own limit. Firmware that lacks one of them is warned of.
 */
export class Guard {
  readonly #controller: Controller;
  readonly #settings: RapiSettings;
  readonly #clock: Clock;
  readonly #events: DispenserEvents;

  constructor(controller: Controller, settings: RapiSettings, clock: Clock, events: DispenserEvents) {
    this.#controller = controller;
    this.#settings = settings;
    this.#clock = clock;
    this.#events = events;
  }

  /** All that must be set before it may charge. */
  async prepare(): Promise<Outcome<null>> {
    const unlocked = await this.unlock();
    return unlocked.kind === "done" ? await this.#supervise() : unlocked;
  }

  /** Only at rest: unlocked and awake, it would charge. */
  async unlock(): Promise<Outcome<null>> {
    const unlocked = await this.#controller.clearBootLock();
    if (unlocked.kind !== "done") return unlocked;
    this.#note("boot-lock", unlocked.value || this.#settings.bootLock === "not-available");
    return done(null);
  }

  async keep(delivery: Delivery, sample: Sample, isCurrent: () => boolean): Promise<void> {
    if (this.#clock.monotonicMs() - delivery.pulsedMs >= PULSE_MS) {
      delivery.pulsedMs = this.#clock.monotonicMs();
      const pulse = await this.#controller.pulse();
      if (pulse.kind === "done" && !pulse.value && isCurrent()) await this.#supervise();
    }
    const isPlugged = sample.state === STATE.plugged || sample.state === STATE.charging;
    if (!isPlugged || !isCurrent() || delivery.backstopRefusals >= BACKSTOP_ATTEMPTS) return;
    const remainingWh = delivery.endBase - delivery.heardBase;
    const limitKwh = backstopKwh(sample.sessionWs, remainingWh, shortfallWh(this.#settings));
    if (limitKwh === null || limitKwh === delivery.backstopKwh) return;
    const limited = await this.#controller.limitSession(limitKwh);
    if (limited.kind === "done") delivery.backstopKwh = limitKwh;
    else delivery.backstopRefusals++;
    this.#note("own-limit", delivery.backstopRefusals < BACKSTOP_ATTEMPTS);
  }

  async #supervise(): Promise<Outcome<null>> {
    const supervised = await this.#controller.supervise();
    if (supervised.kind !== "done") return supervised;
    this.#note("heartbeat", supervised.value);
    return await this.#controller.offerCurrent(this.#settings.currentA);
  }

  #note(part: keyof typeof WITHOUT, isThere: boolean): void {
    if (isThere) this.#events.unwarn(part);
    else this.#events.warn(part, WITHOUT[part]);
  }
}
