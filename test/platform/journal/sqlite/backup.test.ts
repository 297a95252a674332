import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../../../src/core/sale/event.ts";
import {
  archivePath,
  archivesOf,
  copyJournal,
  layMark,
  lockPlace,
  lookAtCopy,
  standingOf,
} from "../../../../src/platform/journal/sqlite/backup.ts";
import { readMark } from "../../../../src/platform/journal/sqlite/chain/outside-mark.ts";
import { openJournal } from "../../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../../src/ports/journal.ts";
import { shopOfAYear } from "../../../support/archive-shop.ts";
import { HAPPY, PAID } from "../../../support/sale-fixtures.ts";
import { tempFolder } from "../../../support/temp.ts";

/** So that a few sales make a journal that is not copied in one step. */
const CODE_BYTES = 100_000;

async function sell(journal: Journal, ...saleIds: string[]): Promise<void> {
  for (const saleId of saleIds) {
    for (const event of HAPPY) {
      const record = event.type === "captured" ? { ...PAID, saleId } : null;
      const code = event.type === "offer-made" ? { qrText: "Q".repeat(CODE_BYTES) } : {};
      await journal.append("1", { ...event, ...code, saleId } as SaleEvent, record);
    }
  }
}

async function filled(folder: string, ...saleIds: string[]): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "journal.db");
  const journal = openJournal({ path });
  await sell(journal, ...saleIds);
  await journal.close();
  return path;
}

async function withArchives(): Promise<{ path: string; folder: string }> {
  const shop = await shopOfAYear();
  await shop.tidy();
  await shop.journal.close();
  return { path: shop.path, folder: dirname(shop.path) };
}

function inWork(): string {
  const folder = join(tempFolder(), "work");
  mkdirSync(folder);
  return folder;
}

describe("a copy of a journal", () => {
  it("is of one moment while the daemon writes on, and is opened as a journal", async () => {
    const path = join(tempFolder(), "journal.db");
    const journal = openJournal({ path });
    const many = Array.from({ length: 40 }, (_, index) => `s${index}`);
    await sell(journal, ...many);
    let isCopied = false;
    const copying = copyJournal({ path }, inWork()).finally(() => {
      isCopied = true;
    });
    let during = 0;
    while (!isCopied) {
      await sell(journal, `during-${during++}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const copy = await copying;
    await journal.close();
    expect(during).toBeGreaterThan(1);
    expect(copy).toMatchObject({ isEnded: false, lastSale: { seq: 40, saleId: "s39" } });
    expect(readMark(copy.markPath)).toMatchObject({ reached: { journal: copy.id, streams: copy.streams } });
    const opened = openJournal({ path: copy.path });
    await sell(opened, "next");
    expect((await opened.salesAfter(40, 1))[0]).toMatchObject({ seq: 41 });
    await opened.close();
  });

  it("says that the daemon had ended, and takes its own archives of closed years, by what is in them", async () => {
    const { path, folder } = await withArchives();
    const other = join(folder, "journal-2019.db");
    await openJournal({ path: other, mark: join(folder, "other.mark") }).close();
    writeFileSync(join(folder, "journal-2018.db"), "no database");
    writeFileSync(join(folder, "journal-2025.db.before"), "");
    const copy = await copyJournal({ path }, inWork());
    expect(copy.isEnded).toBe(true);
    expect(copy.archives.map(({ year }) => year)).toEqual(["2024", "2025"]);
    expect(archivesOf(path, [copy.id]).map(({ year }) => year)).toEqual(["2024", "2025"]);
    expect(archivesOf(path, ["another"])).toEqual([]);
    expect(archivePath(path, "2025", [copy.id])).toBe(join(folder, "journal-2025.db"));
    expect(() => archivePath(path, "2019", [copy.id])).toThrow(/journal-2019.db is no archive of the journal .* move/);
    expect(() => archivePath(path, "2025", ["another"])).toThrow(/is no archive of the journal/);
  });

  it("is not made while another file stands in the place of an archive", async () => {
    const { path, folder } = await withArchives();
    const other = await withArchives();
    cpSync(join(other.folder, "journal-2025.db"), join(folder, "journal-2025.db"));
    await expect(copyJournal({ path }, inWork())).rejects.toThrow(/journal-2025.db is no archive of the journal/);
  });

  it("is not made of a journal that its mark does not know, or with a row that was changed", async () => {
    const folder = tempFolder();
    const path = await filled(folder, "s1", "s2");
    const db = new Database(path);
    db.prepare("UPDATE event SET body = replace(body, 'R1', 'R2') WHERE seq = 2").run();
    db.close();
    await expect(copyJournal({ path }, inWork())).rejects.toThrow(/damaged: event number 2/);
    rmSync(join(folder, "journal.mark"));
    await expect(copyJournal({ path }, inWork())).rejects.toThrow(/has no mark/);
  });
});

describe("a backup held against what this machine knows", () => {
  it("of a machine that knows nothing: its mark is laid", async () => {
    const path = await filled(tempFolder(), "s1");
    const { id, streams, ...facts } = lookAtCopy(path, path);
    const fresh = join(tempFolder(), "journal.db");
    expect(standingOf({ path: fresh }, { id, streams, ...facts })).toMatchObject({
      ...{ mark: "laid", missing: [], isOther: false, reached: { journal: id, streams, closed: null } },
    });
  });

  it("older than the mark: the mark stays, whatever became of the journal", async () => {
    const folder = tempFolder();
    const path = await filled(folder, "s1");
    const older = lookAtCopy(path, path);
    await filled(folder, "s2", "s3");
    const missing = [
      { stream: "event", has: 6, had: 18 },
      { stream: "sale", has: 1, had: 3 },
    ];
    expect(standingOf({ path }, older)).toMatchObject({ mark: "stays", missing });
    rmSync(path);
    expect(standingOf({ path }, older)).toMatchObject({ mark: "stays", missing });
  });

  it("older than a journal whose mark is lost: the mark says how far that one had come", async () => {
    const folder = tempFolder();
    const path = await filled(folder, "s1");
    const older = lookAtCopy(path, path);
    await filled(folder, "s2");
    rmSync(join(folder, "journal.mark"));
    const standing = standingOf({ path }, older);
    expect(standing).toMatchObject({ mark: "laid", missing: [{ stream: "event" }, { stream: "sale", had: 2 }] });
    layMark(join(folder, "journal.mark"), standing.reached);
    expect(readMark(join(folder, "journal.mark"))).toMatchObject({
      reached: { streams: { sale: [2, expect.any(String)] } },
    });
  });

  it("of another journal than the one that is here, and beside a mark that cannot be read", async () => {
    const folder = tempFolder();
    const path = await filled(folder, "s1");
    const other = await filled(tempFolder(), "s9");
    const facts = lookAtCopy(other, other);
    expect(standingOf({ path }, facts)).toMatchObject({ mark: "laid", isOther: true, missing: [] });
    writeFileSync(join(folder, "journal.mark"), "kioskd journal mark 1");
    expect(standingOf({ path }, facts)).toMatchObject({ mark: "stays", isMarkUnreadable: true });
  });

  it("is not put there while a daemon runs, and no daemon starts while it is put there", async () => {
    const path = await filled(tempFolder(), "s1");
    const journal = openJournal({ path });
    expect(() => lockPlace(path)).toThrow(/a kioskd runs on it/);
    await journal.close();
    const unlock = lockPlace(path);
    expect(() => openJournal({ path })).toThrow(/in use/);
    unlock();
    await openJournal({ path }).close();
  });
});
