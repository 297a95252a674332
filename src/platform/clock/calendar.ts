import { CronExpressionParser } from "cron-parser";
import cron from "node-cron";
import type { Calendar, Cancel } from "../../ports/clock.ts";

export function systemCalendar(wallMs: () => number = Date.now): Calendar {
  const latestDue = (expression: string, timezone: string): string =>
    dueBefore(expression, localTime(timezone, wallMs()));
  return {
    everyMinute,
    latestDue,
    localTime,
    schedule: (expression, timezone, run) => {
      let last = latestDue(expression, timezone);
      return everyMinute(() => {
        const due = latestDue(expression, timezone);
        if (due === last) return;
        const later = due > last;
        last = due;
        if (later) run();
      });
    },
  };
}

/** In UTC, which has no hour twice: the scheduling library does not survive the night when clocks are set back. */
function everyMinute(run: () => void): Cancel {
  const task = cron.schedule("* * * * *", run, { timezone: "UTC" });
  return () => void task.destroy();
}

/**
 * Local time is treated as a calendar of its own, in which every minute exists once. So a time in the hour that
 * the clock skips has come when the clock is past it, and the hour that it repeats brings nothing new.
 */
function dueBefore(expression: string, localNow: string): string {
  const now = new Date(`${localNow.replace(" ", "T")}:59Z`);
  const due = CronExpressionParser.parse(expression, { tz: "UTC", currentDate: now }).prev();
  return due.toDate().toISOString().slice(0, 16).replace("T", " ");
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timezone: string, atMs: number): string {
  const known = formats.get(timezone);
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "short" });
  formats.set(timezone, format);
  return format.format(atMs);
}
