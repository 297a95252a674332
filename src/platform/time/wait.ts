import type { Clock } from "../../ports/clock.ts";
import type { Outcome } from "../../ports/outcome.ts";

export function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** The nth wait of a schedule whose last entry repeats. */
export function backoffMs(scheduleMs: readonly number[], attempt: number): number {
  return scheduleMs[Math.min(attempt, scheduleMs.length - 1)] ?? 0;
}

/** How long to wait after an outcome: longer where the other side asked for it. */
export function askedMs(delayMs: number, outcome: Outcome<unknown>): number {
  return Math.max(delayMs, outcome.kind === "unknown" ? (outcome.retryAfterMs ?? 0) : 0);
}

/**
 * Settles as the work does, or with undefined when the time is over first. The work is not ended then: its result is
 * dropped, a rejection too.
 */
export function within<T>(clock: Clock, delayMs: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, () => resolve(undefined));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** A wait that can be cut short; one at a time, and cutting it while nobody waits does nothing. */
export class Nap {
  #cut: () => void = () => {};

  take(clock: Clock, delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(delayMs, resolve);
      this.#cut = () => {
        cancel();
        resolve();
      };
    });
  }

  cut(): void {
    this.#cut();
  }
}
