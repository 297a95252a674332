import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { saleRecord } from "../../../../src/core/sale/record.ts";
import { replay } from "../../../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../../../src/core/sale/state.ts";
import { openHistory } from "../../../../src/platform/journal/sqlite/history.ts";
import { openJournal, openJournalForReading } from "../../../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../../../src/ports/journal.ts";
import { journalContract } from "../../../contract/journal.ts";
import { at, HAPPY, RECEIPT, SELECTED } from "../../../support/sale-fixtures.ts";
import { tempFolder } from "../../../support/temp.ts";

journalContract("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-journal-"));
  return {
    reopen: async () => openJournal({ path: join(folder, "journal.db") }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

/** A thread runs what is built. */
const built = join(import.meta.dirname, "../../../../dist/journal-thread.js");

journalContract("sqlite on a thread of its own", async () => {
  const { openJournalThread } = (await import(
    built
  )) as typeof import("../../../../src/platform/journal/sqlite/thread.ts");
  const folder = mkdtempSync(join(tmpdir(), "kioskd-journal-"));
  return {
    reopen: () => openJournalThread({ path: join(folder, "journal.db") }),
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

async function filled(path: string, sales = 1): Promise<void> {
  const journal = openJournal({ path });
  const record = saleRecord(replay(IDLE, HAPPY) as Closed);
  for (let index = 0; index < sales; index++) {
    const saleId = `s${index}`;
    for (const event of HAPPY) {
      await journal.append("1", { ...event, saleId }, event.type === "captured" ? { ...record, saleId } : null);
    }
  }
  await journal.close();
}

describe("a journal file that cannot be trusted", () => {
  it.each<[string, (path: string) => void, RegExp]>([
    ["is no database", (path) => writeFileSync(path, "x".repeat(5000)), /damaged.*\n.*does not start.*\n.*Keep a copy/],
    ["is empty", (path) => writeFileSync(path, ""), /damaged: the file is empty/],
    ["is cut in the middle", (path) => truncateSync(path, 3000), /damaged/],
    ["has a page overwritten", overwritePage, /damaged/],
    [
      "is somebody else's",
      (path) => new Database(path).exec("CREATE TABLE theirs (x); PRAGMA application_id = 7").close(),
      /is no kioskd journal/,
    ],
    [
      "is newer",
      (path) => new Database(path).exec("CREATE TABLE later (x); PRAGMA user_version = 99").close(),
      /newer kioskd \(layout 99/,
    ],
    ["is gone beside its log", leaveOnlyLog, /damaged: the file is missing/],
  ])("%s: refused, and left as it is", async (_what, spoil, message) => {
    const path = join(tempFolder(), "journal.db");
    await filled(path);
    spoil(path);
    const before = contents(path);
    expect(() => openJournal({ path })).toThrow(message);
    expect(() => openJournal({ path })).toThrow(message);
    expect(contents(path)).toEqual(before);
  });

  it("is in use by another daemon", async () => {
    const path = join(tempFolder(), "journal.db");
    const journal = openJournal({ path });
    expect(() => openJournal({ path })).toThrow(/in use by another kioskd/);
    await journal.close();
    await openJournal({ path }).close();
  });
});

describe("a write-ahead log that ends in the middle of an entry", () => {
  it("gives every event before it, whatever byte it ends at, and is refused when there was one more", async () => {
    const folder = tempFolder();
    const path = join(folder, "journal.db");
    const journal = openJournal({ path });
    const lengths: number[] = [];
    const marks = [readFileSync(join(folder, "journal.mark"))];
    for (const event of HAPPY.slice(0, 3)) {
      await journal.append("1", event, null);
      lengths.push(readFileSync(`${path}-wal`).length);
      marks.push(readFileSync(join(folder, "journal.mark")));
    }
    const [first = 0, , last = 0] = lengths;
    for (let length = first; length <= last; length += 37) {
      const copy = join(folder, `${length}.db`);
      copyFileSync(path, copy);
      writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`).subarray(0, length));
      const whole = lengths.filter((each) => each <= length).length;
      writeFileSync(join(folder, `${length}.mark`), marks[whole + 1] ?? "");
      if (whole < 3) expect(() => openJournal({ path: copy })).toThrow(/lost its end.*event: it ends at/);
      writeFileSync(join(folder, `${length}.mark`), marks[whole] ?? "");
      const torn = openJournal({ path: copy });
      expect(await torn.lastSale("1"), `${length} bytes`).toEqual(HAPPY.slice(0, whole));
      await torn.close();
    }
    await journal.close();
  });
});

describe("the positions of a journal", () => {
  async function positionsIn(open: () => Pick<Journal, "positions" | "lastSale" | "close">) {
    const journal = open();
    const positions = (await journal.positions()).toSorted((one, other) => (one < other ? -1 : 1));
    const last = await Promise.all(positions.map(async (id) => (await journal.lastSale(id))[0]?.saleId));
    await journal.close();
    return Object.fromEntries(positions.map((id, at) => [id, last[at]]));
  }

  it("are found in one that was written before they were kept, and as it goes on", async () => {
    const path = join(tempFolder(), "journal.db");
    await filled(path, 2);
    const journal = openJournal({ path });
    await journal.append("2", { ...SELECTED, saleId: "t0" }, null);
    for (const open of [() => openJournalForReading(path), () => openJournalForReading(path)]) {
      expect(await positionsIn(open)).toEqual({ 1: "s1", 2: "t0" });
    }
    await journal.close();
    expect(await positionsIn(() => openJournal({ path }))).toEqual({ 1: "s1", 2: "t0" });
  });
});

describe("history beside a running daemon", () => {
  it("lists the latest first and shows a sale with its events", async () => {
    const path = join(tempFolder(), "journal.db");
    await filled(path, 3);
    const journal = openJournal({ path });
    const history = openHistory(path);
    expect(history.latest(2, null).map(({ saleId }) => saleId)).toEqual(["s2", "s1"]);
    expect(history.latest(9, "released")).toEqual([]);
    expect(history.sale("s1")?.events.map(({ type }) => type)).toEqual(HAPPY.map(({ type }) => type));
    expect(history.sale("s1")?.sale).toMatchObject({ seq: 2, charged: "99.45" });
    expect(history.sale("none")).toBeNull();
    history.close();
    await journal.close();
  });

  it("shows a sale of which more was learned once, as it is known by now", async () => {
    const path = join(tempFolder(), "journal.db");
    const journal = openJournal({ path });
    const events = [...HAPPY.slice(0, 5), at(3_000, { type: "deadline-passed" })];
    const handedOver = replay(IDLE, events) as Closed;
    for (const event of events)
      await journal.append("1", event, event === events.at(-1) ? saleRecord(handedOver) : null);
    await journal.append("1", { ...SELECTED, saleId: "s2" }, null);
    const learned = at(3_100, { type: "captured", capturedMinor: 9_945, receipt: RECEIPT });
    await journal.append("1", learned, saleRecord(replay(handedOver, [learned]) as Closed));
    const history = openHistory(path);
    expect(history.latest(9, null)).toMatchObject([{ seq: 2, saleId: "s1", outcome: "paid", charged: "99.45" }]);
    expect(history.latest(9, "needs-attention")).toEqual([]);
    expect(history.sale("s1")?.sale).toMatchObject({ seq: 2, charged: "99.45", reference: "ers-1" });
    expect(history.sale("s1")?.events).toEqual([...events, learned]);
    history.close();
    await journal.close();
  });

  it("says so when there is no journal", () => {
    expect(() => openHistory(join(tempFolder(), "none.db"))).toThrow(/There is no journal at/);
  });
});

function contents(path: string): string[] {
  return [path, `${path}-wal`].map((file) => {
    try {
      // Whoever reads makes a log that holds nothing.
      if (statSync(file).size === 0) return "none";
      return createHash("sha256").update(readFileSync(file)).digest("hex");
    } catch {
      return "none";
    }
  });
}

function overwritePage(path: string): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, 1024, 2048);
  writeFileSync(path, bytes);
}

function leaveOnlyLog(path: string): void {
  rmSync(path);
  writeFileSync(`${path}-wal`, "something");
}
