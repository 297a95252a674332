import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../../ports/dispenser.ts";
import type { Log } from "../../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../../ports/outcome.ts";
import { DispenserEvents } from "../dispenser-events.ts";
import { ALARM, alarmName, ORDER, type Report, STATUS } from "./application.ts";
import type { DartLink } from "./link.ts";
import { type Believed, Meter } from "./meter.ts";
import { Register } from "./register.ts";
import { askFilling, order, STOPPED, TAKEN } from "./requests.ts";
import { Turns } from "./turns.ts";

export interface DartPumpSettings {
  /** 0x50 to 0x6F. */
  readonly address: number;
  /** The logical nozzles that are sold from, each 1 to 8; no other is ever allowed. */
  readonly nozzles: readonly number[];
  /** Digits after the point in the pump's volumes and totals, in litres: its parameter, not its display's. */
  readonly volumeDecimals: 0 | 1 | 2 | 3;
  /** The unit price as the pump shows it, without the point (1989 for 19.89); null leaves the pump's own. */
  readonly priceDigits: number | null;
  /** Between readings of a delivery, what they take to ask not counted; 150 unless given. */
  readonly readingMs?: number;
  /** Between looks at a pump that nobody uses; 5,000 unless given. */
  readonly watchMs?: number;
}

/** A pump that shows a price. */
export interface DartDispenser extends Dispenser {
  /** Shown, and what the pump's own amount is made of, from the next delivery on. */
  setPrice(priceDigits: number): void;
}

const READING_MS = 150;
const WATCH_MS = 5_000;
/** Between looks while something stands against selling. */
const HURRIED_WATCH_MS = 1_000;
/** A total must stand still for so long before what flowed unasked is taken for over. */
const CALM_MS = 30_000;
const AUTHORIZE_ATTEMPTS = 3;
const STOP_ATTEMPTS = 2;
/** Calls that wait for the pump; the engine makes no more than a few. */
const MOST_WAITING = 16;
const MAX_PRESET = 99_999_999;

/**
 * One side of a DART pump, quantities in millilitres. The pump enforces the limit: its preset goes out in one block with
 * the authorisation, so that neither is ever taken without the other. Bills are made of the pump's total, which is
 * taken only from two equal looks at a pump that stands still, and audited against the volume it shows.
 *
 * A pump with a broken register, a failed audit or a preset it did not keep stays out of order until the daemon is
 * started again: a person has to look at it.
 */
export class DartPump implements DartDispenser {
  readonly readingStepMs = null;
  readonly #link: DartLink;
  readonly #settings: DartPumpSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #unitBase: number;
  readonly #register: Register;
  readonly #meter: Meter;
  readonly #turns = new Turns(MOST_WAITING);
  readonly #events = new DispenserEvents();
  #priceDigits: number | null;
  #status: number | null = null;
  #stops = 0;
  #stopping: Promise<Outcome<null>> | null = null;
  #unaccountedAtMs = 0;
  #closed = false;
  #cancelTick: Cancel = () => {};

