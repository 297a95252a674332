import { describe, expect, it } from "vitest";
import { type ClockFacts, type ClockTaken, clockFault, clockProblem, serviceMsAt } from "../../src/core/clock.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 1, 12);
const BOUNDS = { behindMs: 5 * MINUTE_MS, differsMs: 10 * MINUTE_MS };

const facts = (changes: Partial<ClockFacts>): ClockFacts => ({
  wallMs: NOW_MS,
  earliestMs: Date.UTC(2026, 0, 1),
  newestMs: NOW_MS - 1,
  serviceMs: null,
  taken: null,
  ...changes,
});
const taken = (changes: Partial<ClockTaken>): ClockTaken => ({
  ...{ atMs: NOW_MS - MINUTE_MS, overruledMs: NOW_MS + 30 * DAY_MS, serviceAheadMs: null },
  ...{ by: "operator", who: "", reason: "", ...changes },
});
const AHEAD_MS = NOW_MS + 30 * DAY_MS;

describe("what speaks against the machine's clock", () => {
  it.each<[string, Partial<ClockFacts>, ReturnType<typeof clockProblem>]>([
    ["nothing", {}, null],
    ["nothing, in an empty journal", { newestMs: null }, null],
    ["1970", { wallMs: 0, newestMs: null }, "too-early"],
    ["an event a little ahead", { newestMs: NOW_MS + 5 * MINUTE_MS }, null],
    ["an event further ahead", { newestMs: NOW_MS + 5 * MINUTE_MS + 1 }, "behind-the-journal"],
    ["nothing any more, once that was overruled", { newestMs: AHEAD_MS, taken: taken({}) }, null],
    ["another event that far ahead", { newestMs: AHEAD_MS + 1, taken: taken({}) }, "behind-the-journal"],
    ["the clock that was taken", { newestMs: AHEAD_MS, taken: taken({ atMs: NOW_MS + DAY_MS }) }, "behind-the-journal"],
    ["the service, a little", { serviceMs: NOW_MS + 10 * MINUTE_MS }, null],
    ["the service, which is ahead", { serviceMs: NOW_MS + 10 * MINUTE_MS + 1 }, "not-the-service's"],
    ["the service, which is behind", { serviceMs: NOW_MS - 10 * MINUTE_MS - 1 }, "not-the-service's"],
    [
      "nothing, when an operator knows that the service is ahead",
      { serviceMs: NOW_MS + DAY_MS, taken: taken({ serviceAheadMs: DAY_MS }) },
      null,
    ],
    [
      "the service, when it is ahead by something else",
      { serviceMs: NOW_MS + 2 * DAY_MS, taken: taken({ serviceAheadMs: DAY_MS }) },
      "not-the-service's",
    ],
    ["nothing, once the service is right", { serviceMs: NOW_MS, taken: taken({ serviceAheadMs: DAY_MS }) }, null],
  ])("%s", (_name, changes, problem) => {
    expect(clockProblem(facts(changes), BOUNDS)).toBe(problem);
  });

  it("is told with both times, and what to do", () => {
    expect(clockFault("behind-the-journal", facts({ newestMs: AHEAD_MS }))).toBe(
      'the clock shows 2026-06-01T12:00:00.000Z, the journal has seen 2026-07-01T12:00:00.000Z: set the clock, or take it as it is with "kioskd clock accept"',
    );
    expect(clockFault("not-the-service's", facts({ serviceMs: AHEAD_MS }))).toContain(
      "the payment service 2026-07-01T12:00:00.000Z",
    );
    expect(clockFault("too-early", facts({ wallMs: 0 }))).toBe(
      "the clock shows 1970-01-01T00:00:00.000Z, which cannot be: set the clock",
    );
  });
});

it.each<[string, number, number | null]>([
  ["goes on from what was told", 1_000, NOW_MS + 1_000],
  ["is not known for ever", 60_001, null],
])("the service's time %s", (_name, monotonicMs, expected) => {
  expect(serviceMsAt({ atMs: NOW_MS, heardMs: 0 }, monotonicMs, 60_000, 0)).toBe(expected);
  expect(serviceMsAt({ atMs: NOW_MS, heardMs: 0 }, monotonicMs, 60_000, NOW_MS + 1)).toBeNull();
});
