import type { SerialLine } from "../../platform/serial/line.ts";
import { Nap } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import { Brake } from "./brake.ts";
import { decodeRapi, STATE } from "./codec.ts";
import { Controller, isAtRest, isFault, type Sample, type Status } from "./controller.ts";
import { beginDelivery, type Delivery, Guard, type RapiSettings, shortfallWh } from "./delivery.ts";
import { EnergyRegister, LEAD_MS, WS_PER_WH } from "./energy-register.ts";
import { FAULTS, faultText } from "./fault-text.ts";

const POLL_MS = 200;
const IDLE_MS = 1_000;
const SILENT_MS = 3_000;
/** So long before the limit could be reached the relay is opened under load. */
const HARD_MS = 2_000;

/**
 * An OpenEVSE charger over RAPI as a dispenser of watt-hours. It sleeps unless it is armed. This driver stops it at the
 * limit; the charger's own limit, in whole kilowatt-hours, stands behind it for the case that this program is gone.
 * The line is closed with the driver.
 */
export function openRapiCharger(settings: RapiSettings, line: SerialLine<string>, clock: Clock, log: Log): Dispenser {
  return new Charger(settings, line, clock, log);
}

class Charger implements Dispenser {
  /** The charger writes its energy to memory only when a car is unplugged: without power it forgets the session. */
  readonly readingStepMs = 1_000;
  readonly mostBasePerS: number;
  readonly #settings: RapiSettings;
  readonly #line: SerialLine<string>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #controller: Controller;
  readonly #register: EnergyRegister;
  readonly #events = new DispenserEvents();
  readonly #brake: Brake;
  readonly #guard: Guard;
  readonly #nap = new Nap();
  #delivery: Delivery | null = null;
  /** Rises with each order, so that an older one sees that it was overtaken. */
  #orders = 0;
  /**
   * Whether a sale, also one of an earlier life, is still to learn what came of its delivery: what the meter lost until
   * then cannot be passed over, and what flowed until then is that sale's.
   */
  #owed = true;
  /** Why the meter is not to be believed until the next stop, and whether that has been told. */
  #lost: { readonly detail: string; told: boolean } | null = null;
  /** Where the totaliser stood when nothing could flow and no sale was owed; null until it is known. */
  #restBase: number | null = null;
  /** Whether it charged when it was first heard of; false once that is told. */
  #foundCharging: boolean | null = null;
  /** Whether the charger, as it runs now, was asked for what bounds it while nobody watches. */
  #isKnown = false;
  #restarted = false;
  #state = 0;
  #answeredMs: number;
  #closed = false;

