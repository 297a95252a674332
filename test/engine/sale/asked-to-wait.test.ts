import { describe, expect, it } from "vitest";
import type { Truth } from "../../../src/core/sale/resolve.ts";
import type { Committing, Offered, Offering } from "../../../src/core/sale/state.ts";
import type { PaymentErrand } from "../../../src/engine/errand.ts";
import { offer, resolve, watch } from "../../../src/engine/sale/payment-errands.ts";
import { FaultBoard } from "../../../src/engine/watch/fault-board.ts";
import { Nap } from "../../../src/platform/time/wait.ts";
import type { Log } from "../../../src/ports/log.ts";
import { done, type Outcome, unknown } from "../../../src/ports/outcome.ts";
import { MemoryPayment } from "../../support/memory-payment.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, VirtualTime } from "../../support/virtual-clock.ts";
import { scene } from "../scene.ts";

const ASKING_MS = 1_000;
const POLLS = {
  firstMs: ASKING_MS,
  everyMs: ASKING_MS,
  hiddenEveryMs: 15_000,
  probeEveryMs: 60_000,
  probeOfAccount: false,
};

/** An errand at a service that answers as told, until the sale has gone on. */
function errandAt(
  answer: (call: number) => Outcome<Truth>,
  endMs: number,
  leftMs: number | null = null,
  log: Log = SILENT,
) {
  const time = new VirtualTime(1_700_000_000_000);
  const clock = clockOf(time, { number: 1, alive: true });
  const askedAtMs: number[] = [];
  const told: string[] = [];
  const ask = async (): Promise<Outcome<Truth>> => {
    askedAtMs.push(time.elapsedMs);
    return answer(askedAtMs.length);
  };
  const payment = {
    traits: { name: "memory", polls: POLLS, keepsAnswers: false },
    offer: ask,
    query: ask,
    settle: ask,
    release: ask,
    probe: async () => done(null),
    close: async () => undefined,
  };
  const errand = {
    position: "1",
    identity: {},
    payment,
    faults: new FaultBoard(clock, SILENT, () => undefined),
    clock,
    log,
    nap: new Nap(),
    mayGoOn: () => time.elapsedMs < endMs,
    leftMs: () => (leftMs === null ? null : leftMs - time.elapsedMs),
    isOurs: async () => true,
    tried: () => undefined,
    showTried: () => undefined,
    forPerson: () => undefined,
    tell: async ({ type }: { readonly type: string }) => void told.push(type),
  } as unknown as PaymentErrand;
  const run = async (work: Promise<void>): Promise<readonly number[]> => {
    let isOver = false;
    void work.finally(() => {
      isOver = true;
    });
    for (let step = 0; step < 5_000 && !isOver; step++) if (!(await time.step())) await new Promise(setImmediate);
    return askedAtMs;
  };
  return { errand, run, told };
}

const sale = { id: "s", position: "1", terms: {} };
const offered = { phase: "offered", sale, offer: { reference: "r", qrText: "x" } } as unknown as Offered;
const committing = {
  phase: "settling",
  aim: "commit",
  sale,
  offer: { reference: "r" },
  delivery: {},
} as unknown as Committing;
const waits = (retryAfterMs: number) => () => unknown<Truth>("busy", { retryAfterMs });

describe("a service that counts its questions", () => {
  it("is asked at its own pace, and less often once the code is down", async () => {
    const { errand, run } = errandAt(() => done({ state: "open" }), 60_000, 60_000);
    const polls = {
      firstMs: 8_000,
      everyMs: 4_000,
      hiddenEveryMs: 15_000,
      probeEveryMs: 60_000,
      probeOfAccount: false,
    };
    const counting = { ...errand, payment: { ...errand.payment, traits: { ...errand.payment.traits, polls } } };
    const askedAtMs = await run(watch(counting, offered));
    expect(askedAtMs).toEqual([8_000, 12_000, 16_000, 20_000, 24_000, 28_000, 32_000, 47_000]);
  });

  it("is asked at most 60 times about an offer that nobody pays within three minutes", async () => {
    const { errand, run } = errandAt(() => done({ state: "open" }), 180_000, 180_000);
    const polls = { firstMs: 8_000, everyMs: 4_000, hiddenEveryMs: 15_000, probeEveryMs: 60_000, probeOfAccount: true };
    const counting = { ...errand, payment: { ...errand.payment, traits: { ...errand.payment.traits, polls } } };
    const asked = (await run(watch(counting, offered))).length;
    expect(asked).toBeGreaterThan(30);
    expect(asked).toBeLessThanOrEqual(60);
  });

  it("is probed seldom while it answers, and soon while it does not", async () => {
    const payment = new MemoryPayment(() => 0, { probeEveryMs: 1_800_000 });
    let probes = 0;
    let answer: Outcome<null> = done(null);
    payment.probe = async () => {
      probes++;
      return answer;
    };
    const { pass } = await scene({ payment });
    await pass(1_700_000);
    expect(probes).toBe(1);
    answer = unknown("no answer");
    await pass(200_000);
    expect(probes).toBeGreaterThan(5);
    answer = done(null);
    await pass(20_000);
    const atEnd = probes;
    await pass(1_700_000);
    expect(probes).toBe(atEnd);
  });
});

