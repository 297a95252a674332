import { describe, expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import type { Committing, Releasing } from "../../../src/core/sale/state.ts";
import type { PaymentErrand } from "../../../src/engine/errand.ts";
import { resolve } from "../../../src/engine/sale/payment-errands.ts";
import { FaultBoard } from "../../../src/engine/watch/fault-board.ts";
import { Nap } from "../../../src/platform/time/wait.ts";
import { declined, done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import type { Attempt } from "../../../src/ports/payment.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";

const HOUR_MS = 3_600_000;
const LOST: Outcome<Truth> = unknown("no answer");
const NO: Outcome<Truth> = declined("refused", "no");
const SHUT_OUT: Outcome<Truth> = declined("rejected", "the account is not let in");
const SET_UP: Outcome<Truth> = { kind: "declined", reason: "rejected", detail: "it does no parts", kept: true };
const HELD: Outcome<Truth> = done({ state: "held", authorisedMinor: 30_000, holdUntilMs: null });
const RECEIPT = { paymentReference: "p", paidAt: null, details: {} };
const TAKEN: Outcome<Truth> = done({ state: "captured", capturedMinor: 9_945, receipt: RECEIPT });

const sale = { id: "s", position: "1", terms: {} };
const COMMIT = { phase: "settling", aim: "commit", sale, offer: { reference: "r" }, delivery: {} };
const RELEASE = { phase: "settling", aim: "release", sale, offer: { reference: "r" }, delivery: {} };

/** What is sent to a service that keeps its answers, as long as it answers so, and what is put on record. */
async function settling(answer: (call: number, attempt: Attempt) => Outcome<Truth>, state = COMMIT, fresh = true) {
  const time = new VirtualTime(1_700_000_000_000);
  const clock = clockOf(time, { number: 1, alive: true });
  const course: string[] = [];
  let calls = 0;
  let isOver = false;
  const act = async (attempt: Attempt): Promise<Outcome<Truth>> => {
    course.push(`${attempt.operation} ${attempt.number}`);
    return answer(++calls, attempt);
  };
  const payment = {
    traits: { name: "memory", keepsAnswers: true },
    query: async () => {
      course.push("?");
      return HELD;
    },
    settle: (...[, , , , attempt]: readonly [unknown, unknown, unknown, unknown, Attempt]) => act(attempt),
    release: (...[, , , , attempt]: readonly [unknown, unknown, unknown, unknown, Attempt]) => act(attempt),
  };
  const errand = {
    position: "1",
    identity: {},
    payment,
    faults: new FaultBoard(clock, SILENT, () => undefined),
    clock,
    log: SILENT,
    nap: new Nap(),
    mayGoOn: () => !isOver && time.elapsedMs < HOUR_MS,
    leftMs: () => HOUR_MS - time.elapsedMs,
    isOurs: async () => true,
    tried: () => undefined,
    tell: async ({ type }: { readonly type: string }) => {
      course.push(type);
      isOver ||= type !== "attempt-declined";
    },
  } as unknown as PaymentErrand;
  let isDone = false;
  const work = resolve(errand, state as unknown as Committing | Releasing, fresh).finally(() => {
    isDone = true;
  });
  for (let step = 0; step < 20_000 && !isDone; step++) if (!(await time.step())) await new Promise(setImmediate);
  await work;
  return { course, text: course.join(", ") };
}

describe("a service that keeps its answers", () => {
  it("says no once more to a capture whose first answer was lost: the next one has a number of its own", async () => {
    const { text } = await settling((call) => [LOST, NO, TAKEN][call - 1] ?? TAKEN);
    expect(text).toBe("capture 1, ?, capture 1, ?, attempt-declined, ?, capture 2, captured");
  });

  it("says no to a capture that was sent before a restart: the next one has a number of its own", async () => {
    const { text } = await settling((_, { number }) => (number === 1 ? NO : TAKEN), COMMIT, false);
    expect(text).toBe("?, capture 1, ?, attempt-declined, ?, capture 2, captured");
  });

  it("says no to that as well, which nothing is open before: a person has it", async () => {
    const { text } = await settling((call) => (call === 1 ? LOST : NO));
    expect(text).toBe("capture 1, ?, capture 1, ?, attempt-declined, ?, capture 2, ?, resolution-refused");
  });

  it("is not sent another number while one may still be carried out", async () => {
    const { course } = await settling(() => LOST);
    expect(new Set(course)).toEqual(new Set(["capture 1", "?"]));
  });

  it("loses answers and says no by turns: so many numbers, and a person has it", async () => {
    const { course } = await settling((call) => (call % 2 === 1 ? LOST : NO));
    expect(course.at(-1)).toBe("resolution-refused");
    expect(course.filter((each) => each === "attempt-declined")).toHaveLength(11);
  });

  it("does not let the account in for an hour: few noes are on record, and the last call is still sent", async () => {
    const { course } = await settling(() => SHUT_OUT);
    expect(course.filter((each) => each.startsWith("capture")).length).toBeGreaterThan(100);
    expect(course.filter((each) => each === "attempt-declined").length).toBeLessThan(7);
  });

  it("does not let the account in, and may keep that too: another number is tried, but not at once", async () => {
    const { text } = await settling((_, { number }) => (number === 1 ? SHUT_OUT : TAKEN));
    expect(text).toBe("capture 1, ?, capture 1, attempt-declined, ?, capture 2, captured");
  });

  it.each([
    ["before a restart", false, [SET_UP], "?, capture 1, attempt-declined, ?, capture 2, captured"],
    ["after a lost answer", true, [LOST, SET_UP], "capture 1, ?, capture 1, attempt-declined, ?, capture 2, captured"],
  ])(
    "lacked something %s and keeps that no: once mended, the next number is taken",
    async (_, fresh, noes, expected) => {
      const { text } = await settling((call) => noes[call - 1] ?? TAKEN, COMMIT, fresh);
      expect(text).toBe(expected);
    },
  );

  it("lacks something for an hour after a restart: few noes are on record, and the last call is still sent", async () => {
    const { course } = await settling(() => SET_UP, COMMIT, false);
    expect(course.filter((each) => each.startsWith("capture")).length).toBeGreaterThan(100);
    expect(course.filter((each) => each === "attempt-declined").length).toBeLessThan(8);
  });

  it("goes on refusing a release after a restart: so many noes are on record", async () => {
    const { course } = await settling(() => NO, RELEASE, false);
    expect(course.filter((each) => each === "attempt-declined")).toHaveLength(12);
    expect(new Set(course.filter((each) => each.startsWith("free"))).size).toBeGreaterThan(100);
  });
});
