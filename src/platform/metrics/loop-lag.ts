import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 20;

interface Lag {
  readonly maxSeconds: number;
  readonly p99Seconds: number;
}

/**
 * How long the event loop kept others waiting since it was last asked; null the first time. Its ticks begin with
 * the first question, so that a kiosk that nobody scrapes does not wake for them.
 */
export function loopLag(): () => Lag | null {
  let histogram: IntervalHistogram | null = null;
  return () => {
    if (histogram === null) {
      histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      histogram.enable();
      return null;
    }
    const lag = { maxSeconds: beyondTick(histogram.max), p99Seconds: beyondTick(histogram.percentile(99)) };
    histogram.reset();
    return lag;
  };
}

/** Node records the time from tick to tick, the tick itself included. */
function beyondTick(delayNs: number): number {
  return Math.max(0, delayNs / 1e9 - RESOLUTION_MS / 1000);
}
