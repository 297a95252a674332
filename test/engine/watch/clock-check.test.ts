import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { CLOCK_KEY } from "../../../src/core/clock.ts";
import { ClockCheck } from "../../../src/engine/watch/clock-check.ts";
import { FaultBoard } from "../../../src/engine/watch/fault-board.ts";
import { openJournal } from "../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../src/ports/journal.ts";
import type { ServiceTime } from "../../../src/ports/payment.ts";
import { HAPPY, PAID } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { tempFolder } from "../../support/temp.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 5, 1, 12);

let journal: Journal;
let wallMs: number;
let monotonicMs: number;
let heard: ServiceTime | null;
let isSynchronised: boolean;
let isSelling: boolean;
let board: FaultBoard;

/** A run of the daemon. */
function daemon(): ClockCheck {
  const clock = { wallMs: () => wallMs, monotonicMs: () => monotonicMs, after: () => () => undefined };
  board = new FaultBoard(clock, SILENT, () => undefined);
  return new ClockCheck({
    ...{ journal, clock, faults: board, log: SILENT, earliestPlausibleMs: Date.UTC(2026, 0, 1) },
    payment: { serviceTime: () => heard },
    machine: { clockIsSynchronised: async () => isSynchronised },
    isSelling: () => isSelling,
  });
}

async function sold(atMs: number): Promise<void> {
  const events = HAPPY.map((event) => ({ ...event, saleId: `s${atMs}`, atMs }));
  for (const [at, event] of events.entries())
    await journal.append("1", event, at === events.length - 1 ? { ...PAID, saleId: `s${atMs}` } : null);
}

function pass(ms: number): void {
  wallMs += ms;
  monotonicMs += ms;
}

/** An answer of the payment service. */
function hear(aheadMs = 0): void {
  heard = { atMs: wallMs + aheadMs, heardMs: monotonicMs };
}

function synchronise(): void {
  isSynchronised = true;
}

const faults = (): string[] => board.all.map(({ code }) => code);
const takenBy = async () => (await journal.notes("clock", CLOCK_KEY)).map(({ by }) => by);

beforeEach(() => {
  journal = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => journal.close());
  [wallMs, monotonicMs, heard, isSynchronised, isSelling] = [NOW_MS, 0, null, false, false];
});

describe("a clock that was thirty days ahead when something was sold, and is right now", () => {
  beforeEach(() => sold(NOW_MS + 30 * DAY_MS));

  it.each<[string, () => void, string | null]>([
    ["is not taken when nobody vouches for it", () => undefined, null],
    ["is taken when the payment service says the same", () => hear(90_000), "payment service"],
    ["is not taken when the payment service says something else", () => hear(5 * 60_000), null],
    ["is taken when a time server has set it", () => synchronise(), "time server"],
    [
      "is not taken when the payment service contradicts the time server",
      () => {
        synchronise();
        hear(HOUR_MS);
      },
      null,
    ],
    [
      "is not taken while a sale is open",
      () => {
        hear();
        isSelling = true;
      },
      null,
    ],
  ])("%s", async (_name, set, by) => {
    set();
    await daemon().check();
    expect(faults()).toEqual(by === null ? ["clock-implausible"] : []);
    expect(await takenBy()).toEqual(by === null ? [] : [by]);
  });

  it("stays taken after a restart, also when nobody vouches for it any more", async () => {
    hear();
    await daemon().check();
    heard = null;
    const next = daemon();
    await next.check();
    expect(faults()).toEqual([]);
    wallMs -= HOUR_MS;
    await next.check();
    expect(faults()).toEqual(["clock-implausible"]);
    expect(await takenBy()).toEqual(["payment service"]);
  });

  it("goes back no more once something was sold by it", async () => {
    hear();
    await daemon().check();
    heard = null;
    pass(HOUR_MS);
    await sold(wallMs);
    await daemon().check();
    expect(faults()).toEqual([]);
    wallMs -= HOUR_MS;
    await daemon().check();
    expect(faults()).toEqual(["clock-implausible"]);
  });

  it("is taken when an operator orders it, though the service's own clock is wrong", async () => {
    hear(DAY_MS);
    const check = daemon();
    await check.check();
    const order = { atMs: wallMs, overruledMs: NOW_MS + 30 * DAY_MS, serviceAheadMs: DAY_MS };
    await journal.note("clock", CLOCK_KEY, () => ({ ...order, by: "operator", who: "anna", reason: "battery" }));
    pass(60_000);
    hear(DAY_MS);
    await check.check();
    expect(faults()).toEqual([]);
  });

  it("is not taken when it was set again while that was noted", async () => {
    hear();
    const kept = journal;
    const setBack: Journal["note"] = async (stream, key, decide) => {
      const written = await kept.note(stream, key, decide);
      wallMs -= HOUR_MS;
      return written;
    };
    journal = { ...kept, note: setBack };
    await daemon().check();
    expect(faults()).toEqual(["clock-implausible"]);
  });

  it("is not taken when that cannot be noted", async () => {
    hear();
    journal = { ...journal, note: () => Promise.reject(new Error("no space left")) };
    await daemon().check();
    expect(faults()).toEqual(["clock-implausible"]);
  });
});

describe.each([
  ["ahead of", -30 * DAY_MS],
  ["behind", 30 * DAY_MS],
])("a clock %s the payment service's", (_name, serviceAheadMs) => {
  it("is believed to be wrong when two answers say so", async () => {
    const check = daemon();
    hear(serviceAheadMs);
    await check.check();
    expect([faults(), check.isDoubtful]).toEqual([[], true]);
    pass(20_000);
    await check.check();
    expect(faults()).toEqual([]);
    hear(serviceAheadMs);
    await check.check();
    expect(faults()).toEqual(["clock-implausible"]);
    // Silence makes it no better.
    pass(HOUR_MS);
    await check.check();
    hear(serviceAheadMs);
    await check.check();
    expect(faults()).toEqual(["clock-implausible"]);
    wallMs += serviceAheadMs;
    await check.check();
    expect([faults(), check.isDoubtful]).toEqual([[], false]);
  });

  it("is right when the next answer agrees", async () => {
    const check = daemon();
    hear(serviceAheadMs);
    await check.check();
    pass(20_000);
    hear();
    await check.check();
    pass(20_000);
    hear(serviceAheadMs);
    await check.check();
    expect(faults()).toEqual([]);
  });
});
