import type { Clock } from "../../../ports/clock.ts";

/** A minute's worth at once, then as many as flow in again; each call takes one and says whether there was one. */
export function tokenBucket(perMinute: number, clock: Clock): () => boolean {
  let tokens = perMinute;
  let filledAtMs = clock.monotonicMs();
  return () => {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(perMinute, tokens + ((nowMs - filledAtMs) * perMinute) / 60_000);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

/** True at most once in the time for each key; for keys of a known small set. */
export function spaced(everyMs: number, clock: Clock): (key: string) => boolean {
  const lastMs = new Map<string, number>();
  return (key) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - (lastMs.get(key) ?? Number.NEGATIVE_INFINITY) < everyMs) return false;
    lastMs.set(key, nowMs);
    return true;
  };
}
