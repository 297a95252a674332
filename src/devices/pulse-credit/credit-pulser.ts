import type { GpioInput } from "../../platform/gpio/gpio.ts";
import { Nap, within } from "../../platform/time/wait.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import { limitProblem } from "../parts/limit.ts";
import { confirmed, type RegisterFile } from "../parts/register-file.ts";
import type { CoinLine } from "./coin-line.ts";
import type { CreditState } from "./credit-register.ts";
import { DOUBTS, doubtful, FAULTS } from "./faults.ts";

export interface CreditRules {
  /** What one pulse is worth, in base units of the product. */
  readonly valueBase: number;
  readonly maxPulses: number;
  readonly offMs: number;
  /** From the last pulse of one sale to the first of the next. */
  readonly pauseMs: number;
  /** How long a machine that takes no coins is waited for in a sale. */
  readonly inhibitWaitMs: number;
}

export interface CreditPulserParts {
  readonly rules: CreditRules;
  readonly coin: CoinLine;
  /** Active while the machine takes no coins. */
  readonly inhibit: GpioInput | null;
  readonly register: RegisterFile<CreditState>;
  readonly events: DispenserEvents;
  readonly clock: Clock;
  readonly log: Log;
}

interface Delivery {
  readonly pulses: number;
  isStopped: boolean;
  /** Since when no pulse went out because the machine takes none. */
  inhibitedSinceMs: number | null;
}

const LOOK_MS = 50;
/** A contact that opens bounces: it is believed when it has stayed open for so long. */
const STEADY_MS = 200;
const TICK_MS = 250;
const MEND_MS = 10_000;
/** A pulse to its end, and two saves at their slowest. */
const LONGEST_STOP_MS = 12_000;

/**
 * Gives credits one pulse after the other: the register knows of each before it goes out, and counts it once it is known
 * to have gone out. One of which that is not known is neither repeated nor counted, and ends the delivery. Whether the
 * machine made anything of a pulse, nobody knows.
 */
export class CreditPulser implements Dispenser {
  /** The register keeps itself. */
  readonly readingStepMs = null;
  readonly mostBasePerS = null;
  readonly #parts: CreditPulserParts;
  readonly #nap = new Nap();
  /** What is on disk for sure, and what is to be. */
  #known: CreditState;
  #wanted: CreditState;
  #delivery: Delivery | null = null;
  #giving: Promise<void> | null = null;
  #quietUntilMs: number;
  /** When the line that says so was active last. */
  #inhibitedMs = Number.NEGATIVE_INFINITY;
  #savedAtMs = 0;
  #closed = false;
  #cancel: Cancel = () => {};

  constructor(parts: CreditPulserParts) {
    this.#parts = parts;
    this.#known = parts.register.value;
    this.#wanted = this.#known;
    const { pulse } = this.#known;
    if (pulse !== null) this.#doubt(pulse, DOUBTS.interrupted);
    // When the last pulse before the start was, nobody knows.
    this.#quietUntilMs = this.#nowMs + this.#quietMs;
    this.#tick();
  }

