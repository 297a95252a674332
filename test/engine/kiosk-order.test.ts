import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Kiosk } from "../../src/engine/kiosk.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Dispenser, DispenserEvent } from "../../src/ports/dispenser.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { done } from "../../src/ports/outcome.ts";
import type { Telemetry } from "../../src/ports/telemetry.ts";
import { noTelemetry } from "../../src/telemetry/none/none.ts";
import { MemoryPayment } from "../support/memory-payment.ts";
import { T0_MS } from "../support/sale-fixtures.ts";
import { SILENT } from "../support/silent-log.ts";
import { SILENT_MACHINE, SILENT_OBSERVER } from "../support/silent-observer.ts";
import { tempFolder } from "../support/temp.ts";
import { clockOf, VirtualTime } from "../support/virtual-clock.ts";

type Before = (position: string, time: VirtualTime) => Promise<void>;

/** A kiosk of positions 1 and 2 on a real journal, and what it does to the world around it. */
function kioskOfTwo(before: Before = async () => {}) {
  const log: string[] = [];
  const opened = openJournal({ path: join(tempFolder(), "journal.db") });
  onTestFinished(() => opened.close());
  const journal: Journal = Object.assign(Object.create(opened), {
    lastSale: async (position: string) => {
      await before(position, time);
      log.push(`position ${position} is recovered`);
      return await opened.lastSale(position);
    },
  });
  const time = new VirtualTime(T0_MS);
  const dispenserOf = (position: string): Dispenser => ({
    readingStepMs: null,
    mostBasePerS: null,
    arm: async () => done(null),
    stop: async () => {
      log.push(`dispenser ${position} is stopped`);
      return done(null);
    },
    totaliser: async () => done(0),
    listen: (_: (event: DispenserEvent) => void) => {},
    close: async () => {},
  });
  const telemetry: Telemetry = { ...noTelemetry(), start: () => void log.push("orders are taken") };
  const kiosk = new Kiosk({
    positions: ["1", "2"].map((position) => ({
      goods: {
        ...{ position, productName: "Diesel", sku: "D", reserveMinor: [2_000] },
        tariff: {
          ...{ currency: "SEK", unit: "L", unitPriceE6: 1_000_000, taxRateBps: 2_500 },
          ...{ rounding: "half-up", minimumMinor: 0 },
        } as const,
      },
      dispenser: dispenserOf(position),
      noFlowTimeoutMs: 30_000,
      timing: {
        ...{ offerTimeoutMs: 60_000, commitTimeoutMs: 3_600_000 },
        ...{ settleMarginMs: 600_000, handoverMarginMs: 60_000 },
      },
      configuredPrice: "1.00",
      priceProblem: () => null,
    })),
    ...{ payment: new MemoryPayment(() => time.trueMs), journal, telemetry, log: SILENT, earliestPlausibleMs: 0 },
    ...{ clock: clockOf(time, { number: 1, alive: true }), machine: SILENT_MACHINE, observer: SILENT_OBSERVER },
    ...{ commands: [], reconcile: async () => {}, settleBooks: async () => 0, saleClosed: () => {} },
    newSaleId: () => "sale",
    show: () => {},
    fatal: () => {},
  });
  const books = {
    start: () => void log.push("books are opened"),
    close: () => void log.push(`books are closed, ${kiosk.view().positions.map(({ state }) => state)}`),
  };
  /** Lets time pass until the work is over. */
  const through = async <T>(work: Promise<T>): Promise<T> => {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    for (let step = 0; step < 5_000 && !isOver; step++) if (!(await time.step())) await new Promise(setImmediate);
    return await work;
  };
  return { kiosk, books, log, time, through };
}

const byText = (one: string, other: string): number => one.localeCompare(other);

describe("a kiosk", () => {
  it("recovers all positions, opens the books, then takes orders; and ends the other way round", async () => {
    const { kiosk, books, log, through } = kioskOfTwo();
    await through(kiosk.start([books]));
    expect(log.slice(-2)).toEqual(["books are opened", "orders are taken"]);
    expect(log.slice(0, -2).toSorted(byText)).toEqual(
      ["1", "2"].flatMap((id) => [`dispenser ${id} is stopped`, `position ${id} is recovered`]).toSorted(byText),
    );
    await through(kiosk.customers.select("1", "20.00", "1.00"));
    log.length = 0;
    await through(kiosk.close());
    expect(log).toEqual([
      ...["dispenser 1 is stopped", "dispenser 2 is stopped"],
      // The sale that ran has ended before.
      "books are closed, closed,idle",
    ]);
    log.length = 0;
    await kiosk.close();
    expect(log).toEqual([]);
  });

  it("ends what it had begun when a position cannot be recovered, and begins nothing after it", async () => {
    const { kiosk, books, log, time, through } = kioskOfTwo(async (position, atTime) => {
      if (position === "2") throw new Error("position 2 cannot be read");
      await new Promise<void>((resolve) => atTime.after(1_000, resolve));
    });
    const starting = kiosk.start([books]);
    await expect(through(starting)).rejects.toThrow("position 2 cannot be read");
    // The slower position was waited for: nothing of it goes on behind the failure.
    expect(log.filter((line) => !line.startsWith("dispenser"))).toEqual(["position 1 is recovered"]);
    expect(kiosk.health().ok).toBe(false);
    expect(await kiosk.customers.select("1", "20.00", "1.00")).toMatchObject({ kind: "conflict" });
    let steps = 0;
    while (steps < 10 && (await time.step())) steps++;
    expect(steps).toBeLessThan(10);
    expect(log.filter((line) => !line.startsWith("dispenser"))).toHaveLength(1);
  });

  it("closes the books when what comes after them fails", async () => {
    const { kiosk, books, log, through } = kioskOfTwo();
    const failing = {
      start: () => {
        throw new Error("no books today");
      },
      close: () => void log.push("the failing part is closed"),
    };
    await expect(through(kiosk.start([books, failing]))).rejects.toThrow("no books today");
    expect(log.slice(-3)).toEqual(["books are opened", "the failing part is closed", "books are closed, idle,idle"]);
  });
});
