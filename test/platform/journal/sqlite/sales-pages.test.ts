import { describe, expect, it, onTestFinished } from "vitest";
import { openHistory } from "../../../../src/platform/journal/sqlite/history.ts";
import { totalsOf } from "../../../../src/platform/journal/sqlite/totals.ts";
import type { SalesWish } from "../../../../src/ports/sales-history.ts";
import { BEGIN_MS, DAY_MS, Shop } from "../../../support/archive-shop.ts";
import { PAID } from "../../../support/sale-fixtures.ts";

const ALL: SalesWish = { before: null, fromMs: null, untilMs: null, positions: null, outcome: null, limit: 4 };

function historyOf(shop: Shop) {
  const history = openHistory(shop.path);
  onTestFinished(() => history.close());
  /** Follows the pages to their end. */
  const ids = (wish: Partial<SalesWish> = {}): string[] => {
    const found: string[] = [];
    let before: number | null = null;
    for (let page = 0; page < 100; page++) {
      const { sales, next } = history.page({ ...ALL, ...wish, before });
      found.push(...sales.map(({ sale }) => sale.saleId));
      if (next === null) return found;
      before = next;
    }
    throw new Error("the pages do not end");
  };
  return { history, ids };
}

/** Thirty sales on thirty days at two positions; the first half of them in archives. */
async function shopOfThirty(): Promise<Shop> {
  const shop = new Shop();
  for (let sale = 0; sale < 30; sale++) {
    shop.day = sale * 10;
    await shop.sell(sale % 3 === 0 ? "2" : "1");
  }
  await shop.readAll();
  await shop.tidy();
  expect(shop.archives().length).toBeGreaterThan(0);
  return shop;
}

describe("pages of sales", () => {
  it("go from the newest to the oldest, through the archives, each sale once", async () => {
    const shop = await shopOfThirty();
    const { history, ids } = historyOf(shop);
    const expected = Array.from({ length: 30 }, (_, index) => `s${30 - index}`);
    expect(ids()).toEqual(expected);
    expect(ids({ limit: 30 })).toEqual(expected);
    expect(ids({ positions: ["2"] })).toHaveLength(10);
    expect(ids({ positions: ["3"] })).toEqual([]);
    expect(ids({ outcome: "released" })).toEqual([]);
    expect(history.page({ ...ALL, before: 3 }).sales.map(({ sale }) => sale.saleId)).toEqual(["s2", "s1"]);
  });

  it.each([
    ["from a day on", 250, null, 5],
    ["until a day", null, 50, 5],
    ["between two days, in the archive", 50, 100, 5],
    ["between two days with nothing", 51, 59, 0],
  ])("are of a time: %s", async (_what, from, until, count) => {
    const { ids } = historyOf(await shopOfThirty());
    const at = (day: number | null): number | null => (day === null ? null : BEGIN_MS + day * DAY_MS);
    expect(ids({ fromMs: at(from), untilMs: at(until) })).toHaveLength(count);
  });

  it("show a sale that was amended as its last record has it", async () => {
    const shop = new Shop();
    await shop.handOver("1", await shop.begin("1"));
    await shop.sell("1", 2);
    await shop.close("1", "s1", { amends: true });
    await shop.sell("1");
    const { history, ids } = historyOf(shop);
    expect(ids({ limit: 1 })).toEqual(["s4", "s1", "s3", "s2"]);
    expect(ids({ outcome: "needs-attention" })).toEqual([]);
    const { totals } = history.totals({ by: "day", count: 1, untilMs: shop.nowMs, timezone: "UTC" });
    expect(totals).toMatchObject([{ paid: 4, needsAttention: 0, chargedMinor: 4 * 9_945 }]);
  });
});

describe("totals", () => {
  const sold = (closedAt: string) => ({ ...PAID, closedAt });
  const untilMs = Date.parse("2026-11-30T12:00:00Z");

  it.each([
    ["day", "Europe/Stockholm", ["2026-11-29", "2026-11-30"], [0, 2]],
    ["day", "UTC", ["2026-11-29", "2026-11-30"], [1, 1]],
    ["week", "Europe/Stockholm", ["2026-11-23", "2026-11-30"], [0, 2]],
    ["month", "Europe/Stockholm", ["2026-10-01", "2026-11-01"], [1, 2]],
  ] as const)("of each %s go by the local clock of %s", (by, timezone, begins, paid) => {
    const records = [
      sold("2026-11-30T08:00:00.000Z"),
      sold("2026-11-29T23:30:00.000Z"),
      { ...sold("2026-10-31T22:30:00.000Z"), outcome: "paid" as const },
      sold("2026-09-30T12:00:00.000Z"),
    ];
    const { totals, isPartial } = totalsOf(records, { by, count: 2, untilMs, timezone });
    expect(isPartial).toBe(false);
    expect(totals.map(({ from }) => from)).toEqual(begins);
    expect(totals.map((total) => total.paid)).toEqual(paid);
    expect(totals[1]?.quantities).toEqual({ L: 5_000 * (paid[1] ?? 0) });
  });

  it("say when there were more sales than they add up", () => {
    function* many() {
      for (let sale = 0; sale < 50_001; sale++) yield sold("2026-11-30T08:00:00.000Z");
    }
    const { totals, isPartial } = totalsOf(many(), { by: "day", count: 1, untilMs, timezone: "UTC" });
    expect([totals[0]?.paid, isPartial]).toEqual([50_000, true]);
  });
});
