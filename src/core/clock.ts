import { isoTime, timeOfIso } from "./time.ts";

/** The key under which a journal keeps what was taken as the time. */
export const CLOCK_KEY = "*";

/** No clock of a machine that runs this program can honestly show an earlier time. */
export const EARLIEST_PLAUSIBLE_MS = timeOfIso("2026-01-01T00:00:00Z");

/** The machine's clock was taken as right although something spoke against it. Goes into the journal. */
export interface ClockTaken {
  /** What the clock showed. */
  readonly atMs: number;
  /** The time of the journal's newest event, which counts no longer; null when there was none. */
  readonly overruledMs: number | null;
  /** By how much the payment service's clock was ahead of it; null when that was not known or not odd. */
  readonly serviceAheadMs: number | null;
  readonly by: "time server" | "payment service" | "operator";
  /** Who ordered it, and why; empty when nobody had to. */
  readonly who: string;
  readonly reason: string;
}

/** What is known of the time at one moment. */
export interface ClockFacts {
  readonly wallMs: number;
  /** No clock can honestly show less. */
  readonly earliestMs: number;
  /** Of the journal's newest event; null in an empty journal. */
  readonly newestMs: number | null;
  /** The time at the payment service now; null when it has not told lately. */
  readonly serviceMs: number | null;
  readonly taken: ClockTaken | null;
}

export interface ClockBounds {
  /** How far it may lie behind the journal's newest event. */
  readonly behindMs: number;
  /** How far it may differ from the payment service's. */
  readonly differsMs: number;
}

export type ClockProblem = "too-early" | "not-the-service's" | "behind-the-journal";

/** The time at the service now, by what it said a while ago; null when that is too old, or no time at all. */
export function serviceMsAt(
  heard: { readonly atMs: number; readonly heardMs: number } | null,
  monotonicMs: number,
  freshMs: number,
  earliestMs: number,
): number | null {
  if (heard === null || heard.atMs < earliestMs) return null;
  const ageMs = monotonicMs - heard.heardMs;
  return ageMs > freshMs ? null : heard.atMs + Math.round(ageMs);
}

/** What speaks against the machine's clock; null when nothing does. */
export function clockProblem(facts: ClockFacts, bounds: ClockBounds): ClockProblem | null {
  const { wallMs, earliestMs, serviceMs, taken } = facts;
  if (wallMs < earliestMs) return "too-early";
  if (serviceMs !== null) {
    const aheadMs = serviceMs - wallMs;
    const expected = [0, taken?.serviceAheadMs ?? 0];
    if (expected.every((eachMs) => Math.abs(aheadMs - eachMs) > bounds.differsMs)) return "not-the-service's";
  }
  const knownMs = highWaterMs(facts);
  return knownMs !== null && wallMs < knownMs - bounds.behindMs ? "behind-the-journal" : null;
}

/** The latest time that has been: the newest event's, unless the clock that wrote it has been overruled since. */
function highWaterMs({ newestMs, taken }: ClockFacts): number | null {
  return taken !== null && taken.overruledMs === newestMs ? taken.atMs : newestMs;
}

/** What contradicts what, by which times. */
export function describeClock(problem: ClockProblem, facts: ClockFacts): string {
  const shows = `the clock shows ${isoTime(facts.wallMs)}`;
  switch (problem) {
    case "too-early":
      return `${shows}, which cannot be`;
    case "not-the-service's":
      return `${shows}, the payment service ${isoTime(facts.serviceMs ?? 0)}`;
    case "behind-the-journal":
      return `${shows}, the journal has seen ${isoTime(highWaterMs(facts) ?? 0)}`;
  }
}

/** For an operator: the same, and what can be done. */
export function clockFault(problem: ClockProblem, facts: ClockFacts): string {
  const accept = problem === "too-early" ? "" : ', or take it as it is with "kioskd clock accept"';
  return `${describeClock(problem, facts)}: set the clock${accept}`;
}
