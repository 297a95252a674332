import { copyFileSync, existsSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { openForAccepting } from "../../../../../src/platform/journal/sqlite/accept/accept.ts";
import { Chain } from "../../../../../src/platform/journal/sqlite/chain/chain.ts";
import { checkArchives } from "../../../../../src/platform/journal/sqlite/check/archive-check.ts";
import { openHistory } from "../../../../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { range, Shop, SMALL, shopOfAYear } from "../../../../support/archive-shop.ts";

describe("a power cut while sales are moved", () => {
  it("leaves them in both files; the next night finds them the same and goes on", async () => {
    const shop = await shopOfAYear();
    const before = await shop.told();
    const killed = shop.tidy({}, SMALL, () => {
      throw new Error("killed");
    });
    await expect(killed).rejects.toThrow("killed");
    expect(shop.seqs("sale", "journal-2024.db")).toEqual([1, 2]);
    expect(shop.seqs("sale")).toEqual(range(1, 12));
    expect(await shop.told()).toEqual(before);
    shop.check();
    const archived = rowsOf(shop, "journal-2024.db");
    await shop.tidy();
    expect(rowsOf(shop, "journal-2024.db").slice(0, archived.length)).toEqual(archived);
    expect(shop.seqs("sale")).toEqual(range(9, 12));
    expect(await shop.told()).toEqual(before);
    shop.check();
    await shop.journal.close();
  });

  it("is no matter for the mark, however far it lags behind", async () => {
    const shop = await shopOfAYear();
    const mark = shop.path.replace(/db$/, "mark");
    const earlier = `${mark}.earlier`;
    copyFileSync(mark, earlier);
    await shop.sell("1", 4);
    shop.day += 400;
    await shop.sell("1", 4);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("sale")[0]).toBeGreaterThan(13);
    await shop.journal.close();
    renameSync(earlier, mark);
    shop.journal = openJournal({ path: shop.path });
    expect(shop.seqs("sale").at(-1)).toBe(20);
    await shop.journal.close();
  });
});

function rowsOf(shop: Shop, file: string): unknown[] {
  const db = new Database(join(dirname(shop.path), file), { readonly: true });
  const rows = db.prepare("SELECT * FROM event ORDER BY seq").all();
  db.close();
  return rows;
}

describe("an archive that is missing or damaged", () => {
  const spoilt: [string, (file: string) => void, RegExp][] = [
    ["missing", (file) => renameSync(file, `${file}.elsewhere`), /journal-2024[.]db is missing: .* sales 1 to 3,/],
    [
      "of another journal",
      (file) => changed(file, "UPDATE journal SET id = 'x'"),
      /-2024[.]db stands where .* belongs to another journal. Move/,
    ],
    ["an older copy", (file) => changed(file, "DELETE FROM anchor WHERE why = 'end'"), /ends with the closed sale 0/],
    ["no archive", (file) => changed(file, "PRAGMA application_id = 7"), /no archive of a journal/],
  ];
  function changed(file: string, sql: string): void {
    new Database(file).exec(sql).close();
  }

  it.each(spoilt)(
    "%s: keeps nobody waiting who does not need it, and is named to who does",
    async (_what, spoil, says) => {
      const shop = await shopOfAYear();
      await shop.tidy();
      await shop.journal.close();
      spoil(join(dirname(shop.path), "journal-2024.db"));
      shop.journal = openJournal({ path: shop.path });
      await shop.journal.look();
      expect((await shop.journal.lastSale("1")).length).toBe(3);
      const history = openHistory(shop.path);
      expect(history.latest(9, null).map(({ seq }) => seq)).toEqual(range(4, 12).toReversed());
      expect(history.sale("s4")?.events.length).toBe(3);
      expect(() => history.latest(10, null)).toThrow(says);
      expect(() => history.sale("s3")).toThrow(says);
      history.close();
      await expect(shop.journal.salesAfter(0, 1)).rejects.toThrow(says);
      await expect(shop.journal.reread("sales", 3)).rejects.toThrow(says);
      expect(await shop.journal.pending("sales", 99)).toEqual([]);
      await shop.journal.reread("sales", 4);
      expect((await shop.journal.pending("sales", 99)).map(({ seq }) => seq)).toEqual(range(4, 12));
      const db = new Database(shop.path);
      expect(() => [...checkArchives(shop.path, db)]).toThrow(/journal-2024[.]db/);
      db.close();
      await shop.journal.close();
    },
  );

  it("is not added to when it is not what the journal goes on from", async () => {
    const shop = await shopOfAYear();
    await shop.tidy();
    shop.day += 60;
    await shop.sell("1", 3);
    await shop.readAll();
    const file = join(dirname(shop.path), "journal-2025.db");
    renameSync(file, `${file}.elsewhere`);
    await expect(shop.tidy()).rejects.toThrow(/journal-2025[.]db is missing: no more sales are archived/);
    expect(existsSync(file)).toBe(false);
    renameSync(`${file}.elsewhere`, file);
    changed(file, "UPDATE event SET hash = zeroblob(32); UPDATE anchor SET hash = zeroblob(32)");
    await expect(shop.tidy()).rejects.toThrow(/journal-2025[.]db is damaged/);
    expect(shop.seqs("sale")[0]).toBe(9);
    await shop.journal.close();
  });

  it("holds another row under a number that comes again", async () => {
    const shop = await shopOfAYear();
    const killed = shop.tidy({}, SMALL, () => {
      throw new Error("killed");
    });
    await expect(killed).rejects.toThrow("killed");
    changed(join(dirname(shop.path), "journal-2024.db"), "UPDATE event SET sale = 'other' WHERE seq = 5");
    await expect(shop.tidy()).rejects.toThrow(/holds another event under number 5/);
    expect(shop.seqs("sale")).toEqual(range(1, 12));
    await shop.journal.close();
  });

  it.each([
    [
      "the end of an archive",
      "journal-2024.db",
      "DELETE FROM event WHERE seq = 9",
      /2024[.]db is damaged: .*number 9 follows number 8/,
    ],
    [
      "a last sale that stands on its own",
      "journal.db",
      "DELETE FROM event WHERE seq = 3",
      /number 3 follows number 2/,
    ],
  ])("lost %s, and it is noticed by who follows the links", async (_what, file, sql, says) => {
    const shop = new Shop();
    await shop.sell("2");
    await shop.sell("1", 2);
    shop.day += 100;
    await shop.sell("1", 4);
    await shop.readAll();
    await shop.tidy();
    expect(shop.seqs("event")).toEqual([1, 2, 3, ...range(10, 21)]);
    shop.check();
    await shop.journal.close();
    changed(join(dirname(shop.path), file), sql);
    expect(() => shop.check()).toThrow(says);
  });

  it("has a row that was edited, and it is noticed by who follows the links", async () => {
    const shop = await shopOfAYear();
    await shop.tidy();
    changed(
      join(dirname(shop.path), "journal-2025.db"),
      "UPDATE sale SET body = replace(body, '99.45', '9.45') WHERE seq = 6",
    );
    expect(() => shop.check()).toThrow(/journal-2025[.]db is damaged: record number 6 is not as it was written/);
    await shop.journal.close();
  });
});

