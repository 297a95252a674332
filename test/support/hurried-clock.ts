import { systemClock } from "../../src/platform/clock/clock.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** The machine's clock, on which time passes faster; only the wall time stays what it is. */
export function hurriedClock(factor: number): Clock {
  const clock = systemClock();
  return {
    wallMs: clock.wallMs,
    monotonicMs: () => clock.monotonicMs() * factor,
    after: (delayMs, run) => clock.after(delayMs / factor, run),
  };
}
