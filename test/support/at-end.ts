import { AsyncLocalStorage } from "node:async_hooks";
import { afterAll, aroundEach, onTestFinished, type TestContext } from "vitest";

/** For suites whose tests run side by side: each gets a part of the processors only, and may take so much longer. */
export const SIDE_BY_SIDE = { concurrent: true, timeout: 300_000 } as const;

const running = new AsyncLocalStorage<TestContext>();

/** At the top of a file whose tests run side by side: what they do `atEnd` is then each one's own. */
export function knowEachTest(): void {
  aroundEach(async (run, context) => await running.run(context, run));
}

/** What was begun for all tests of a file, before the first. */
let ofFile: (() => Promise<void>)[] | null = null;

/** At the top of a file that begins in `beforeAll` what all its tests use: what it does `atEnd` is done after the last. */
export function sharedByFile(): { begun(): void } {
  const ends: (() => Promise<void>)[] = [];
  ofFile = ends;
  afterAll(async () => {
    for (const end of ends.toReversed()) await end();
  });
  return {
    begun: () => {
      ofFile = null;
    },
  };
}

/** Done when the running test is over. Vitest's own knows the running test only while there is one at a time. */
export function atEnd(work: () => unknown): void {
  const end = async (): Promise<void> => {
    await work();
  };
  const test = running.getStore();
  if (ofFile !== null) ofFile.push(end);
  else if (test === undefined) onTestFinished(end);
  else test.onTestFinished(end);
}
