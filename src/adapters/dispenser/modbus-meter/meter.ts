import type { Clock } from "../../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { SerialLine } from "../../serial/line.ts";
import { type Frame, readAnswer, readRequest } from "./codec.ts";
import { decodeFigure, type Figure, type RegisterMap, stepWh } from "./registers.ts";
import { Trust } from "./trust.ts";

export interface MeterSettings {
  readonly unit: number;
  readonly map: RegisterMap;
  readonly maxPowerW: number;
  readonly timeoutMs: number;
  readonly lagMs: number;
}

export interface Reading {
  readonly totaliserBase: number;
  /** What flows; the greatest that can, where the meter does not say. */
  readonly powerW: number;
  /** Whether it tells so much power that its register must go on. */
  readonly isFlowing: boolean;
  /** When it was asked for: what it says is no older. */
  readonly atMs: number;
}

/** Eastron's meters need not count below 40 mA (0.4 % of their basic current), which are 9.2 W. */
const COUNTED_W = 10;

/** A meter on a Modbus line: figures that can be believed, or none. */
export class Meter {
  readonly #settings: MeterSettings;
  readonly #line: SerialLine<Frame>;
  readonly #clock: Clock;
  readonly #trust: Trust;
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(settings: MeterSettings, line: SerialLine<Frame>, clock: Clock) {
    const { map, maxPowerW, lagMs } = settings;
    this.#settings = settings;
    this.#line = line;
    this.#clock = clock;
    this.#trust = new Trust({ maxPowerW, lagMs, stepBase: (base) => stepWh(map, base) });
  }

  /** What is wrong with its figures; null when nothing is. */
  get broken(): string | null {
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
    const energy = await this.#ask(map.energy);
    if (energy.kind !== "done") return energy;
    const answeredMs = this.#clock.monotonicMs();
    const power = map.power === null ? done(maxPowerW) : await this.#ask(map.power);
    if (power.kind !== "done") return power;
    if (energy.value < 0 || this.#trust.judge({ base: energy.value, askedMs, answeredMs }) === "doubtful") {
      return unknown(this.broken ?? `${energy.value} Wh does not follow from what the meter told before`);
    }
    const powerW = Math.min(Math.max(0, power.value), maxPowerW);
    const isFlowing = map.power !== null && powerW >= COUNTED_W;
    return done({ totaliserBase: energy.value, powerW, isFlowing, atMs: askedMs });
  }

  async #ask(figure: Figure): Promise<Outcome<number>> {
    const { unit, timeoutMs } = this.#settings;
    const request = readRequest(unit, figure.function, figure.address, figure.count);
    const answer = await this.#line.ask(request, readAnswer(unit, figure.function, figure.count), timeoutMs);
    if (answer.kind !== "done") return answer.kind === "unknown" ? unknown(`meter ${unit}: ${answer.detail}`) : answer;
    const at = `register 0x${figure.address.toString(16)} of meter ${unit}`;
    if ("exception" in answer.value) {
      return unknown(`${at} is refused (exception ${answer.value.exception}): is it the meter that is configured?`);
    }
    const value = decodeFigure(figure, answer.value.data);
    return value === undefined ? unknown(`${at} holds no number that can be meant`) : done(value);
  }
}
