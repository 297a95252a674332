import { rmSync, truncateSync, utimesSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../../../src/core/sale/event.ts";
import { openJournal, openJournalBeside } from "../../../../src/platform/journal/sqlite/journal.ts";
import { eventsOf, journalOf, sell } from "../../../support/spoiled-journal.ts";

describe("a journal that somebody changes while it is written to", () => {
  const opened = async () => {
    const path = join(await journalOf("closed"), "journal.db");
    return { path, journal: openJournal({ path }) };
  };

  it.each<[string, string, RegExp]>([
    [
      "loses its last sale",
      "DELETE FROM sale WHERE seq = 6; DELETE FROM event WHERE seq > 36",
      /it ends at 5, there were 6/,
    ],
    ["loses an order", "DELETE FROM note WHERE stream = 'orders' AND seq = 2", /orders: it ends at 1, there were 2/],
    [
      "gets another last row",
      "UPDATE event SET hash = x'00' WHERE seq = (SELECT max(seq) FROM event)",
      /event 41 is not the one that it knows/,
    ],
  ])(
    "and that %s: nothing more is written, no number is given twice, the next start is refused",
    async (_what, sql, says) => {
      const { path, journal } = await opened();
      const other = new Database(path);
      other.exec(sql);
      other.close();
      await expect(journal.look()).rejects.toThrow(says);
      await expect(sell(journal, "new", "2")).rejects.toThrow(/somebody else has changed it while it was written to/);
      await journal.close();
      expect(() => openJournal({ path })).toThrow(/What to do/);
    },
  );

  it("may get something added by a command beside it", async () => {
    const { path, journal } = await opened();
    const beside = openJournalBeside({ path });
    await beside.note("unaccounted", "1", () => {
      return { position: "1", at: "2026-11-22T09:01:02.000Z", unit: "L", quantity: "1.000", detail: "leak" };
    });
    await journal.look();
    await sell(journal, "new", "2");
    await beside.close();
    await journal.close();
    await openJournal({ path }).close();
  });

  it("has its log cut in place: nothing more is written", async () => {
    const { path, journal } = await opened();
    await sell(journal, "new", "2");
    truncateSync(`${path}-wal`, 0);
    await expect(journal.look()).rejects.toThrow(/log .* was cut while it was written to/);
    await expect(sell(journal, "newer", "2")).rejects.toThrow(/was cut/);
  });

  it("has its log folded by its own housekeeping, and goes on", async () => {
    const { journal } = await opened();
    await sell(journal, "new", "2");
    await journal.tidy({ nowMs: 0, keepMs: 0, readers: [] });
    await sell(journal, "newer", "2");
    await journal.close();
  });

  it("loses its lock, so that another one may have it: nothing more is written", async () => {
    const { path, journal } = await opened();
    rmSync(`${path}.lock`);
    await expect(journal.look()).rejects.toThrow(/journal[.]db[.]lock is gone or was replaced/);
    await journal.close();
  });
});

describe("a large journal", () => {
  const atStart = { wholeRows: 10, newestRows: 5 };

  it("is looked at beside serving: what is damaged there is noticed, and nothing begins any more", async () => {
    const path = join(await journalOf("closed"), "journal.db");
    new Database(path).exec("UPDATE event SET body = json_set(body, '$.totaliserBase', 7) WHERE seq = 4").close();
    const journal = openJournal({ path }, atStart);
    await journal.look();
    await journal.append("2", eventsOf("new", "1")[0] as SaleEvent, null);
    while (journal.checkOn(0));
    await expect(journal.look()).rejects.toThrow(/is damaged: event number 4 is not as it was written/);
    await expect(journal.append("1", eventsOf("newer", "1")[0] as SaleEvent, null)).rejects.toThrow(/is damaged/);
    await journal.append("2", eventsOf("new", "1")[1] as SaleEvent, null);
    await journal.close();
    expect(() => openJournal({ path })).toThrow(/is damaged: event number 4/);
  });

  it("is looked at again after a start, unless nobody has written to it and all was looked at within a week", async () => {
    const path = join(await journalOf("closed"), "journal.db");
    const looks = async (nowMs: number, isDone = true): Promise<boolean> => {
      const journal = openJournal({ path }, atStart);
      const isLooking = journal.checkOn(nowMs);
      while (isDone && journal.checkOn(nowMs));
      await journal.close();
      return isLooking;
    };
    const dayMs = 86_400_000;
    const firstMs = 100 * dayMs;
    expect(await looks(firstMs)).toBe(true);
    expect(await looks(firstMs)).toBe(false);
    expect(await looks(firstMs + 7 * dayMs - 1)).toBe(false);
    expect(await looks(firstMs - 1)).toBe(true);
    expect(await looks(firstMs + 7 * dayMs - 1, false)).toBe(true);
    expect(await looks(firstMs)).toBe(true);
    utimesSync(path, new Date(), new Date());
    expect(await looks(firstMs + 1)).toBe(true);
    await openJournal({ path }, atStart).close();
    expect(await looks(firstMs + 1)).toBe(false);
  });

  it("whose card fails is noticed by a daemon that runs on, once a week", async () => {
    const path = join(await journalOf("closed"), "journal.db");
    const journal = openJournal({ path }, atStart);
    const tidying = { keepMs: 90 * 86_400_000, readers: [] };
    while (journal.checkOn(0));
    new Database(path).exec("UPDATE event SET body = json_set(body, '$.totaliserBase', 7) WHERE seq = 4").close();
    await journal.tidy({ nowMs: 6 * 86_400_000, ...tidying });
    expect(journal.checkOn(6 * 86_400_000)).toBe(false);
    await journal.look();
    await journal.tidy({ nowMs: 7 * 86_400_000, ...tidying });
    while (journal.checkOn(7 * 86_400_000));
    await expect(journal.look()).rejects.toThrow(/is damaged: event number 4 is not as it was written/);
    await journal.close();
  });
});