describe("where a journal goes on beside its archives, edited", () => {
  const OF_EVENTS = "stream = 'event' AND why = 'archived'";
  it.each<[string, string]>([
    ["where the archives end is changed", `UPDATE anchor SET hash = zeroblob(32) WHERE ${OF_EVENTS}`],
    ["where the archives end is deleted", "DELETE FROM anchor WHERE stream = 'sale' AND why = 'archived'"],
    ["where sales that stayed end is changed", "UPDATE anchor SET hash = zeroblob(32) WHERE why = 'end'"],
    [
      "a later end of the archives is put in, and the rows before it are deleted",
      `INSERT INTO anchor SELECT 'sale', seq, hash, 'archived', zeroblob(8) FROM sale ORDER BY seq LIMIT 1 OFFSET 2;
       DELETE FROM sale WHERE seq <= (SELECT max(seq) FROM anchor WHERE stream = 'sale')`,
    ],
    [
      "the last row of a sale that stayed is deleted, and where it ended",
      `DELETE FROM event WHERE seq = (SELECT max(seq) FROM anchor WHERE why = 'end');
       DELETE FROM anchor WHERE why = 'end' AND seq = (SELECT max(seq) FROM anchor WHERE why = 'end')`,
    ],
  ])("%s: refused, accepted, and in order then", async (_what, statement) => {
    const shop = await shopWithOneThatStayed();
    new Database(shop.path).exec(statement).close();
    expect(() => shop.check()).toThrow();
    expect(() => openJournal({ path: shop.path })).toThrow(/What to do:/);
    const accepting = openForAccepting({ path: shop.path }, shop.nowMs);
    accepting.accept({ by: "anna", note: "as it is" });
    accepting.close();
    shop.check();
    shop.journal = openJournal({ path: shop.path });
    await shop.sell("1", 2);
    await shop.journal.close();
    shop.check();
  });

  async function shopWithOneThatStayed(): Promise<Shop> {
    const shop = new Shop();
    await shop.sell("9", 1);
    await shop.sell("1", 8);
    shop.day += 500;
    await shop.sell("1", 8);
    await shop.readAll();
    await shop.tidy();
    await shop.journal.close();
    return shop;
  }

  it.each<[string, string, RegExp]>([
    [
      "an anchor is put in",
      "INSERT INTO anchor VALUES ('sale', 2, zeroblob(32), 'accepted', zeroblob(8))",
      /was changed/,
    ],
    ["the hash at its end is changed", "UPDATE anchor SET hash = zeroblob(32) WHERE why = 'end'", /was changed/],
  ])("of an archive: %s", async (_what, statement, says) => {
    const shop = await shopOfAYear();
    await shop.tidy();
    await shop.journal.close();
    new Database(join(dirname(shop.path), "journal-2024.db")).exec(statement).close();
    expect(() => shop.check()).toThrow(says);
    const history = openHistory(shop.path);
    expect(() => history.latest(99, null)).toThrow(/journal-2024[.]db is damaged/);
    history.close();
  });

  it("of an archive: an anchor with a proof that nobody has accepted", async () => {
    const shop = await shopOfAYear();
    await shop.tidy();
    await shop.journal.close();
    const db = new Database(join(dirname(shop.path), "journal-2024.db"));
    const chain = new Chain(db);
    chain.putAnchor("sale", { seq: 2, hash: chain.at("sale", 2) ?? Buffer.alloc(0) }, "accepted");
    db.exec("DELETE FROM sale WHERE seq = 2");
    db.close();
    expect(() => shop.check()).toThrow(/journal-2024[.]db is damaged: sale number 2: nobody is on record/);
  });
});