describe("a service that asks to wait", () => {
  it("is polled no sooner", async () => {
    const { errand, run } = errandAt(waits(5_000), 15_000);
    expect(await run(watch(errand, offered))).toEqual([1_000, 6_000, 11_000]);
  });

  it("is polled every ten seconds all the same, for a customer stands there", async () => {
    const { errand, run } = errandAt(waits(300_000), 30_000);
    expect(await run(watch(errand, offered))).toEqual([1_000, 11_000, 21_000]);
  });

  it("that asks for less than the interval changes nothing", async () => {
    const { errand, run } = errandAt(waits(10), 3_500);
    expect(await run(watch(errand, offered))).toEqual([1_000, 2_000, 3_000]);
  });

  it("is sent an offer again only where that is soon", async () => {
    const soon = errandAt(waits(3_000), 60_000);
    expect(await soon.run(offer(soon.errand, { sale } as unknown as Offering))).toEqual([0, 3_000, 6_000]);
    const late = errandAt(waits(30_000), 60_000);
    expect(await late.run(offer(late.errand, { sale } as unknown as Offering))).toEqual([0]);
    expect([soon.told, late.told]).toEqual([["offer-unanswered"], ["offer-unanswered"]]);
  });

  it("is sent a commit later, but soon enough that it takes no payment back", async () => {
    const { errand, run } = errandAt(waits(300_000), 35_000);
    expect(await run(resolve(errand, committing, true))).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it("is sent a commit once more before the end of the state, however long it asks", async () => {
    const { errand, run } = errandAt(waits(60_000), 33_000, 33_000);
    const askedAtMs = await run(resolve(errand, committing, true));
    expect(askedAtMs.slice(0, 3)).toEqual([0, 10_000, 18_000]);
    expect(askedAtMs.every((atMs) => atMs < 33_000)).toBe(true);
  });
});

it("a service that asks to wait is left alone, and all else is looked at meanwhile", async () => {
  const { payment, machine, pass, faults } = await scene();
  let probes = 0;
  payment.probe = async () => {
    probes++;
    return unknown("busy", { retryAfterMs: 300_000 });
  };
  await pass(60_000);
  expect(probes).toBe(1);
  machine.meter = unknown("no answer");
  await pass(60_000);
  expect(faults()).toEqual(["payment-unreachable: busy", "dispenser-unreachable: no answer"]);
  await pass(260_000);
  expect(probes).toBe(2);
});

describe("what goes on being unclear", () => {
  it("is told once, and every five minutes with how often", async () => {
    const warned: unknown[] = [];
    const log: Log = { ...SILENT, warn: ({ times }) => void warned.push(times) };
    const { errand, run } = errandAt(() => done({ state: "unclear", detail: "status X" }), 700_000, null, log);
    await run(watch(errand, offered));
    expect(warned).toEqual([1, 300, 300]);
  });
});

describe("the cause of a fault", () => {
  it("is said anew when it is another, but not all the time, and the fault's time stays", async () => {
    const time = new VirtualTime(0);
    const clock = clockOf(time, { number: 1, alive: true });
    let changes = 0;
    const board = new FaultBoard(clock, SILENT, () => changes++);
    const pass = async (delayMs: number) => {
      time.after(delayMs, () => undefined);
      await time.step();
    };
    const shown = () => board.all.map(({ detail, advice, sinceMs }) => [detail, advice, sinceMs]);
    board.raise("payment-unreachable", "1", "refused", "look at the port");
    await pass(1_000);
    board.raise("payment-unreachable", "1", "expired", "look at the clock");
    expect(shown()).toEqual([["refused", "look at the port", 0]]);
    await pass(40_000);
    board.raise("payment-unreachable", "1", "expired", "look at the clock");
    expect(shown()).toEqual([["expired", "look at the clock", 0]]);
    for (let second = 0; second < 60; second++) {
      await pass(1_000);
      board.raise("payment-unreachable", "1", "one", second % 2 === 0 ? "this" : "that");
    }
    expect(changes).toBeLessThanOrEqual(4);
  });
});
