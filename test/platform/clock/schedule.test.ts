import { afterEach, describe, expect, it, vi } from "vitest";
import { systemCalendar } from "../../../src/platform/clock/calendar.ts";

const HOUR_MS = 3_600_000;
const STOCKHOLM = "Europe/Stockholm";

afterEach(() => void vi.useRealTimers());

/** When a schedule ran while the time of the test passed; `at` says what the machine's clock shows from then on. */
async function ranAt(
  cron: string,
  from: string,
  hours: number,
  ...sets: readonly { readonly afterHours: number; readonly shows: string }[]
): Promise<string[]> {
  vi.useFakeTimers({ now: Date.parse(from) });
  const done: string[] = [];
  const cancel = systemCalendar().schedule(cron, STOCKHOLM, () => done.push(new Date().toISOString().slice(0, 16)));
  let passed = 0;
  for (const { afterHours, shows } of sets) {
    await vi.advanceTimersByTimeAsync((afterHours - passed) * HOUR_MS);
    vi.setSystemTime(Date.parse(shows));
    passed = afterHours;
  }
  await vi.advanceTimersByTimeAsync((hours - passed) * HOUR_MS);
  cancel();
  const until = done.length;
  await vi.advanceTimersByTimeAsync(HOUR_MS / 30);
  expect(done).toHaveLength(until);
  return done;
}

describe("a schedule", () => {
  it.each([
    ["in an ordinary night", "30 2 * * *", "2026-11-21T22:00:30Z", ["2026-11-22T01:30"]],
    ["in the hour that the clock repeats", "30 2 * * *", "2026-10-24T22:00:30Z", ["2026-10-25T00:30"]],
    ["behind the hour that the clock repeats", "10 3 * * *", "2026-10-24T22:00:30Z", ["2026-10-25T02:10"]],
    ["in the hour that the clock skips", "30 2 * * *", "2026-03-28T22:00:30Z", ["2026-03-29T01:00"]],
    ["at the end of the hour that the clock skips", "0 3 * * *", "2026-03-28T22:00:30Z", ["2026-03-29T01:00"]],
  ])("runs once %s", async (_when, cron, from, expected) => {
    expect(await ranAt(cron, from, 6)).toEqual(expected);
  });

  it("catches up within a minute when the clock is put forward beyond its time", async () => {
    const set = { afterHours: 1, shows: "2026-11-22T05:00:30Z" };
    expect(await ranAt("30 2 * * *", "2026-11-21T22:00:30Z", 2, set)).toEqual(["2026-11-22T05:01"]);
  });

  it("does not run again when the clock is put back a little, to before its time", async () => {
    const set = { afterHours: 4, shows: "2026-11-22T01:00:30Z" };
    expect(await ranAt("30 2 * * *", "2026-11-21T22:00:30Z", 6, set)).toEqual(["2026-11-22T01:30"]);
  });

  it("runs in the next night when a clock that was a year ahead is put right", async () => {
    const set = { afterHours: 1, shows: "2026-11-21T23:00:30Z" };
    expect(await ranAt("30 2 * * *", "2027-11-21T22:00:30Z", 5, set)).toEqual(["2026-11-22T01:30"]);
  });

  it.each(["31/5 2 * * *", "31 2/2 * * *", "31 2 * * sun-tue", "31 2 * jan-nov 7"])(
    "runs at %s, whether the package can read it or not",
    async (cron) => {
      const done = await ranAt(cron, "2026-11-21T22:00:30Z", 3.6);
      expect(done[0]).toBe("2026-11-22T01:31");
    },
  );
});
