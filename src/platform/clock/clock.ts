import type { Cancel, Clock } from "../../ports/clock.ts";

/** Node's timers count in a signed 32-bit integer and fire at once beyond it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function systemClock(): Clock {
  return { wallMs: () => Date.now(), monotonicMs: () => performance.now(), after };
}

function after(delayMs: number, run: () => void): Cancel {
  const endMs = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = endMs - performance.now();
    timer = leftMs > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(run, Math.max(0, leftMs));
  };
  arm();
  return () => clearTimeout(timer);
}
