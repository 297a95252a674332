import { declined, done, type Outcome, unknown } from "../../../ports/outcome.ts";
import type { GpioOutput } from "../../gpio/gpio.ts";
import type { SerialLine } from "../../serial/line.ts";
import { type Frame, writeAnswer, writeCoilRequest } from "./codec.ts";

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

export function gpioContactor(output: GpioOutput): Contactor {
  return { set: (closed) => output.set(closed) };
}

/**
 * A relay that is a Modbus coil. With the line cut it cannot be opened: such a relay should open by itself when it
 * is not spoken to, or a GPIO output should be used.
 */
export function coilContactor(settings: CoilSettings, line: SerialLine<Frame>): Contactor {
  const { unit, coil, timeoutMs } = settings;
  let newest = 0;
  return {
    set: async (closed) => {
      const mine = ++newest;
      const request = writeCoilRequest(unit, coil, closed);
      let detail = "";
      for (let tries = 0; tries < TRIES; tries++) {
        if (mine !== newest) return unknown("the contactor was told otherwise meanwhile");
        const answer = await line.ask(request, writeAnswer(request), timeoutMs);
        if (answer.kind === "done" && "data" in answer.value) return done(null);
        if (answer.kind === "done") {
          return declined("refused", `unit ${unit} refuses coil ${coil}: is that where the contactor is?`);
        }
        detail = answer.detail;
      }
      return unknown(`the contactor (unit ${unit}, coil ${coil}) does not answer: ${detail}`);
    },
  };
}