  constructor(settings: RapiSettings, line: SerialLine<string>, clock: Clock, log: Log) {
    this.mostBasePerS = settings.maxPowerW / 3_600;
    this.#settings = settings;
    this.#line = line;
    this.#clock = clock;
    this.#log = log;
    this.#controller = new Controller(line, clock);
    this.#register = new EnergyRegister(settings.maxPowerW);
    this.#guard = new Guard(this.#controller, settings, clock, this.#events);
    this.#brake = new Brake(this.#controller, clock, {
      isUp: () => line.up,
      state: () => this.#state,
      sample: () => this.#sample(),
      seen: (sample) => {
        if (this.#delivery !== null) this.#tell(this.#delivery, sample);
      },
    });
    this.#answeredMs = clock.monotonicMs();
    line.onFrame((text) => this.#notified(text));
    void this.#attend();
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#events.listen(listener);
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const order = ++this.#orders;
    if (limitBase <= shortfallWh(this.#settings)) {
      return declined("refused", `${limitBase} Wh flow before the charger's relay opens: the limit is too low`);
    }
    this.#delivery = null;
    const halted = await this.#halt();
    if (halted.kind !== "done") return halted;
    this.#restarted = false;
    const before = await this.totaliser();
    if (before.kind !== "done") return before;
    const prepared = await this.#guard.prepare();
    if (prepared.kind !== "done") return prepared;
    if (order !== this.#orders) return unknown("stopped before it was armed");
    this.#owed = true;
    this.#restBase = null;
    const delivery = beginDelivery(before.value, limitBase, this.#clock.monotonicMs());
    this.#delivery = delivery;
    const enabled = await this.#controller.enable(() => this.#delivery === delivery);
    if (enabled.kind !== "done" && this.#delivery === delivery) {
      this.#delivery = null;
      await this.#brake.halt();
    }
    if (enabled.kind === "done" && order !== this.#orders) return unknown("stopped while it was armed");
    delivery.isEnabled = true;
    this.#nap.cut();
    return enabled;
  }

  async stop(): Promise<Outcome<null>> {
    this.#orders++;
    this.#delivery = null;
    const halted = await this.#halt();
    if (halted.kind === "done") await this.#tellFound();
    if (halted.kind === "done" && this.#lost?.told === true) {
      this.#lost = null;
      this.#owed = false;
      this.#register.forget();
    }
    return halted;
  }

  async totaliser(): Promise<Outcome<number>> {
    const sample = await this.#sample();
    if (sample.kind !== "done") return sample;
    const totaliserBase = this.#believe(sample.value);
    if (totaliserBase === null) {
      if (this.#lost !== null) this.#lost.told = true;
      return declined("refused", `the charger cannot be believed: ${this.#lost?.detail ?? ""}`);
    }
    if (isAtRest(sample.value) && this.#delivery === null) this.#owed = false;
    this.#rested(sample.value, totaliserBase);
    return done(totaliserBase);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#orders++;
    this.#delivery = null;
    this.#nap.cut();
    await this.#brake.halt();
    await this.#line.close();
  }

  /** Looks after the charger as long as the driver lives. */
  async #attend(): Promise<void> {
    while (!this.#closed) {
      try {
        const delivery = this.#delivery;
        if (delivery === null) await this.#watch();
        else if (delivery.isEnabled) await this.#serve(delivery);
      } catch (error) {
        this.#log.error({ error: String(error) }, "the charger could not be looked after");
      }
      if (!this.#closed) await this.#nap.take(this.#clock, this.#delivery === null ? IDLE_MS : POLL_MS);
    }
  }

  /** One look at a delivery. */
  async #serve(delivery: Delivery): Promise<void> {
    const sample = await this.#sample();
    if (this.#delivery !== delivery) return;
    if (sample.kind !== "done") {
      // What may flow unseen must fit below the limit too.
      if (this.#leftMs(delivery) <= LEAD_MS) await this.#finish(delivery);
      else if (this.#isSilent()) await this.#fail("silent", sample.detail);
      return;
    }
    if (this.#restarted || sample.value.bootLocked) return await this.#fail("restarted", FAULTS.restarted());
    if (!this.#tell(delivery, sample.value)) return await this.#fail("meter", FAULTS.meter(this.#lost?.detail ?? ""));
    if (isFault(sample.value.state)) return await this.#fail("state", faultText(sample.value.state));
    const isUnplugged = delivery.hasCharged && !sample.value.carConnected;
    const isOver = isUnplugged || isAtRest(sample.value) || this.#leftMs(delivery) <= LEAD_MS;
    if (isOver) return await this.#finish(delivery);
    await this.#guard.keep(delivery, sample.value, () => this.#delivery === delivery);
  }

  /** How long it takes at the least until the limit is reached. */
  #leftMs(delivery: Delivery): number {
    const timeMs = ((delivery.endBase - delivery.heardBase) * 3_600_000) / this.#settings.maxPowerW;
    return delivery.heardMs + timeMs - this.#clock.monotonicMs();
  }

  /** Tells the reading; false when it cannot be believed. */
  #tell(delivery: Delivery, sample: Sample): boolean {
    const totaliserBase = this.#believe(sample);
    if (totaliserBase === null) return false;
    delivery.heardBase = totaliserBase;
    delivery.heardMs = sample.askedMs;
    delivery.hasCharged ||= sample.relayClosed;
    this.#events.tell({ type: "reading", totaliserBase });
    return true;
  }

  async #finish(delivery: Delivery): Promise<void> {
    const halted = await this.#brake.halt(this.#leftMs(delivery) - HARD_MS);
    if (this.#delivery !== delivery) return;
    this.#delivery = null;
    if (halted.kind === "done") this.#events.tell({ type: "finished" });
    else this.#events.raise("running", halted.detail);
  }

  async #fail(cause: "silent" | "state" | "restarted" | "meter", detail: string): Promise<void> {
    this.#delivery = null;
    this.#events.raise(cause, detail);
    await this.#brake.halt();
  }

  /** One look at a charger that should not charge. */
  async #watch(): Promise<void> {
    const status = await this.#heard(await this.#controller.status());
    if (this.#delivery !== null) return;
    if (status.kind !== "done") {
      if (this.#isSilent()) this.#events.raise("silent", status.detail);
      return;
    }
    const { state, relayClosed, carConnected } = status.value;
    if (isFault(state)) this.#events.raise("state", faultText(state));
    if (isAtRest(status.value)) {
      // The firmware itself holds most of its faults until the car is unplugged.
      if (!carConnected) this.#events.clear("state");
      if (this.#lost === null) this.#events.clear("meter");
      for (const cause of ["restarted", "alone", "running"]) this.#events.clear(cause);
      this.#restarted = false;
      // Disabled, it would not see the car go.
      if (state === STATE.disabled) await this.#controller.sleep();
      await this.#tellFound();
      if (this.#restBase === null && !this.#owed) await this.#learnRest();
      if (!this.#isKnown) this.#isKnown = (await this.#guard.unlock()).kind === "done";
      return;
    }
    if (relayClosed && this.#restBase !== null) await this.#charging(this.#restBase);
    else await this.#brake.halt();
  }

  /**
   * Asleep, a charger no longer shows that it charged: one that should be at rest, or was never heard of, is looked at
   * first. One that does not answer is told to sleep all the same.
   */
  async #halt(): Promise<Outcome<null>> {
    if (this.#foundCharging === null || this.#restBase !== null) {
      const status = this.#heard(await this.#controller.status());
      const isCharging = status.kind === "done" && status.value.relayClosed;
      if (isCharging && this.#restBase !== null) return await this.#charging(this.#restBase);
    }
    return await this.#brake.halt();
  }

  /** Nothing can flow, and no sale waits for what flowed: what flows from here on was not told to. */
  #rested(sample: Sample, totaliserBase: number): void {
    if (isAtRest(sample) && this.#delivery === null && !this.#owed) this.#restBase = totaliserBase;
  }

  async #learnRest(): Promise<void> {
    const sample = await this.#sample();
    const totaliserBase = sample.kind === "done" ? this.#believe(sample.value) : null;
    if (sample.kind === "done" && totaliserBase !== null) this.#rested(sample.value, totaliserBase);
  }

  /** It charges without having been told to. */
  async #charging(restBase: number): Promise<Outcome<null>> {
    this.#restBase = null;
    this.#events.raise("alone", FAULTS.alone());
    const halted = await this.#brake.halt();
    const sample = await this.#sample();
    const endBase = halted.kind === "done" && sample.kind === "done" ? this.#believe(sample.value) : null;
    if (sample.kind === "done" && endBase !== null) this.#rested(sample.value, endBase);
    // A charger that has lost its session stands below where it rested.
    const quantityBase = endBase === null || endBase < restBase ? null : endBase - restBase;
    this.#events.tell({ type: "unaccounted", quantityBase, detail: "the charger charged without having been told to" });
    return halted;
  }

  /** What a charger gave while nobody watched: at most its session, which may hold what was paid before. */
  async #tellFound(): Promise<void> {
    if (this.#foundCharging !== true) return;
    const sample = await this.#sample();
    if (sample.kind !== "done" || !isAtRest(sample.value)) return;
    // A stop and a look may both have come here.
    if (this.#foundCharging !== true) return;
    this.#foundCharging = false;
    const quantityBase = Math.floor(sample.value.sessionWs / WS_PER_WH);
    const detail = "the charger was charging when this program came: its session has counted so much";
    this.#events.tell({ type: "unaccounted", quantityBase, detail, found: true });
  }

  async #sample(): Promise<Outcome<Sample>> {
    return this.#heard(await this.#controller.sample());
  }

  #heard<T extends Status>(outcome: Outcome<T>): Outcome<T> {
    if (outcome.kind === "done") {
      this.#answeredMs = this.#clock.monotonicMs();
      this.#state = outcome.value.state;
      this.#foundCharging ??= outcome.value.relayClosed;
      this.#events.clear("silent");
    }
    return outcome;
  }

  #isSilent(): boolean {
    return this.#clock.monotonicMs() - this.#answeredMs >= SILENT_MS;
  }

  /** Null while the meter is not to be believed. What it lost while no sale waited for it is only noted. */
  #believe(sample: Sample): number | null {
    if (this.#lost !== null) return null;
    const totaliserBase = this.#register.take(sample, this.#clock.monotonicMs());
    if (typeof totaliserBase === "number") return totaliserBase;
    if (this.#owed) {
      this.#lost = { detail: totaliserBase, told: false };
      return null;
    }
    this.#log.warn({}, totaliserBase);
    this.#register.forget();
    return this.#believe(sample);
  }

  /** What the controller says unasked only makes the driver look sooner, but for a restart. */
  #notified(text: string): void {
    const kind = decodeRapi(text)?.words[0];
    if (kind === "AB") {
      this.#restarted = true;
      this.#isKnown = false;
    }
    if (kind === "AB" || kind === "AT") this.#nap.cut();
  }
}
