import { expect } from "vitest";
import type { Framing, SerialLine } from "../../src/platform/serial/line.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import { done, type Outcome, unknown } from "../../src/ports/outcome.ts";
import { DrivenTime } from "../support/driven-time.ts";

export const LIMIT_BASE = 2_000;

/** A line with a device at its end that answers at once whatever it likes, or nothing. */
export class LyingLine<F> implements SerialLine<F> {
  readonly up = true;
  readonly sent: Uint8Array[] = [];
  readonly #framing: Framing<F>;
  readonly #clock: Clock;
  readonly #lie: (request: Uint8Array) => Uint8Array;
  #hear: (frame: F) => void = () => {};

  constructor(framing: Framing<F>, clock: Clock, lie: (request: Uint8Array) => Uint8Array) {
    this.#framing = framing;
    this.#clock = clock;
    this.#lie = lie;
  }

  async ask<A>(request: Uint8Array, answers: (frame: F) => A | undefined, timeoutMs: number): Promise<Outcome<A>> {
    this.sent.push(request);
    await this.#wait(25);
    for (const frame of this.#framing.push(this.#lie(request))) {
      const answer = answers(frame);
      if (answer !== undefined) return done(answer);
      this.#hear(frame);
    }
    await this.#wait(timeoutMs);
    return unknown("no answer");
  }

  async tell(bytes: Uint8Array): Promise<Outcome<null>> {
    this.sent.push(bytes);
    return done(null);
  }

  onFrame(listener: (frame: F) => void): void {
    this.#hear = listener;
  }

  onLink(listener: (up: boolean, detail: string) => void): void {
    listener(true, "open");
  }

  async close(): Promise<void> {}

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, resolve);
    });
  }
}

/** The lies in turn, over and over. */
export function inTurn<T>(lies: readonly T[]): () => T {
  let told = 0;
  return () => lies[told++ % lies.length] as T;
}

interface Bench<F> {
  readonly line: LyingLine<F>;
  readonly dispenser: Dispenser;
  /** Whether these bytes let something flow. */
  readonly starts: (bytes: Uint8Array) => boolean;
}

/**
 * Rest, an arm, a stop: nothing may be let flow before the arm was asked for or after the stop was, every call must
 * have an answer, and no reading may be anything but a whole quantity.
 */
export async function live<F>(open: (clock: Clock) => Bench<F>): Promise<readonly Uint8Array[]> {
  const time = new DrivenTime();
  const { line, dispenser, starts } = open(time.clock);
  const events: DispenserEvent[] = [];
  dispenser.listen((event) => events.push(event));
  await time.pass(4_000);
  await time.settle(dispenser.totaliser());
  expect(line.sent.filter(starts)).toEqual([]);
  const armed = await time.settle(dispenser.arm(LIMIT_BASE));
  await time.pass(3_000);
  const stopped = await time.settle(dispenser.stop());
  const sentBefore = line.sent.length;
  await time.pass(4_000);
  await time.settle(dispenser.totaliser());
  expect(line.sent.slice(sentBefore).filter(starts)).toEqual([]);
  if (armed.kind === "done") expect(line.sent.some(starts)).toBe(true);
  if (stopped.kind === "done" && armed.kind !== "declined") expect(line.sent.length).toBeGreaterThan(0);
  for (const event of events)
    if (event.type === "reading") expect(Number.isSafeInteger(event.totaliserBase)).toBe(true);
  await time.settle(dispenser.close());
  return line.sent;
}

/** The dispenser's own methods: spread, an object of a class would lose them. */
export function bound(dispenser: Dispenser): Dispenser {
  return {
    readingStepMs: dispenser.readingStepMs,
    mostBasePerS: dispenser.mostBasePerS,
    arm: (limitBase) => dispenser.arm(limitBase),
    stop: () => dispenser.stop(),
    totaliser: () => dispenser.totaliser(),
    listen: (listener) => dispenser.listen(listener),
    close: () => dispenser.close(),
  };
}
