import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { paidSale } from "../../../../../src/cli/paid-sale.ts";
import { Chain } from "../../../../../src/platform/journal/sqlite/chain/chain.ts";
import { checkRows } from "../../../../../src/platform/journal/sqlite/check/check.ts";
import { openHistory } from "../../../../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { Marks } from "../../../../../src/platform/journal/sqlite/rows/marks.ts";
import type { Tidying } from "../../../../../src/ports/journal.ts";
import { DAY_MS, range, Shop, SMALL, shopOfAYear } from "../../../../support/archive-shop.ts";

describe("old sales", () => {
  it("go to a file a year, and everything that reads sales sees the same", async () => {
    const shop = await shopOfAYear();
    const before = await shop.told();
    expect(await shop.tidy()).toBeGreaterThan(1);
    expect(shop.archives()).toEqual(["journal-2024.db", "journal-2025.db"]);
    expect(shop.seqs("sale", "journal-2024.db")).toEqual([1, 2, 3]);
    expect(shop.seqs("sale", "journal-2025.db")).toEqual(range(4, 8));
    expect(shop.seqs("sale")).toEqual(range(9, 12));
    expect(shop.seqs("event")).toEqual(range(25, 36));
    expect(await shop.told()).toEqual(before);
    shop.check();
    for (const file of shop.archives()) {
      expect(statSync(join(dirname(shop.path), file)).mode & 0o777).toBe(0o600);
    }
    await shop.journal.close();
  });

  it("go once: another night moves nothing, and numbers go on", async () => {
    const shop = await shopOfAYear();
    await shop.tidy();
    const before = await shop.told();
    expect(await shop.tidy()).toBe(0);
    expect(await shop.told()).toEqual(before);
    await shop.sell("1");
    expect(shop.seqs("sale").at(-1)).toBe(13);
    expect(shop.seqs("event").at(-1)).toBe(39);
    shop.check();
    await shop.journal.close();
  });

  it.each<[string, (shop: Shop) => Promise<Partial<Tidying> | undefined>, number]>([
    ["nothing is in the way", async () => undefined, 9],
    ["nobody keeps so long", async () => ({ keepMs: 400 * DAY_MS }), 1],
    ["a broker has not taken the fifth", async (shop) => void (await unread(shop, "sales", 5)), 5],
    ["receipts wait from the third on", async (shop) => void (await unread(shop, "receipts", 3)), 3],
    ["nobody has looked for matters in the first", async (shop) => void (await unread(shop, "matters-of-sales", 1)), 1],
    [
      "a reader that nobody has is behind",
      async (shop) => {
        await unread(shop, "receipts", 3);
        return { readers: ["sales", "matters-of-sales"] };
      },
      9,
    ],
    ["the books of a position are compared up to the sixth", (shop) => compared(shop, 6, 0), 7],
    ["somebody compared books, long ago", (shop) => compared(shop, 6, 121), 9],
    ["the clock is ten years ahead", async () => ({ nowMs: Date.UTC(2035, 0, 1) }), 9],
  ])("stay from a number on: %s", async (_what, given, first) => {
    const shop = await shopOfAYear();
    await shop.tidy(await given(shop));
    expect(shop.seqs("sale")[0]).toBe(first);
    shop.check();
    await shop.journal.close();
  });

  it("stay while they are among the newest, however old", async () => {
    const shop = await shopOfAYear();
    shop.day += 3_000;
    await shop.sell("1");
    await shop.tidy({}, { ...SMALL, newestRecords: 5 });
    expect(shop.seqs("sale")).toEqual(range(9, 13));
    await shop.journal.close();
  });

  it("stay behind the first event of a sale that is open, and as much as came after it", async () => {
    const shop = new Shop();
    await shop.sell("1", 2);
    const open = await shop.begin("2");
    await shop.sell("1", 4);
    shop.day += 200;
    await shop.sell("3", 2);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBe(3);
    expect(shop.seqs("event")[0]).toBe(7);
    await shop.close("2", open);
    shop.day += 100;
    await shop.sell("2", 3);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBe(10);
    shop.check();
    await shop.journal.close();
  });

  it("stay when they began before a sale that stays, or were amended lately", async () => {
    const shop = new Shop();
    await shop.sell("1", 2);
    const attended = await shop.begin("2");
    await shop.handOver("2", attended);
    await shop.sell("1", 3);
    await shop.sell("2");
    shop.day += 100;
    await shop.close("2", attended, { amends: true });
    await shop.sell("1", 2);
    await shop.sell("2", 2);
    await shop.readAll();
    const before = await shop.told();
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBe(3);
    expect(shop.seqs("event")[0]).toBe(7);
    expect(await shop.told()).toEqual(before);
    await shop.journal.close();
  });

  it("go in several steps when they are long, and are read from both files meanwhile", async () => {
    const shop = new Shop();
    const long = await shop.begin("1");
    for (let reading = 0; reading < 40; reading++) await shop.goOn("1", long);
    await shop.close("1", long);
    await shop.sell("1", 3);
    shop.day += 100;
    await shop.sell("1", 2);
    await shop.readAll();
    const before = await shop.told();
    for (const first of [8, 15, 22]) {
      await shop.tidy({}, { ...SMALL, stepsANight: 1 });
      expect(shop.seqs("event")[0]).toBe(first);
      expect(shop.seqs("sale")[0]).toBe(1);
      expect(await shop.told()).toEqual(before);
      shop.check();
    }
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBe(5);
    expect(await shop.told()).toEqual(before);
    shop.check();
    await shop.journal.close();
  });

  it("are no damage to a check that was begun before they went", async () => {
    const shop = new Shop();
    await shop.sell("1", 70);
    shop.day += 100;
    await shop.sell("1", 2);
    await shop.readAll();
    const db = new Database(shop.path);
    const check = checkRows(db);
    check.next();
    await shop.tidy();
    expect(shop.seqs("event")[0]).toBe(211);
    for (const _ of check);
    db.close();
    await shop.journal.close();
  });

  it("go when they were written before there was a chain", async () => {
    const shop = new Shop();
    await shop.sell("1", 5);
    await shop.sell("2", 1);
    await shop.sell("1", 3);
    await shop.readAll();
    await shop.unchain();
    shop.day += 50;
    await shop.sell("1", 3);
    shop.day += 60;
    await shop.sell("3", 2);
    await shop.readAll();
    shop.check();
    const before = await shop.told();
    for (let night = 0; night < 12; night++) {
      await shop.tidy({}, { ...SMALL, stepsANight: 1 });
      expect(await shop.told()).toEqual(before);
      shop.check();
    }
    expect(shop.seqs("sale")[0]).toBe(10);
    shop.day += 60;
    await shop.sell("3", 3);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBe(13);
    // The last sales of 1 and 2, and what stays of 3.
    expect(shop.seqs("event")).toEqual([16, 17, 18, ...range(34, 36), ...range(37, 51)]);
    shop.check();
    await shop.journal.close();
  });

  it("leave the last sale of a position that sells no more, until it does", async () => {
    const shop = new Shop();
    await shop.sell("1", 2);
    const dormant = await shop.begin("2");
    await shop.goOn("2", dormant);
    await shop.sell("1");
    await shop.close("2", dormant);
    await shop.sell("3");
    await shop.sell("1", 4);
    shop.day += 100;
    await shop.sell("1", 3);
    await shop.readAll();
    const before = await shop.told();
    await shop.tidy();
    // Of 2 with what 1 sold meanwhile, and of 3.
    expect(shop.seqs("event")).toEqual([...range(7, 16), ...range(29, 37)]);
    expect(shop.seqs("sale")).toEqual(range(10, 12));
    expect(await shop.told()).toEqual(before);
    shop.check();
    await shop.sell("2");
    await shop.sell("3");
    shop.day += 100;
    await shop.sell("1", 3);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("event")[0]).toBeGreaterThan(20);
    shop.check();
    await shop.journal.close();
  });
});

