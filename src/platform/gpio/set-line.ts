import type { Clock } from "../../ports/clock.ts";
import { type Outcome, unknown } from "../../ports/outcome.ts";
import { within } from "../time/wait.ts";
import type { GpioOutput } from "./gpio.ts";

/** A line is set within milliseconds or not at all. */
const LONGEST_SET_MS = 500;

/** Sets a line; `unknown` when no answer comes. */
export async function setLine(output: GpioOutput, active: boolean, clock: Clock): Promise<Outcome<null>> {
  const outcome = await within(clock, LONGEST_SET_MS, output.set(active));
  return outcome ?? unknown(`no answer within ${LONGEST_SET_MS} ms`);
}
