import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import type { SerialLine } from "../../platform/serial/line.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { type Frame, READ_COILS, readCoilAnswer, readRequest, writeAnswer, writeCoilRequest } from "./codec.ts";
import { COIL_UNREADABLE, coilElsewhere, coilRefused, coilSilent, coilUnproven } from "./texts.ts";

/** What lets energy through. Of several calls the last one wins, whatever becomes of those before it. */
export interface Contactor {
  set(closed: boolean): Promise<Outcome<null>>;
}

export interface CoilSettings {
  readonly unit: number;
  readonly coil: number;
  readonly timeoutMs: number;
}

const TRIES = 3;
const LOOKS = 5;
/** Exceptions 5 and 6 of the specification: it has the order, or another, and is not done with it. */
const BUSY: readonly number[] = [5, 6];
/** A board that has left so many questions for its coil open, and never answered one, does not know them. */
const UNREAD = 2;
const OVERTAKEN = "the contactor was told otherwise meanwhile";

export function gpioContactor(output: GpioOutput): Contactor {
  return { set: (closed) => output.set(closed) };
}

/**
 * A relay that is a Modbus coil. With the line cut it cannot be opened: such a relay should open by itself when it
 * is not spoken to, or a GPIO output should be used.
 */
export function coilContactor(settings: CoilSettings, line: SerialLine<Frame>): Contactor {
  return new Coil(settings, line);
}

/**
 * The answer to a write is the question over again, which an adapter that echoes gives as well. So the coil is read
 * back. With a board that cannot be asked for its coils, an answer must do that is known to be no echo.
 */
class Coil implements Contactor {
  readonly #settings: CoilSettings;
  readonly #line: SerialLine<Frame>;
  /** The last order. */
  #wanted: boolean | null = null;
  #hasTold = false;
  #unread = 0;

  constructor(settings: CoilSettings, line: SerialLine<Frame>) {
    this.#settings = settings;
    this.#line = line;
  }

  async set(closed: boolean): Promise<Outcome<null>> {
    const { unit, coil, timeoutMs } = this.#settings;
    this.#wanted = closed;
    const request = writeCoilRequest(unit, coil, closed);
    let detail = "";
    for (let tries = 0; tries < TRIES; tries++) {
      if (closed !== this.#wanted) return unknown(OVERTAKEN);
      const answer = await this.#line.ask(request, writeAnswer(request), timeoutMs);
      if (answer.kind !== "done") {
        detail = coilSilent(unit, coil, answer.detail);
        this.#unread = 0;
        continue;
      }
      if ("exception" in answer.value) {
        if (!BUSY.includes(answer.value.exception)) return declined("refused", coilRefused(unit, coil));
        detail = coilSilent(unit, coil, "it is busy");
        continue;
      }
      if (closed !== this.#wanted) return unknown(OVERTAKEN);
      const isAnswer = answer.value.mayBeEcho !== true;
      let seen = await this.#readBack();
      // A board may tell of its relay a moment late.
      for (let looks = 1; looks < LOOKS && seen === !closed; looks++) seen = await this.#readBack();
      if (seen === closed || (seen === "never" && isAnswer)) return done(null);
      if (seen === "never") detail = coilUnproven(unit, coil);
      else detail = typeof seen === "boolean" ? coilElsewhere(unit, coil, seen) : coilSilent(unit, coil, seen.why);
    }
    return unknown(detail);
  }

  /** Whether the coil is on; `never` when the board does not tell. */
  async #readBack(): Promise<boolean | "never" | { readonly why: string }> {
    if (this.#isMute) return "never";
    const { unit, coil, timeoutMs } = this.#settings;
    const answer = await this.#line.ask(readRequest(unit, READ_COILS, coil, 1), readCoilAnswer(unit), timeoutMs);
    if (answer.kind === "done" && "data" in answer.value) {
      this.#hasTold = true;
      return ((answer.value.data[0] ?? 0) & 1) === 1;
    }
    const isRefused = answer.kind === "done";
    if (isRefused) this.#unread = UNREAD;
    else if (this.#line.up) this.#unread += 1;
    return this.#isMute ? "never" : { why: isRefused ? COIL_UNREADABLE : answer.detail };
  }

  get #isMute(): boolean {
    return !this.#hasTold && this.#unread >= UNREAD;
  }
}
