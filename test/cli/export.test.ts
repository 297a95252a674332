import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { exportSales } from "../../src/cli/export.ts";
import type { Booking } from "../../src/core/operator/booking.ts";
import type { RefundEvent } from "../../src/core/refund.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import { Shop, shopOfAYear } from "../support/archive-shop.ts";
import { writeConfig } from "../support/config.ts";

let out = "";
beforeEach(() => {
  out = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  onTestFinished(() => spy.mockRestore());
});

const ANY = { from: "2026-01-01", to: "2026-12-31" };

function exported(shop: Shop, options: Partial<Parameters<typeof exportSales>[0]> = {}): string {
  const config = writeConfig(dirname(shop.path), {
    endpoint: "http://127.0.0.1:1/soap",
    timezone: "Europe/Stockholm",
  });
  out = "";
  exportSales({ config, ...ANY, format: "csv", ...options });
  return out;
}

function bookings(shop: Shop, days: { from: string; to: string } = ANY): readonly Booking[] {
  return JSON.parse(exported(shop, { ...days, format: "json" }));
}

/** A sale that closed then, with what its record says beyond the usual one: diesel for 99.45 SEK. */
async function sold(shop: Shop, closedAt: string, record: Partial<SaleRecord> = {}): Promise<string> {
  const saleId = await shop.begin("1");
  await shop.close("1", saleId, { closedAt, ...record });
  return saleId;
}

async function refunded(shop: Shop, saleId: string, parts: readonly (readonly [at: string, minor: number])[]) {
  for (const [at, amountMinor] of parts) {
    const terms = { position: "1", paymentReference: `P-${saleId}`, amountMinor, currency: "SEK" };
    const refund = { refundId: `rf-${at}`, saleId, atMs: Date.parse(at) };
    const events: RefundEvent[] = [
      { ...refund, type: "asked", ...terms },
      { ...refund, atMs: refund.atMs, type: "made", reference: `G-${at}`, ...terms },
      // What is learned once more is no second refund.
      { ...refund, atMs: refund.atMs + 60_000, type: "made", reference: `G-${at}`, ...terms },
    ];
    for (const event of events) await shop.journal.note("refunds", saleId, () => event);
  }
}

/** The last two digits of `gross` and the like are öre. */
function sumMinor(amounts: readonly string[]): number {
  return amounts.reduce((sum, amount) => sum + Math.round(Number(amount) * 100), 0);
}

