/** Time comes in as an argument. Wall time may jump; monotonic time never does. */
export interface Clock {
  /** Milliseconds since 1970, as the machine believes. */
  wallMs(): number;
  /** Milliseconds since some moment; never goes back. */
  monotonicMs(): number;
  /** Runs once after a delay of monotonic time. */
  after(delayMs: number, run: () => void): Cancel;
  /** Runs at the times of a cron expression in a time zone. */
  schedule(cron: string, timezone: string, run: () => void): Cancel;
}

export type Cancel = () => void;
