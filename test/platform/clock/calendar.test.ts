import { describe, expect, it } from "vitest";
import { systemCalendar } from "../../../src/platform/clock/calendar.ts";
import { configSchema } from "../../../src/wiring/load.ts";

const STOCKHOLM = "Europe/Stockholm";

/** What a run that asks every minute, and remembers the last due time, would do between two moments. */
function runs(cron: string, timezone: string, from: string, to: string): string[] {
  let nowMs = Date.parse(from);
  const calendar = systemCalendar(() => nowMs);
  let last = calendar.latestDue(cron, timezone);
  const done: string[] = [];
  for (; nowMs <= Date.parse(to); nowMs += 60_000) {
    const due = calendar.latestDue(cron, timezone);
    if (due <= last) continue;
    last = due;
    done.push(new Date(nowMs).toISOString().slice(0, 16));
  }
  return done;
}

describe("the calendar", () => {
  it.each([
    ["2026-11-22T01:29:30Z", "30 2 * * *", "2026-11-21 02:30"],
    ["2026-11-22T01:30:00Z", "30 2 * * *", "2026-11-22 02:30"],
    ["2026-11-22T12:00:00Z", "30 2 * * *", "2026-11-22 02:30"],
    ["2026-11-22T12:00:00Z", "0 4 * * 1", "2026-11-16 04:00"],
  ])("at %s %s was due last at %s", (now, cron, due) => {
    expect(systemCalendar(() => Date.parse(now)).latestDue(cron, STOCKHOLM)).toBe(due);
  });

  it.each([
    [
      "the repeated hour, due in it",
      "30 2 * * *",
      "2026-10-24T12:00Z",
      "2026-10-26T12:00Z",
      ["2026-10-25T00:30", "2026-10-26T01:30"],
    ],
    [
      "the repeated hour, due after it",
      "10 3 * * *",
      "2026-10-24T12:00Z",
      "2026-10-26T12:00Z",
      ["2026-10-25T02:10", "2026-10-26T02:10"],
    ],
    [
      "the skipped hour, due in it",
      "30 2 * * *",
      "2026-03-28T12:00Z",
      "2026-03-30T12:00Z",
      ["2026-03-29T01:00", "2026-03-30T00:30"],
    ],
    [
      "the skipped hour, due at its end",
      "0 3 * * *",
      "2026-03-28T12:00Z",
      "2026-03-30T12:00Z",
      ["2026-03-29T01:00", "2026-03-30T01:00"],
    ],
  ])("runs once a night through %s", (_what, cron, from, to, expected) => {
    expect(runs(cron, STOCKHOLM, from, to)).toEqual(expected);
  });

  it("runs once a day through a whole year, wherever the kiosk stands", () => {
    for (const timezone of [STOCKHOLM, "America/Santiago", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]) {
      for (const at of ["30 2 * * *", "15 0 * * *", "59 23 * * *"]) {
        let nowMs = Date.parse("2026-01-01T12:00Z");
        const calendar = systemCalendar(() => nowMs);
        const dues = new Set<string>();
        for (; nowMs < Date.parse("2026-12-31T12:00Z"); nowMs += 6 * 3_600_000)
          dues.add(calendar.latestDue(at, timezone));
        expect(new Set([...dues].map((due) => due.slice(0, 10))).size, `${timezone} ${at}`).toBe(dues.size);
        expect(dues.size, `${timezone} ${at}`).toBeGreaterThanOrEqual(364);
      }
    }
  });

  it("knows every time zone that the configuration takes, its old and its new name", () => {
    const links = [
      "Europe/Kyiv",
      "Europe/Kiev",
      "Asia/Kolkata",
      "Asia/Calcutta",
      "Etc/UTC",
      "GMT",
      "US/Pacific",
      "Etc/GMT+5",
    ];
    for (const timezone of [...Intl.supportedValuesOf("timeZone"), ...links]) {
      const taken = configSchema().shape.kiosk.safeParse({ id: "k", name: "K", currency: "SEK", timezone });
      expect([timezone, taken.success]).toEqual([timezone, true]);
      const calendar = systemCalendar(() => Date.parse("2026-11-22T12:00:00Z"));
      expect([timezone, calendar.latestDue("30 3 * * *", timezone)]).toEqual([
        timezone,
        expect.stringMatching(/^2026-11-2[123] 03:30$/),
      ]);
    }
    for (const timezone of ["+01:00", "-05:00", "01:00", "Z", "", "Europe/Nowhere", "Europe/Stockholm "]) {
      const taken = configSchema().shape.kiosk.safeParse({ id: "k", name: "K", currency: "SEK", timezone });
      expect([timezone, taken.success]).toEqual([timezone, false]);
    }
  });
});
