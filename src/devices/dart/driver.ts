import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DispenserEvents } from "../parts/dispenser-events.ts";
import { ALARM, alarmName, ORDER, type Report, STATUS } from "./application.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { type FigureSettings, Figures } from "./figures.ts";
import type { DartLink } from "./link.ts";
import { type Believed, Meter } from "./meter.ts";
import { MOST_ML_PER_MINUTE, PumpRegister, type Shown } from "./pump-register.ts";
import { askDecimals, askFilling, type Filling, order, STOPPED, TAKEN } from "./requests.ts";
import { Turns } from "./turns.ts";

export interface DartPumpSettings extends Omit<FigureSettings, "volumeDecimals"> {
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
/** Some pumps do not say how many decimals they have; then their figures are held against each other alone. */
const DECIMALS_ATTEMPTS = 2;
/** Looks in a row at figures that contradict each other, until they are believed to: a damaged one may pass the CRC. */
const CONTRADICTING_LOOKS = 3;
/** Calls that wait for the pump; the engine makes no more than a few. */
const MOST_WAITING = 16;
const MAX_PRESET = 99_999_999;

/**
 * One side of a DART pump, quantities in millilitres. The pump enforces the limit: its preset goes out in one block with
 * the authorisation, so that neither is ever taken without the other. Bills are made of the pump's total, which is
 * taken only from two equal looks at a pump that stands still, and audited against the volume it shows.
 *
 * The pump's own amount is held against volume times price at each reading, and the decimals that it has against those
 * of the configuration at each start and whenever it is back. A delivery whose figures differ is a person's.
 *
 * A pump with a broken register, a failed audit, a preset it did not keep or figures that differ stays out of order
 * until the daemon is started again: a person has to look at it.
 */
export class DartPump implements DartDispenser {
  readonly readingStepMs = null;
  readonly mostBasePerS = MOST_ML_PER_MINUTE / 60;
  readonly #link: DartLink;
  readonly #settings: DartPumpSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #unitBase: number;
  readonly #register: PumpRegister;
  readonly #meter: Meter;
  readonly #figures: Figures;
  readonly #turns = new Turns(MOST_WAITING);
  readonly #events = new DispenserEvents();
  #priceDigits: number | null;
  #status: number | null = null;
  #shownPrice: number | null = null;
  /** How often it may still be asked for its decimals. */
  #decimalsAsks = DECIMALS_ATTEMPTS;
  #contradictingLooks = 0;
  /** A price was sent, which may not be that of the delivery that is shown. */
  #hasPriced = false;
  /** Whether what contradicts in the delivery that is shown is as much as a wrong decimal makes. */
  #isDecimalOff = false;
  /** Why the last delivery is a person's, and every one after it. */
  #dispute: string | null = null;
  #stops = 0;
  #stopping: Promise<Outcome<null>> | null = null;
  #unaccountedAtMs = 0;
  #closed = false;
  #cancelTick: Cancel = () => {};
  readonly #sinceMs: number;