async function unread(shop: Shop, reader: "sales" | "receipts" | "matters-of-sales", fromSeq: number): Promise<void> {
  await shop.journal.close();
  const db = new Database(shop.path);
  new Marks(db, new Chain(db).id).put(reader === "sales" ? "delivered" : reader, fromSeq - 1);
  db.close();
  shop.journal = openJournal({ path: shop.path });
}

async function compared(shop: Shop, throughSale: number, daysAgo: number): Promise<undefined> {
  const nothing = { missingThere: [], missingHere: [], differing: [], carried: [] };
  const about = { position: "1", atMs: shop.nowMs - daysAgo * DAY_MS, periodId: "p", throughRefund: 0, matched: 0 };
  await shop.journal.note("reconciliations", "1", () => {
    return { type: "compared", ...about, throughSale, gap: false, ...nothing };
  });
}

describe("a sale that somebody edited", () => {
  it.each<[string, string, string, string, RegExp]>([
    [
      "its record, in an archive",
      "s5",
      "journal-2025.db",
      "UPDATE sale SET body = replace(body, '99.45', '9999.45') WHERE seq = 5",
      /archive .*journal-2025.db is damaged: record number 5 is not as it was written.*newest backup/,
    ],
    [
      "an event of it, in an archive",
      "s5",
      "journal-2025.db",
      "UPDATE event SET body = replace(body, '9945', '999945') WHERE seq = 15",
      /archive .*journal-2025.db is damaged: event number 15 is not/,
    ],
    [
      "its record, in the journal",
      "s11",
      "journal.db",
      "UPDATE sale SET body = replace(body, '99.45', '9999.45') WHERE seq = 11",
      /journal .*journal.db is damaged: record number 11 is not/,
    ],
    [
      "an event of it, in the journal",
      "s11",
      "journal.db",
      "UPDATE event SET body = replace(body, '9945', '999945') WHERE seq = 33",
      /damaged: event number 33 is not/,
    ],
    [
      "its refund",
      "s11",
      "journal.db",
      "UPDATE note SET body = replace(body, '700', '1') WHERE stream = 'refunds'",
      /damaged: note [(]refunds[)] number 1 is not/,
    ],
    [
      "a record that nobody wrote",
      "s11",
      "journal.db",
      "INSERT INTO sale SELECT 13, first_event, last_event, replace(body, '99.45', '9999.45'), hash FROM sale WHERE seq = 11",
      /damaged: record number 13 is not/,
    ],
    [
      "a record that nobody wrote, without a hash",
      "s11",
      "journal.db",
      "INSERT INTO sale SELECT 13, first_event, last_event, body, NULL FROM sale WHERE seq = 11",
      /damaged: record number 13 /,
    ],
  ])("is not shown, and nothing is given back for it: %s", async (_what, saleId, file, sql, refusal) => {
    const shop = await shopOfAYear();
    const terms = { position: "1", paymentReference: "P-s11", amountMinor: 700, currency: "SEK" };
    const asked = { type: "asked", refundId: "r", saleId: "s11", atMs: 5, ...terms } as const;
    await shop.journal.note("refunds", "s11", () => asked);
    await shop.tidy();
    await shop.journal.close();
    const folder = dirname(shop.path);
    new Database(join(folder, file)).exec(sql).close();
    const history = openHistory(shop.path);
    expect(() => history.sale(saleId)).toThrow(refusal);
    expect(history.sale("s4")?.events).toHaveLength(3);
    history.close();
    expect(() => paidSale(shop.path, saleId)).toThrow(refusal);
  });

  it.each([
    ["record", "UPDATE sale SET body = replace(body, '99.45', '9999.45') WHERE seq = 2"],
    ["event", "UPDATE event SET body = replace(body, '9945', '999945') WHERE seq = 6"],
  ])("is not shown when it is older than the hashes: its %s", async (_what, sql) => {
    const shop = new Shop();
    await shop.sell("1", 4);
    await shop.unchain();
    await shop.sell("1");
    await shop.journal.close();
    const history = openHistory(shop.path);
    expect(history.sale("s2")?.events).toHaveLength(3);
    new Database(shop.path).exec(sql).close();
    expect(() => history.sale("s2")).toThrow(/is damaged: .* number 4|is damaged: .* number 12/);
    expect(history.sale("s5")?.events).toHaveLength(3);
    history.close();
  });
});
