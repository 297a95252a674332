import type { SerialLine } from "../../platform/serial/line.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { type Frame, readAnswer, readRequest } from "./codec.ts";
import { decodeFigure, type Figure, type RegisterMap, stepWh } from "./registers.ts";
import { belowZero, exchanged, noNumber, registerRefused } from "./texts.ts";
import { Trust, type TrustSettings } from "./trust.ts";

export interface MeterSettings
  extends Pick<TrustSettings, "maxPowerW" | "lagMs" | "steadyMs" | "isOwed" | "begunAnew"> {
  readonly unit: number;
  readonly map: RegisterMap;
  readonly timeoutMs: number;
}

export interface Reading {
  readonly totaliserBase: number;
  /** What it counts when energy flows the other way; null where it is not known to. */
  readonly reverseBase: number | null;
  /** What the meter tells, whatever that is; null where it does not. */
  readonly toldW: number | null;
  /** What may flow; the greatest that can, where the meter does not say. */
  readonly powerW: number;
  /** Whether it tells so much power, in whatever direction, that a register must go on. */
  readonly isFlowing: boolean;
  /** When it was asked for: what it says is no older. */
  readonly atMs: number;
  /** How much later it may have been taken, up to the last answer. */
  readonly tookMs: number;
}

/** So much power is more than what meters make up from noise: Eastron's need not count below 9.2 W. */
const COUNTED_W = 10;
/** A meter that left so many questions for its number open does not know it. */
const UNNUMBERED = 2;
/** In so long a silence it may have been exchanged. */
const EXCHANGE_MS = 3_000;
/** How often its number is read while nothing is owed. */
const NUMBER_MS = 60_000;

/** A meter on a Modbus line: figures that can be believed, or none. */
export class Meter {
  readonly #settings: MeterSettings;
  readonly #line: SerialLine<Frame>;
  readonly #clock: Clock;
  readonly #trust: Trust;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #answeredMs: number | null = null;
  #number: number | null = null;
  /** Of another meter in its place, while a sale may yet be charged by the first. */
  #otherNumber: number | null = null;
  #unnumbered = 0;
  #isNumberDue = true;
  #numberedMs = 0;
  #silentSinceMs: number | null = null;
  #believedBase: number | null = null;
  /** Where the meter stood that was exchanged, until the new one is believed. */
  #formerBase: number | null = null;

  constructor(settings: MeterSettings, line: SerialLine<Frame>, clock: Clock) {
    this.#settings = settings;
    this.#line = line;
    this.#clock = clock;
    this.#trust = new Trust({ ...settings, stepBase: (base) => this.stepWh(base) });
  }

  /** What its energy register steps by where it stands. */
  stepWh(energyWh: number): number {
    return stepWh(this.#settings.map, energyWh);
  }

  /** What is wrong with its figures; null when nothing is. */
  get broken(): string | null {
    if (this.#otherNumber !== null && this.#number !== null) return exchanged(this.#number, this.#otherNumber);
    return this.#trust.broken;
  }

  /**
   * Energy, then power, one reading at a time: answers that have come to run one request behind fit neither. Without
   * both there is no reading.
   */
  read(): Promise<Outcome<Reading>> {
    const reading = this.#lastTurn.then(() => this.#readOnce());
    this.#lastTurn = reading;
    return reading;
  }

  async #readOnce(): Promise<Outcome<Reading>> {
    const { map, maxPowerW } = this.#settings;
    const askedMs = this.#clock.monotonicMs();
    const answer = await this.#ask(map.energy);
    if (answer.kind !== "done") {
      this.#silentSinceMs ??= askedMs;
      return answer;
    }
    this.#isNumberDue ||= this.#mayBeAnother(askedMs);
    this.#silentSinceMs = null;
    if (this.#isNumberDue && this.#believedBase !== null) await this.#readNumber();
    const answeredMs = this.#clock.monotonicMs();
    const power = map.power === null ? null : await this.#figure(map.power);
    if (power !== null && power.kind !== "done") return power;
    const energy = this.#decode(map.energy, answer.value);
    if (energy.kind !== "done") return energy;
    if (energy.value < 0) return unknown(belowZero(energy.value));
    if (this.#otherNumber !== null && !this.#takeOther()) return unknown(this.broken ?? "");
    if (this.#trust.judge({ base: energy.value, askedMs, answeredMs }) === "doubtful")
      return unknown(this.#trust.doubt);
    this.#believedBase = energy.value;
    if (this.#formerBase !== null) this.#settings.begunAnew(this.#formerBase, energy.value);
    this.#formerBase = null;
    const reverse = map.reverse === null ? null : this.#decode(map.reverse, answer.value);
    const toldW = power === null ? null : power.value;
    return done({
      totaliserBase: energy.value,
      reverseBase: reverse?.kind === "done" ? reverse.value : null,
      toldW,
      powerW: toldW === null ? maxPowerW : Math.min(Math.max(0, toldW), maxPowerW),
      isFlowing: toldW !== null && Math.abs(toldW) >= COUNTED_W,
      atMs: askedMs,
      tookMs: this.#clock.monotonicMs() - askedMs,
    });
  }

  /** With nothing owed, the meter that is there now is believed as if it were the first. */
  #takeOther(): boolean {
    if (this.#settings.isOwed()) return false;
    this.#number = this.#otherNumber;
    this.#otherNumber = null;
    this.#formerBase = this.#believedBase;
    this.#trust.forget();
    return true;
  }

  #mayBeAnother(nowMs: number): boolean {
    if (this.#silentSinceMs !== null && nowMs - this.#silentSinceMs >= EXCHANGE_MS) return true;
    return nowMs - this.#numberedMs >= NUMBER_MS && !this.#settings.isOwed();
  }

  /** Meters that do not tell their number are not asked again. */
  async #readNumber(): Promise<void> {
    const { serial } = this.#settings.map;
    if (serial === null || this.#unnumbered >= UNNUMBERED) return;
    const number = await this.#figure(serial);
    if (number.kind !== "done" || number.value === 0) {
      this.#unnumbered += this.#number === null ? 1 : 0;
      return;
    }
    this.#isNumberDue = false;
    this.#numberedMs = this.#clock.monotonicMs();
    this.#number ??= number.value;
    this.#otherNumber = number.value === this.#number ? null : number.value;
  }

  async #figure(figure: Figure): Promise<Outcome<number>> {
    const answer = await this.#ask(figure);
    return answer.kind === "done" ? this.#decode(figure, answer.value) : answer;
  }

  async #ask(figure: Figure): Promise<Outcome<Uint8Array>> {
    const { unit, timeoutMs } = this.#settings;
    await this.#pause();
    const request = readRequest(unit, figure.function, figure.address, figure.count);
    const answer = await this.#line.ask(request, readAnswer(unit, figure.function, figure.count), timeoutMs);
    this.#answeredMs = this.#clock.monotonicMs();
    if (answer.kind !== "done") return answer.kind === "unknown" ? unknown(`meter ${unit}: ${answer.detail}`) : answer;
    if ("exception" in answer.value) return unknown(registerRefused(figure.address, unit, answer.value.exception));
    return done(answer.value.data);
  }

  async #pause(): Promise<void> {
    if (this.#answeredMs === null) return;
    const pauseMs = this.#answeredMs + this.#settings.map.pauseMs - this.#clock.monotonicMs();
    if (pauseMs > 0) await wait(this.#clock, pauseMs);
  }

  #decode(figure: Figure, data: Uint8Array): Outcome<number> {
    const value = decodeFigure(figure, data);
    return value === undefined ? unknown(noNumber(figure.address, this.#settings.unit)) : done(value);
  }
}