  constructor(link: DartLink, settings: DartPumpSettings, clock: Clock, log: Log) {
    this.#link = link;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#sinceMs = clock.monotonicMs();
    this.#priceDigits = settings.priceDigits;
    this.#unitBase = 10 ** (3 - settings.volumeDecimals);
    this.#register = new PumpRegister(this.#unitBase);
    this.#figures = new Figures(settings);
    this.#meter = new Meter(link, { nozzles: settings.nozzles, unitBase: this.#unitBase }, this.#register, clock);
    link.listen(
      (report) => this.#onReport(report),
      (why) => this.#onSilence(why),
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
    this.#contradictingLooks = 0;
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
  async #prepare(): Promise<Outcome<Shown>> {
    const price = this.#priceDigits;
    if (price !== null) {
      const prices = Array.from({ length: Math.max(...this.#settings.nozzles) }, () => price);
      this.#hasPriced = true;
      const priced = await order(this.#link, [{ type: "prices", prices }]);
      if (priced.kind !== "done") return priced;
    }
    const reset = await order(this.#link, [{ type: "order", order: ORDER.reset }], new Set([STATUS.reset]));
    if (reset.kind !== "done") return reset;
    const filling = await askFilling(this.#link);
    return filling.kind === "done" ? done(this.#shownOf(filling.value)) : filling;
  }

  #shownOf({ volume, amount }: Filling): Shown {
    return { volumeBase: volume * this.#unitBase, amount };
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
    const overtaken = (): boolean => stops !== this.#stops;
    await this.#compareDecimals(overtaken);
    const wasOwing = this.#register.owing;
    const read = await this.#meter.read(overtaken);
    if (read.kind === "declined") this.#raise("register", read.detail);
    if (read.kind !== "done") return read;
    this.#complain(read.value);
    const dispute = this.#disputeOf(read.value, wasOwing);
    return dispute === null ? done(read.value.totalBase) : declined("disputed", dispute);
  }

  /** Once after each start of the daemon or of the pump: what is read of it is worth nothing with another decimal. */
  async #compareDecimals(overtaken: () => boolean): Promise<void> {
    // A pump that gives the same alarm at each poll starts them anew each time.
    for (let asks = 0; asks < DECIMALS_ATTEMPTS && this.#decimalsAsks > 0 && !overtaken(); asks++) {
      if (this.#link.isSilent) break;
      const asked = await askDecimals(this.#link);
      if (asked.kind === "done") this.#figures.heard(asked.value);
      if (asked.kind === "done" || !overtaken())
        this.#decimalsAsks = asked.kind === "done" ? 0 : this.#decimalsAsks - 1;
    }
    const problem = this.#figures.decimalsProblem;
    if (problem === null) this.#events.clear("decimals");
    else this.#raise("decimals", problem);
  }

  /** Why nobody can say what was delivered; null when all that the pump says fits together. */
  #disputeOf({ shown, isNothing }: Believed, wasOwing: boolean): string | null {
    if (this.#dispute !== null) return this.#dispute;
    const decimals = this.#figures.decimalsProblem;
    if (decimals !== null) return isNothing ? null : FAULTS.decimals(decimals);
    const isOfDelivery = wasOwing && !isNothing;
    // Of an earlier delivery: the price may have been changed since.
    const isWide = !isOfDelivery && (this.#hasPriced || this.#priceDigits === null);
    const haveFitted = !isOfDelivery && this.#figures.haveFitted(shown);
    const amount = haveFitted ? null : this.#amountProblem(shown, isWide);
    this.#isDecimalOff = this.#amountProblem(shown, true) !== null;
    if (amount === null) {
      this.#figures.fit(shown);
      this.#events.clear("amount");
      return null;
    }
    this.#raise("amount", amount);
    if (isOfDelivery) this.#dispute = FAULTS.amount(amount);
    return isNothing ? null : FAULTS.amount(amount);
  }

  #amountProblem(shown: Filling, isWide: boolean): string | null {
    return this.#figures.amountProblem({ ...shown, price: shown.price ?? this.#shownPrice }, isWide);
  }

  #complain({ complaints, unaccounted }: Believed): void {
    for (const { about, detail } of complaints) {
      this.#log.error({ pump: this.#settings.address, about, detail }, "a delivery does not add up");
      this.#raise(about, detail);
    }
    if (unaccounted === null) return;
    this.#unaccountedAtMs = this.#clock.monotonicMs();
    this.#events.tell({ type: "unaccounted", ...unaccounted });
    this.#raise("unaccounted", unaccounted.detail);
  }

  #raise(fault: Fault, why = ""): void {
    this.#events.raise(fault, FAULTS[fault](why));
  }

  /** Null when it speaks again: it may be another pump by now. */
  #onSilence(why: string | null): void {
    if (why !== null) {
      this.#raise("silent", why);
      return;
    }
    this.#decimalsAsks = DECIMALS_ATTEMPTS;
    this.#events.clear("silent");
  }

  #onReport(report: Report): void {
    if (report.type === "status") {
      this.#status = report.status;
      if (this.#register.armed && STOPPED.has(report.status)) this.#schedule(0);
    } else if (report.type === "alarm") {
      if (report.alarm === ALARM.cpuReset || report.alarm === ALARM.powerFailure) {
        this.#register.restarted();
        this.#decimalsAsks = DECIMALS_ATTEMPTS;
      }
      this.#log.warn({ pump: this.#settings.address, alarm: report.alarm }, "a pump gives alarm");
      this.#raise("alarm", alarmName(report.alarm));
    } else if (report.type === "nozzle") {
      this.#shownPrice = report.price;
      this.#onPrice(report);
    }
  }

  #onPrice({ price, nozzle, out }: Extract<Report, { type: "nozzle" }>): void {
    const wanted = this.#priceDigits;
    if (wanted !== null) {
      const differs = out && this.#register.armed && price !== wanted;
      if (differs) this.#raise("price", `the pump shows the price ${price} instead of ${wanted}`);
      return;
    }
    if (!this.#settings.nozzles.includes(nozzle)) return;
    const problem = this.#figures.priceProblem(price);
    if (problem === null) this.#events.clear("price");
    else this.#raise("price", problem);
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
    const { status } = filling.value;
    if (STOPPED.has(status)) {
      const total = await this.#total();
      this.#register.end(this.#clock.monotonicMs());
      if (total.kind === "done") this.#events.tell({ type: "reading", totaliserBase: total.value });
      this.#events.tell({ type: "finished" });
      return;
    }
    // Until it fills, a pump may still show the delivery before.
    const live = this.#register.live(status === STATUS.authorized ? null : this.#shownOf(filling.value));
    if (live === null) return;
    this.#events.tell({ type: "reading", totaliserBase: live.totaliserBase });
    const amount = this.#register.hasBegun ? this.#amountProblem(filling.value, false) : null;
    this.#contradictingLooks = amount === null ? 0 : this.#contradictingLooks + 1;
    if (amount !== null && this.#contradictingLooks >= CONTRADICTING_LOOKS) {
      this.#dispute ??= FAULTS.amount(amount);
      this.#raise("amount", amount);
    } else if (live.kind === "overrun") this.#raise("overrun", `${live.volumeBase} ml`);
    else return;
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
      this.#raise("unarmed");
      await this.#stop();
      return;
    }
    if (this.#isOldDispute) {
      await this.#prepare();
      return;
    }
    if (total.kind !== "done" || this.#register.owing) return;
    if (status === STATUS.off) this.#raise("off");
    else events.clear("off");
    if (status === STATUS.notProgrammed && this.#priceDigits === null) {
      this.#raise("unprogrammed");
    } else events.clear("unprogrammed");
    if (this.#clock.monotonicMs() - this.#unaccountedAtMs >= CALM_MS) events.clear("unaccounted");
    const isOursToSet = events.has("price") && this.#priceDigits !== null;
    if ((events.has("alarm") || isOursToSet) && (await this.#prepare()).kind === "done") {
      events.clear("alarm");
      if (isOursToSet) events.clear("price");
    }
  }

  /** Figures of a delivery before this start that no wrong decimal explains: whoever they concern has them by now. */
  get #isOldDispute(): boolean {
    const isOld = this.#events.has("amount") && this.#dispute === null && !this.#register.owing;
    const isExplained = this.#isDecimalOff && !this.#figures.decimalsAgree;
    return isOld && !isExplained && this.#clock.monotonicMs() - this.#sinceMs >= CALM_MS;
  }
}