  constructor(link: DartLink, settings: DartPumpSettings, clock: Clock, log: Log) {
    this.#link = link;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#priceDigits = settings.priceDigits;
    this.#unitBase = 10 ** (3 - settings.volumeDecimals);
    this.#register = new Register(this.#unitBase);
    this.#meter = new Meter(link, { nozzles: settings.nozzles, unitBase: this.#unitBase }, this.#register, clock);
    link.listen(
      (report) => this.#onReport(report),
      (why) => (why === null ? this.#events.clear("silent") : this.#events.raise("silent", why)),
    );
    this.#schedule();
  }

  setPrice(priceDigits: number): void {
    this.#priceDigits = priceDigits;
  }

  arm(limitBase: number): Promise<Outcome<null>> {
    const stops = this.#stops;
    return this.#turns.run(() => this.#arm(limitBase, () => stops !== this.#stops));
  }

  stop(): Promise<Outcome<null>> {
    this.#stops++;
    if (this.#stopping === null) {
      this.#link.abandon();
      this.#stopping = this.#turns
        .run(() => this.#stop())
        .finally(() => {
          this.#stopping = null;
        });
    }
    return this.#stopping;
  }

  totaliser(): Promise<Outcome<number>> {
    return this.#turns.run(() => this.#total());
  }

  listen(listener: (event: DispenserEvent) => void): void {
    this.#events.listen(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTick();
    this.#link.abandon();
    await this.#turns.close();
  }

  async #arm(limitBase: number, overtaken: () => boolean): Promise<Outcome<null>> {
    const limit = Math.min(Math.floor(limitBase / this.#unitBase), MAX_PRESET);
    if (limit < 1) return declined("refused", `the pump cannot be preset to ${limitBase} ml`);
    if (this.#register.armed) return declined("refused", "the pump is armed already");
    const start = await this.#total();
    if (start.kind !== "done") return start;
    const against = this.#events.fault;
    if (against !== null) return declined("refused", against);
    const shown = await this.#prepare();
    if (shown.kind !== "done") return shown;
    if (overtaken()) return declined("refused", "it was stopped meanwhile");
    this.#register.begin(start.value, limit * this.#unitBase, shown.value);
    let answer: Outcome<number> = unknown("not asked");
    for (let attempt = 0; attempt < AUTHORIZE_ATTEMPTS && !overtaken() && answer.kind !== "done"; attempt++) {
      answer = await order(
        this.#link,
        [
          { type: "allowed-nozzles", nozzles: this.#settings.nozzles },
          { type: "preset-volume", volume: limit },
          { type: "order", order: ORDER.authorize },
        ],
        TAKEN,
      );
    }
    this.#schedule();
    if (answer.kind !== "done") return unknown(`the pump did not confirm that it is authorised: ${answer.detail}`);
    this.#events.tell({ type: "reading", totaliserBase: start.value });
    return done(null);
  }

  /** Brings the pump to RESET, the only status in which it can be authorised; `done` with what it then shows. */
  async #prepare(): Promise<Outcome<number>> {
    const price = this.#priceDigits;
    if (price !== null) {
      const prices = Array.from({ length: Math.max(...this.#settings.nozzles) }, () => price);
      const priced = await order(this.#link, [{ type: "prices", prices }]);
      if (priced.kind !== "done") return priced;
    }
    const reset = await order(this.#link, [{ type: "order", order: ORDER.reset }], new Set([STATUS.reset]));
    if (reset.kind !== "done") return reset;
    const filling = await askFilling(this.#link);
    return filling.kind === "done" ? done(filling.value.volume * this.#unitBase) : filling;
  }

  async #stop(): Promise<Outcome<null>> {
    let answer: Outcome<number> = unknown("not asked");
    for (let attempt = 0; attempt < STOP_ATTEMPTS && answer.kind !== "done"; attempt++) {
      answer = await order(this.#link, [{ type: "order", order: ORDER.stop }], STOPPED);
      // Where answers come late, the first may be older than the question.
      if (answer.kind === "done") answer = await order(this.#link, [], STOPPED);
    }
    if (answer.kind !== "done") return unknown(`the pump did not confirm that it stopped: ${answer.detail}`);
    this.#register.end(this.#clock.monotonicMs());
    return done(null);
  }

  async #total(): Promise<Outcome<number>> {
    const stops = this.#stops;
    const read = await this.#meter.read(() => stops !== this.#stops);
    if (read.kind === "declined") {
      this.#events.raise("register", `its register cannot be believed: ${read.detail}`);
    }
    if (read.kind !== "done") return read;
    this.#complain(read.value);
    return done(read.value.totalBase);
  }

  #complain({ complaints, unaccountedBase }: Believed): void {
    for (const { about, detail } of complaints) {
      this.#log.error({ pump: this.#settings.address, about, detail }, "a delivery does not add up");
      this.#events.raise(about, `the last delivery does not add up: ${detail}`);
    }
    if (unaccountedBase === 0) return;
    const detail = `${unaccountedBase} ml flowed though the pump was not armed`;
    this.#unaccountedAtMs = this.#clock.monotonicMs();
    this.#events.tell({ type: "unaccounted", quantityBase: unaccountedBase, detail });
    this.#events.raise("unaccounted", detail);
  }

  #onReport(report: Report): void {
    if (report.type === "status") {
      this.#status = report.status;
      if (this.#register.armed && STOPPED.has(report.status)) this.#schedule(0);
    } else if (report.type === "alarm") {
      if (report.alarm === ALARM.cpuReset || report.alarm === ALARM.powerFailure) this.#register.restarted();
      this.#log.warn({ pump: this.#settings.address, alarm: report.alarm }, "a pump gives alarm");
      this.#events.raise("alarm", `the pump gives alarm: ${alarmName(report.alarm)}`);
    } else if (report.type === "nozzle" && report.out && this.#register.armed) {
      const price = this.#priceDigits;
      if (price === null || report.price === price) return;
      this.#events.raise("price", `the pump shows the price ${report.price} instead of ${price}`);
    }
  }

  #schedule(delayMs?: number): void {
    this.#cancelTick();
    if (this.#closed) return;
    const { readingMs = READING_MS, watchMs = WATCH_MS } = this.#settings;
    const idleMs = this.#events.fault === null ? watchMs : Math.min(watchMs, HURRIED_WATCH_MS);
    this.#cancelTick = this.#clock.after(delayMs ?? (this.#register.armed ? readingMs : idleMs), () => {
      void this.#turns
        .run(async () => {
          await (this.#register.armed ? this.#follow() : this.#watch());
          return done(null);
        })
        .then(() => this.#schedule());
    });
  }

  /** Tells how far a delivery has come, and when it is over. */
  async #follow(): Promise<void> {
    const filling = await askFilling(this.#link);
    if (filling.kind !== "done") return;
    const { status, volume } = filling.value;
    if (STOPPED.has(status)) {
      const total = await this.#total();
      this.#register.end(this.#clock.monotonicMs());
      if (total.kind === "done") this.#events.tell({ type: "reading", totaliserBase: total.value });
      this.#events.tell({ type: "finished" });
      return;
    }
    // Until it fills, a pump may still show the volume of the delivery before.
    const live = this.#register.live(status === STATUS.authorized ? null : volume * this.#unitBase);
    if (live === null) return;
    this.#events.tell({ type: "reading", totaliserBase: live.totaliserBase });
    if (live.kind === "reading") return;
    this.#events.raise("overrun", `the pump gives ${live.volumeBase} ml, more than it was preset to`);
    void this.stop();
  }

  /** Looks after a pump that nobody uses: nothing may flow, and what stood against selling may be over. */
  async #watch(): Promise<void> {
    // The bus goes on polling it, and hears when it is back.
    if (this.#link.isSilent) return;
    const events = this.#events;
    const total = await this.#total();
    const status = this.#status;
    if (total.kind === "done") events.clear("unarmed");
    else if (!this.#link.isSilent && (this.#meter.moves || (status !== null && !STOPPED.has(status)))) {
      events.raise("unarmed", "the pump delivers though it was not armed");
      await this.#stop();
      return;
    }
    if (total.kind !== "done" || this.#register.owing) return;
    if (status === STATUS.off) events.raise("off", "the pump is switched off");
    else events.clear("off");
    if (status === STATUS.notProgrammed && this.#priceDigits === null) {
      events.raise("unprogrammed", "the pump has no price: set it at the pump, or give it one");
    } else events.clear("unprogrammed");
    if (this.#clock.monotonicMs() - this.#unaccountedAtMs >= CALM_MS) events.clear("unaccounted");
    if ((events.has("alarm") || events.has("price")) && (await this.#prepare()).kind === "done") {
      events.clear("alarm");
      events.clear("price");
    }
  }
}
