/** Time comes in as an argument. Wall time may jump; monotonic time never does. */
export interface Clock {
  /** Milliseconds since 1970, as the machine believes. */
  wallMs(): number;
  /** Milliseconds since some moment; never goes back. */
  monotonicMs(): number;
  /** Runs once after a delay of monotonic time. */
  after(delayMs: number, run: () => void): Cancel;
}

export type Cancel = () => void;

/** What goes by the local clock on the wall. */
export interface Calendar {
  /** Runs at the times of a cron expression in a time zone: by local time, once each, whatever is done to the clock. */
  schedule(cron: string, timezone: string, run: () => void): Cancel;
  /** Runs about once a minute. */
  everyMinute(run: () => void): Cancel;
  /** The latest time of a cron expression that has come, as local time: "2026-10-25 02:30". Such texts sort. */
  latestDue(cron: string, timezone: string): string;
  localTime(timezone: string, atMs: number): string;
}
