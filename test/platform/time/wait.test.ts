import { describe, expect, it } from "vitest";
import { backoffMs, Nap, wait, within } from "../../../src/platform/time/wait.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

function place() {
  const time = new VirtualTime(Date.UTC(2026, 10, 22));
  const clock = clockOf(time, { number: 1, alive: true });
  /** What the promise came to, and when; nothing while it is open. */
  const watch = (promise: Promise<unknown>): unknown[] => {
    const seen: unknown[] = [];
    promise.then(
      (value) => seen.push(time.elapsedMs, value),
      (error: unknown) => seen.push(time.elapsedMs, error),
    );
    return seen;
  };
  return { time, clock, watch };
}

/** What can be decided without time passing is decided. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("a wait", () => {
  it("takes its delay", async () => {
    const { time, clock, watch } = place();
    const seen = watch(wait(clock, 300));
    await turn();
    expect(seen).toEqual([]);
    await time.step();
    expect(seen).toEqual([300, undefined]);
  });
});

describe("a schedule of waits", () => {
  it.each([
    [0, 500],
    [1, 1_000],
    [2, 30_000],
    [3, 30_000],
    [1_000, 30_000],
  ])("has for attempt %i a wait of %i ms", (attempt, delayMs) => {
    expect(backoffMs([500, 1_000, 30_000], attempt)).toBe(delayMs);
  });

  it("that is empty waits for nothing", () => {
    expect(backoffMs([], 3)).toBe(0);
  });
});

describe("work within a time", () => {
  const broken = new Error("broken");

  it.each<[string, (work: OpenWork) => void, unknown]>([
    ["gives its value", ({ resolve }) => resolve("value"), "value"],
    ["rejects as it does", ({ reject }) => reject(broken), broken],
  ])("%s and leaves no timer", async (_, end, result) => {
    const { time, clock, watch } = place();
    const work = openWork();
    const seen = watch(within(clock, 300, work.promise));
    await turn();
    expect(seen).toEqual([]);
    end(work);
    await turn();
    expect(seen).toEqual([0, result]);
    expect(time.next()).toBe(false);
  });

  it("has no timer left for the one who waited for it", async () => {
    const { time, clock } = place();
    await within(clock, 300, Promise.resolve());
    expect(time.next()).toBe(false);
  });

  it.each<[string, (work: OpenWork) => void]>([
    ["gives a value", ({ resolve }) => resolve("value")],
    // Vitest fails a run in which a rejection is left unhandled.
    ["rejects", ({ reject }) => reject(broken)],
  ])("comes to nothing when it is late, and nobody hears when it %s then", async (_, end) => {
    const { time, clock, watch } = place();
    const work = openWork();
    const seen = watch(within(clock, 300, work.promise));
    await time.step();
    expect(seen).toEqual([300, undefined]);
    end(work);
    await turn();
    expect(seen).toEqual([300, undefined]);
  });
});

describe("a nap", () => {
  it("takes its delay", async () => {
    const { time, clock, watch } = place();
    const seen = watch(new Nap().take(clock, 300));
    await time.step();
    expect(seen).toEqual([300, undefined]);
  });

  it("is over at once when it is cut, and leaves no timer", async () => {
    const { time, clock, watch } = place();
    const nap = new Nap();
    const seen = watch(nap.take(clock, 300));
    nap.cut();
    await turn();
    expect(seen).toEqual([0, undefined]);
    expect(time.next()).toBe(false);
  });

  it("hears no cut from before it began", async () => {
    const { time, clock, watch } = place();
    const nap = new Nap();
    nap.cut();
    const first = watch(nap.take(clock, 300));
    await time.step();
    nap.cut();
    const second = watch(nap.take(clock, 200));
    await time.step();
    expect([first, second]).toEqual([
      [300, undefined],
      [500, undefined],
    ]);
  });
});

interface OpenWork {
  readonly promise: Promise<string>;
  resolve(value: string): void;
  reject(error: unknown): void;
}

function openWork(): OpenWork {
  let resolve: (value: string) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<string>((give, fail) => {
    resolve = give;
    reject = fail;
  });
  return { promise, resolve, reject };
}