  async arm(limitBase: number): Promise<Outcome<null>> {
    const { events, rules, coin } = this.#parts;
    if (this.#closed) return declined("refused", "the driver is closed");
    const problem = limitProblem(limitBase);
    if (problem !== null) return declined("refused", problem);
    const isBusy = this.#delivery !== null || this.#giving !== null;
    if (isBusy) return declined("refused", "it is armed, or a pulse is on its way");
    this.#lookAtInhibit();
    if (events.fault !== null) return declined("refused", events.fault);
    if (!coin.isOff) return declined("refused", "the line to the coin input does not confirm that it is off");
    const pulses = Math.min(rules.maxPulses, Math.floor(limitBase / rules.valueBase));
    if (pulses === 0) return declined("refused", `no pulse can be bought for ${limitBase}`);
    const delivery: Delivery = { pulses, isStopped: false, inhibitedSinceMs: null };
    this.#delivery = delivery;
    this.#giving = this.#give(delivery)
      .catch((error: unknown) => this.#failed(String(error)))
      .finally(() => {
        this.#giving = null;
      });
    this.#schedule(0);
    return done(null);
  }

  /** A pulse that has begun goes to its end: cut short, nobody would know what the machine made of it. */
  async stop(): Promise<Outcome<null>> {
    if (this.#closed) return unknown("the driver is closed");
    const { clock, coin } = this.#parts;
    if (this.#delivery !== null) this.#delivery.isStopped = true;
    this.#delivery = null;
    this.#nap.cut();
    const ended = (this.#giving ?? Promise.resolve()).then(() => true);
    if ((await within(clock, LONGEST_STOP_MS, ended)) === undefined) return unknown("a pulse has no end");
    if (!coin.isOff) await coin.off();
    return coin.isOff ? done(null) : unknown("the line to the coin input does not confirm that it is off");
  }

  async totaliser(): Promise<Outcome<number>> {
    if (this.#closed) return unknown("the driver is closed");
    if (this.#wanted.totalBase !== this.#known.totalBase) return unknown("a pulse that went out is not on record yet");
    return done(this.#known.totalBase);
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#parts.events.listen(listener);
    // What an earlier run left in doubt stays in the register until somebody has heard of it.
    if (this.#known.pulse !== null && this.#giving === null) void this.#settle(0);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.stop();
    this.#closed = true;
    this.#cancel();
    await this.#parts.register.close();
  }

  /** The line has changed, so that it was active just now, or is. */
  inhibitChanged(): void {
    this.#inhibitedMs = this.#nowMs;
    this.#lookAtInhibit();
  }

  held(held: boolean, detail: string): void {
    const { events, coin } = this.#parts;
    if (held) {
      events.clear("lines");
      return;
    }
    coin.lost();
    events.raise("lines", FAULTS.lines(detail));
  }

  get #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }

  get #quietMs(): number {
    const { pauseMs, offMs } = this.#parts.rules;
    return Math.max(pauseMs, offMs);
  }

  get #isInhibited(): boolean {
    return this.#parts.inhibit?.active === true;
  }

  /** In a sale it is waited for instead. */
  #lookAtInhibit(): void {
    const { events } = this.#parts;
    if (this.#giving !== null) return;
    if (this.#isInhibited) events.raise("inhibit", FAULTS.inhibit());
    else events.clear("inhibit");
  }

  async #give(delivery: Delivery): Promise<void> {
    const { rules, events } = this.#parts;
    await this.#untilQuiet(delivery);
    let given = 0;
    while (given < delivery.pulses && (await this.#mayPulse(delivery))) {
      const result = await this.#pulse(given + 1, delivery);
      if (result === "doubtful") break;
      if (result === "withheld") continue;
      given += 1;
      delivery.inhibitedSinceMs = null;
      if (given < delivery.pulses) await this.#nap.take(this.#parts.clock, rules.offMs);
    }
    if (this.#delivery !== delivery) return;
    this.#delivery = null;
    this.#tellReading();
    events.tell({ type: "finished" });
  }

  async #untilQuiet(delivery: Delivery): Promise<void> {
    while (!delivery.isStopped && this.#nowMs < this.#quietUntilMs) {
      await this.#nap.take(this.#parts.clock, Math.min(TICK_MS, this.#quietUntilMs - this.#nowMs));
    }
  }

  /** False when the delivery is over. */
  async #mayPulse(delivery: Delivery): Promise<boolean> {
    const { events, rules, clock } = this.#parts;
    while (!delivery.isStopped && events.fault === null) {
      const isSteady = !this.#isInhibited && this.#nowMs - this.#inhibitedMs >= STEADY_MS;
      if (!isSteady) delivery.inhibitedSinceMs ??= this.#nowMs;
      // Counted from the last pulse on, whatever the line says in between: one that flutters keeps no sale open.
      const sinceMs = delivery.inhibitedSinceMs;
      if (sinceMs !== null && this.#nowMs - sinceMs >= rules.inhibitWaitMs) return false;
      if (isSteady) return true;
      await this.#nap.take(clock, LOOK_MS);
    }
    return false;
  }

  /** `withheld`: it did not go out, and may still. `doubtful`: nobody knows, or nothing can be written. */
  async #pulse(n: number, delivery: Delivery): Promise<"given" | "withheld" | "doubtful"> {
    const { rules, events, coin } = this.#parts;
    const pulse = { n, of: delivery.pulses, valueBase: rules.valueBase };
    const isEntered = await this.#save({ totalBase: this.#wanted.totalBase, pulse });
    if (!isEntered || delivery.isStopped || this.#isInhibited || events.fault !== null) {
      if (this.#isInhibited) delivery.inhibitedSinceMs ??= this.#nowMs;
      await this.#settle(0);
      return isEntered ? "withheld" : "doubtful";
    }
    const sent = await coin.pulse();
    this.#quietUntilMs = this.#nowMs + this.#quietMs;
    if (!coin.isOff) events.raise("output", FAULTS.output("the line to the coin input cannot be set"));
    if (sent.kind === "done") {
      await this.#settle(rules.valueBase);
      return "given";
    }
    // Told before it leaves the register: a run that dies in between tells of it once more.
    this.#doubt(pulse, sent.kind === "unknown" ? sent.detail : sent.reason);
    await this.#settle(0);
    return "doubtful";
  }

  #doubt({ n, of, valueBase }: NonNullable<CreditState["pulse"]>, why: string): void {
    const detail = doubtful(n, of, why);
    this.#parts.log.warn({ valueBase }, detail);
    this.#parts.events.tell({ type: "unaccounted", quantityBase: valueBase, detail });
  }

  #failed(why: string): void {
    this.#parts.log.error({ error: why }, "pulses failed");
    this.#parts.events.raise("loop", FAULTS.loop(why));
  }

  #settle(valueBase: number): Promise<boolean> {
    return this.#save({ totalBase: this.#wanted.totalBase + valueBase, pulse: null });
  }

  async #save(state: CreditState): Promise<boolean> {
    const { register, clock, events } = this.#parts;
    this.#wanted = state;
    this.#savedAtMs = this.#nowMs;
    const saved = await confirmed(register.save(state), clock);
    if (saved.kind !== "done") {
      events.raise("register", FAULTS.register(saved.detail));
      return false;
    }
    this.#known = state;
    if (this.#wanted === state) events.clear("register");
    return true;
  }

  #tick(): void {
    if (this.#giving === null) this.#rest();
    if (this.#delivery !== null) this.#tellReading();
    this.#schedule(TICK_MS);
  }

  #rest(): void {
    const { coin, events } = this.#parts;
    if (coin.isOff) events.clear("output");
    else void coin.off();
    const isDue = this.#wanted !== this.#known && this.#nowMs - this.#savedAtMs >= MEND_MS;
    if (isDue) void this.#save(this.#wanted);
    this.#lookAtInhibit();
  }

  #schedule(delayMs: number): void {
    this.#cancel();
    if (!this.#closed) this.#cancel = this.#parts.clock.after(delayMs, () => this.#tick());
  }

  #tellReading(): void {
    this.#parts.events.tell({ type: "reading", totaliserBase: this.#known.totalBase });
  }
}
