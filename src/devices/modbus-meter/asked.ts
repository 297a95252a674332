import type { SerialLine } from "../../platform/serial/line.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { type Frame, readAnswer, readRequest } from "./codec.ts";
import { modelNames, readModel } from "./model.ts";
import { registerMap } from "./register-map.ts";
import { decodeFigure, type Figure } from "./registers.ts";

/** What a meter says of itself when it is read as one of a model. */
export interface Said {
  readonly model: string;
  readonly energyWh: number;
  readonly exportWh: number | null;
  readonly powerW: number | null;
  readonly serial: number | null;
}

/** Who did not answer, and who answers but holds no such figures. */
export type Asked = Said | "silent" | "another";

/** More is no meter that somebody sells by: 10 GWh and 1 MW. */
const MOST_WH = 1e10;
const MOST_W = 1e6;
/** A question may get lost. */
const TRIES = 2;

/** Reads a unit as if it were a meter of one model after the other. It only reads. */
export class Prober {
  readonly #line: SerialLine<Frame>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #seen = new Map<string, Uint8Array | "silent" | "refused">();

  constructor(line: SerialLine<Frame>, clock: Clock, timeoutMs: number) {
    this.#line = line;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** All models that a unit may be of; null when nothing answers there. */
  async modelsOf(unit: number): Promise<readonly Said[] | null> {
    const found: Said[] = [];
    for (const name of modelNames()) {
      const asked = await this.ask(unit, name);
      // What is silent to the first question is not there: the others would take as long each.
      if (asked === "silent" && !this.#hasAnswered(unit)) return null;
      if (typeof asked !== "string") found.push(asked);
    }
    return found;
  }

  async ask(unit: number, name: string): Promise<Asked> {
    const map = registerMap(name);
    const { power, serial, reverse } = map;
    const energy = await this.#figure(unit, map.energy, map.pauseMs);
    if (energy === "silent") return "silent";
    const powerW = power === null ? null : await this.#figure(unit, power, map.pauseMs);
    const isMeant = typeof energy === "number" && energy >= 0 && energy <= MOST_WH;
    if (!isMeant || (powerW !== null && (typeof powerW !== "number" || Math.abs(powerW) > MOST_W))) return "another";
    const exportWh = reverse === null ? null : await this.#figure(unit, reverse, map.pauseMs);
    const number = serial === null ? null : await this.#figure(unit, serial, map.pauseMs);
    const told = (figure: number | string | null): number | null => (typeof figure === "number" ? figure : null);
    return { model: name, energyWh: energy, exportWh: told(exportWh), powerW, serial: told(number) };
  }

  #hasAnswered(unit: number): boolean {
    return [...this.#seen].some(([key, answer]) => key.startsWith(`${unit} `) && answer !== "silent");
  }

  async #figure(unit: number, figure: Figure, pauseMs: number): Promise<number | "silent" | "none"> {
    const key = `${unit} ${figure.function} ${figure.address} ${figure.count}`;
    const answer = this.#seen.get(key) ?? (await this.#read(unit, figure, pauseMs));
    this.#seen.set(key, answer);
    if (answer === "silent") return "silent";
    return answer === "refused" ? "none" : (decodeFigure(figure, answer) ?? "none");
  }

  async #read(unit: number, figure: Figure, pauseMs: number): Promise<Uint8Array | "silent" | "refused"> {
    const { function: by, address, count } = figure;
    for (let tries = 0; tries < TRIES; tries++) {
      if (pauseMs > 0) await wait(this.#clock, pauseMs);
      const request = readRequest(unit, by, address, count);
      const answer = await this.#line.ask(request, readAnswer(unit, by, count), this.#timeoutMs);
      if (answer.kind === "done") return "exception" in answer.value ? "refused" : answer.value.data;
    }
    return "silent";
  }
}

/** `Eastron SDM630`. */
export function titleOf(name: string): string {
  const { maker, title } = readModel(name);
  return `${maker} ${title}`;
}
