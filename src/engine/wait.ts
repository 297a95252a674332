import type { Clock } from "../ports/clock.ts";

export function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** The nth wait of a schedule whose last entry repeats. */
export function backoffMs(scheduleMs: readonly number[], attempt: number): number {
  return scheduleMs[Math.min(attempt, scheduleMs.length - 1)] ?? 0;
}

/** True when the promise settled in time. */
export async function within(clock: Clock, delayMs: number, work: Promise<unknown>): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const cancel = clock.after(delayMs, () => resolve(false));
    const settled = (): void => {
      cancel();
      resolve(true);
    };
    work.then(settled, settled);
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
