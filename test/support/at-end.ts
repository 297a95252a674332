import { AsyncLocalStorage } from "node:async_hooks";
import { aroundEach, onTestFinished, type TestContext } from "vitest";

/** For suites whose tests run side by side: each gets a part of the processors only, and may take so much longer. */
export const SIDE_BY_SIDE = { concurrent: true, timeout: 300_000 } as const;

const running = new AsyncLocalStorage<TestContext>();

/** At the top of a file whose tests run side by side: what they do `atEnd` is then each one's own. */
export function knowEachTest(): void {
  aroundEach(async (run, context) => await running.run(context, run));
}

/** Done when the running test is over. Vitest's own knows the running test only while there is one at a time. */
export function atEnd(work: () => unknown): void {
  const end = async (): Promise<void> => {
    await work();
  };
  const test = running.getStore();
  if (test === undefined) onTestFinished(end);
  else test.onTestFinished(end);
}
