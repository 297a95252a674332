import { CronExpressionParser } from "cron-parser";
import cron from "node-cron";
import type { Calendar, Cancel, Clock } from "../../ports/clock.ts";
import { systemClock } from "./clock.ts";

const MINUTE_MS = 60_000;
/** Longer than any hour that a clock repeats. Who puts a clock back further than this corrects it. */
const REPEATED_MS = 3 * 3_600_000;

export function systemCalendar(wallMs: () => number = Date.now, after: Clock["after"] = systemClock().after): Calendar {
  const latestDue = (expression: string, timezone: string): string =>
    dueBefore(expression, localTime(timezone, wallMs()));
  /** With each minute of the clock on the wall; a clock that is set delays it by a minute at the most. */
  const everyMinute = (run: () => void): Cancel => {
    const arm = (): Cancel =>
      after(MINUTE_MS - (wallMs() % MINUTE_MS), () => {
        cancel = arm();
        run();
      });
    let cancel = arm();
    return () => cancel();
  };
  return {
    everyMinute,
    latestDue,
    localTime,
    /**
     * node-cron wakes it at its times. A look each minute finds what node-cron misses: a time in the hour that is
     * skipped, one beyond which the clock was put, all times once the clock was put back, and those that it cannot
     * read (`5/10`).
     */
    schedule: (expression, timezone, run) => {
      let last = latestDue(expression, timezone);
      const look = (): void => {
        const due = latestDue(expression, timezone);
        if (due > last) {
          last = due;
          run();
        } else if (msOf(last) - msOf(localTime(timezone, wallMs())) > REPEATED_MS) {
          last = due;
        }
      };
      const task = cron.validate(expression)
        ? cron.schedule(expression, look, { timezone, suppressMissedWarning: true })
        : null;
      const cancel = everyMinute(look);
      return () => {
        cancel();
        void task?.destroy();
      };
    },
  };
}

/**
 * Local time is treated as a calendar of its own, in which every minute exists once. So a time in the hour that
 * the clock skips has come when the clock is past it, and the hour that it repeats brings nothing new.
 */
function dueBefore(expression: string, localNow: string): string {
  const now = new Date(msOf(localNow) + MINUTE_MS - 1000);
  const due = CronExpressionParser.parse(expression, { tz: "UTC", currentDate: now }).prev();
  return due.toDate().toISOString().slice(0, 16).replace("T", " ");
}

function msOf(local: string): number {
  return Date.parse(`${local.replace(" ", "T")}Z`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localTime(timezone: string, atMs: number): string {
  const known = formats.get(timezone);
  const format =
    known ?? new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "short" });
  formats.set(timezone, format);
  return format.format(atMs);
}
