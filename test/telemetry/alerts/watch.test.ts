import { describe, expect, it } from "vitest";
import type { Fault } from "../../../src/core/faults.ts";
import { AlertWatch, type WatchSettings } from "../../../src/telemetry/alerts/watch.ts";

const MINUTE_MS = 60_000;
const T0_MS = Date.UTC(2026, 10, 30, 12, 0);
const SETTINGS: WatchSettings = {
  afterMs: MINUTE_MS,
  repeatMs: 60 * MINUTE_MS,
  leaveOut: new Set(["operator-block"]),
  quiet: null,
  noSaleMs: null,
};

function fault(code: Fault["code"], position: string | null = "1"): Fault {
  return { code, position, sinceMs: T0_MS, detail: "the cable is out" };
}
const DOWN = fault("dispenser-unreachable");
const WARNED = fault("dispenser-warning");

/** What is told, with the minute in which it is. `wrong` says what is wrong in a minute; local time is UTC. */
function told(
  minutes: number,
  wrong: (minute: number) => readonly Fault[],
  settings: Partial<WatchSettings> = {},
  sales: readonly number[] = [],
): readonly string[] {
  const watch = new AlertWatch({ ...SETTINGS, ...settings });
  const found: string[] = [];
  for (let minute = 0; minute <= minutes; minute++) {
    const wallMs = T0_MS + minute * MINUTE_MS;
    const local = new Date(wallMs).toISOString().slice(0, 16).replace("T", " ");
    const now = { monotonicMs: minute * MINUTE_MS, wallMs, local };
    if (sales.includes(minute)) watch.sold(now);
    for (const { title } of watch.look(wrong(minute), now)) found.push(`${minute} ${title}`);
  }
  return found;
}

const always =
  (...faults: readonly Fault[]) =>
  () =>
    faults;
/** Between two minutes, the second left out. */
const within = (from: number, to: number, faults: readonly Fault[]) => (minute: number) =>
  from <= minute && minute < to ? faults : [];

describe("what a person is told", () => {
  it.each<[what: string, minutes: number, wrong: (minute: number) => readonly Fault[], told: readonly string[]]>([
    ["what is wrong, once", 30, always(DOWN), ["1 dispenser-unreachable at 1"]],
    ["nothing of what is over within the minute", 30, within(5, 6, [DOWN]), []],
    [
      "that it is over, after a minute",
      30,
      within(5, 10, [DOWN]),
      ["6 dispenser-unreachable at 1", "11 over: dispenser-unreachable at 1"],
    ],
    [
      "nothing of a gap of less than a minute",
      30,
      (minute) => (minute === 10 ? [] : [DOWN]),
      ["1 dispenser-unreachable at 1"],
    ],
    [
      "that it lasts, each hour",
      125,
      always(DOWN),
      ["1 dispenser-unreachable at 1", "61 still dispenser-unreachable at 1", "121 still dispenser-unreachable at 1"],
    ],
    [
      "of each place by itself",
      5,
      always(DOWN, fault("dispenser-unreachable", "2"), fault("broker-unreachable", null)),
      ["1 dispenser-unreachable at 1", "1 dispenser-unreachable at 2", "1 broker-unreachable"],
    ],
    ["nothing of what is left out", 30, always(fault("operator-block")), []],
    [
      "what comes again, once more",
      30,
      (minute) => (minute < 3 || minute >= 10 ? [DOWN] : []),
      ["1 dispenser-unreachable at 1", "4 over: dispenser-unreachable at 1", "11 dispenser-unreachable at 1"],
    ],
  ])("%s", (_, minutes, wrong, expected) => {
    expect(told(minutes, wrong)).toEqual(expected);
  });

  it("says what is known, what to do, and in the end how long it was so", () => {
    const watch = new AlertWatch(SETTINGS);
    const at = (minute: number) => ({
      monotonicMs: minute * MINUTE_MS,
      wallMs: T0_MS + minute * MINUTE_MS,
      local: "2026-11-30 12:00",
    });
    watch.look([DOWN], at(0));
    expect(watch.look([DOWN], at(1))[0]?.text).toMatch(/^the cable is out\nThe dispenser does not answer.*check power/);
    watch.look([], at(10));
    expect(watch.look([], at(11))[0]).toMatchObject({
      what: "over",
      severity: "blocking",
      text: "It was so for 11 min.",
    });
  });

  it.each<[what: string, quiet: NonNullable<WatchSettings["quiet"]>, wrong: Fault, told: readonly string[]]>([
    [
      "a warning waits for the morning",
      { from: "11:00", to: "13:00", keeps: "warnings" },
      WARNED,
      ["60 dispenser-warning at 1"],
    ],
    ["also over midnight", { from: "23:00", to: "12:30", keeps: "warnings" }, WARNED, ["30 dispenser-warning at 1"]],
    [
      "what keeps from selling comes through",
      { from: "11:00", to: "13:00", keeps: "warnings" },
      DOWN,
      ["1 dispenser-unreachable at 1"],
    ],
    [
      "unless everything waits",
      { from: "11:00", to: "13:00", keeps: "everything" },
      DOWN,
      ["60 dispenser-unreachable at 1"],
    ],
  ])("in quiet hours: %s", (_, quiet, wrong, expected) => {
    expect(told(60, always(wrong), { quiet, repeatMs: 24 * 60 * MINUTE_MS })).toEqual(expected);
  });

  it("of a warning that came and went in quiet hours nothing is told", () => {
    expect(told(90, within(5, 30, [WARNED]), { quiet: { from: "11:00", to: "13:00", keeps: "warnings" } })).toEqual([]);
  });

  it.each<[sales: readonly number[], told: readonly string[]]>([
    [[], ["121 no-sale"]],
    [[60], ["181 no-sale"]],
    [
      [60, 185],
      ["181 no-sale", "186 over: no-sale"],
    ],
  ])("nothing was sold for two hours, with sales at %j", (sales, expected) => {
    const settings = { noSaleMs: 120 * MINUTE_MS, repeatMs: 24 * 60 * MINUTE_MS };
    expect(told(200, always(), settings, sales)).toEqual(expected);
  });
});