describe("export", () => {
  it.each<[string, string, boolean]>([
    ["one minute before the first day", "2026-10-31T22:59:00.000Z", false],
    ["at its begin, by the kiosk's clock", "2026-10-31T23:00:00.000Z", true],
    ["at the end of the last", "2026-11-30T22:59:59.999Z", true],
    ["a moment later", "2026-11-30T23:00:00.000Z", false],
  ])("a sale %s", async (_, closedAt, isIn) => {
    const shop = new Shop();
    const id = await sold(shop, closedAt);
    const found = bookings(shop, { from: "2026-11-01", to: "2026-11-30" });
    expect(found.map(({ sale }) => sale)).toEqual(isIn ? [id] : []);
  });

  it("both hours of the night in which one comes twice are there, in their order", async () => {
    const shop = new Shop();
    await sold(shop, "2026-10-25T00:30:00.000Z");
    await sold(shop, "2026-10-25T01:30:00.000Z");
    const found = bookings(shop, { from: "2026-10-25", to: "2026-10-25" });
    expect(found.map(({ time, timeUtc }) => [time, timeUtc])).toEqual([
      ["2026-10-25 02:30", "2026-10-25T00:30:00.000Z"],
      ["2026-10-25 02:30", "2026-10-25T01:30:00.000Z"],
    ]);
  });

  it("what the bank sent back of a refund is a line of its own, on its own day, and takes nothing from the days before", async () => {
    const shop = new Shop();
    const id = await sold(shop, "2026-11-20T12:00:00.000Z");
    const at = "2026-11-21T12:00:00.000Z";
    await refunded(shop, id, [[at, 3_333]]);
    const terms = { position: "1", paymentReference: `P-${id}`, amountMinor: 3_333, currency: "SEK" };
    const back = { refundId: `rf-${at}`, saleId: id, atMs: Date.parse("2026-12-02T12:00:00.000Z") };
    await shop.journal.note("refunds", id, () => ({ type: "returned", ...back, ...terms, detail: "shown as failed" }));
    const all = bookings(shop);
    expect(all.map(({ booking, gross, reference }) => [booking, gross, reference]).slice(1)).toEqual([
      ["refund", "-33.33", `G-${at}`],
      ["refund", "33.33", `G-${at}`],
    ]);
    for (const key of ["gross", "net", "tax"] as const)
      expect(sumMinor(all.slice(1).map((each) => each[key])), key).toBe(0);
    const november = bookings(shop, { from: "2026-11-01", to: "2026-11-30" });
    expect(november.map(({ gross }) => gross)).toEqual(["99.45", "-33.33"]);
  });

  it("parts of a refund are negative, on their own days, and their tax adds up to the sale's", async () => {
    const shop = new Shop();
    const id = await sold(shop, "2026-11-20T12:00:00.000Z");
    await refunded(shop, id, [
      ["2026-11-21T12:00:00.000Z", 3_333],
      ["2026-11-22T12:00:00.000Z", 3_333],
      ["2026-12-02T12:00:00.000Z", 3_279],
    ]);
    const all = bookings(shop);
    expect(all.map(({ booking, gross }) => [booking, gross])).toEqual([
      ["sale", "99.45"],
      ["refund", "-33.33"],
      ["refund", "-33.33"],
      ["refund", "-32.79"],
    ]);
    for (const key of ["gross", "net", "tax"] as const) expect(sumMinor(all.map((each) => each[key])), key).toBe(0);
    for (const { gross, net, tax } of all) expect(sumMinor([net, tax])).toBe(sumMinor([gross]));
    const november = bookings(shop, { from: "2026-11-01", to: "2026-11-30" });
    expect(november.map(({ gross }) => gross)).toEqual(["99.45", "-33.33", "-33.33"]);
  });

  it("a sale that was amended is there once, as its last record has it", async () => {
    const shop = new Shop();
    const closedAt = "2026-11-20T12:00:00.000Z";
    const id = await sold(shop, closedAt, { outcome: "needs-attention", charged: "0.00", tax: "0.00" });
    await shop.close("1", id, { closedAt, amends: true });
    expect(bookings(shop).map(({ outcome, gross }) => [outcome, gross])).toEqual([["paid", "99.45"]]);
  });

  it("old years come from their archives, and no other file is opened", async () => {
    const shop = await shopOfAYear();
    const before = bookings(shop, { from: "2024-01-01", to: "2026-01-01" });
    expect(before).toHaveLength(12);
    await shop.tidy();
    expect(shop.archives().length).toBeGreaterThan(0);
    expect(bookings(shop, { from: "2024-01-01", to: "2026-01-01" })).toEqual(before);
    const days = { from: "2025-04-01", to: "2025-06-30" };
    expect(bookings(shop, days)).toEqual(before.filter(({ time }) => days.from <= time && time < "2025-07-01"));
  });

  it("a table is RFC 4180, and a name is no formula", async () => {
    const shop = new Shop();
    const id = await sold(shop, "2026-11-20T12:00:00.000Z", { product: '=HYPERLINK("x"), "Diesel"' });
    await refunded(shop, id, [["2026-11-21T12:00:00.000Z", 100]]);
    const [header, sale, refund, end] = exported(shop).split("\r\n");
    expect(header).toMatch(/^\uFEFFbooking,time,timeUtc,kiosk,position,sale,refund,/);
    expect(sale).toContain(`,"'=HYPERLINK(""x""), ""Diesel""",`);
    expect(refund).toContain(",-1.00,-0.80,-0.20,");
    expect(end).toBe("");
  });

  it("a file is its owner's, and is replaced as a whole", async () => {
    const shop = new Shop();
    await sold(shop, "2026-11-20T12:00:00.000Z");
    const output = join(dirname(shop.path), "books.csv");
    expect(exported(shop, { output })).toMatch(/books[.]csv: 1 bookings, 2026-01-01 to 2026-12-31, Europe\/Stockholm/);
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(readFileSync(output, "utf8")).toBe(exported(shop));
  });

  it.each<[Partial<Parameters<typeof exportSales>[0]>, RegExp]>([
    [{ from: "2026-13-01" }, /^--from: expected a day such as 2026-11-30, not "2026-13-01"$/],
    [{ to: "2026-02-30" }, /^--to: expected a day/],
    [{ to: "2025-12-31" }, /^--to: expected 2026-01-01 or later/],
    [{ to: "2036-01-01" }, /^--to: expected at most 1100 days after 2026-01-01.*year by year$/],
    [{ format: "xml" }, /^--format: expected csv or json, not "xml"$/],
    [{ output: "/nowhere/books.csv" }, /^--output: \/nowhere\/books[.]csv cannot be written: /],
  ])("%j is refused", (options, error) => {
    const shop = new Shop();
    expect(() => exported(shop, options)).toThrow(error);
  });
});
