import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { saleRecord } from "../../../../../src/core/sale/record.ts";
import { replay } from "../../../../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../../../../src/core/sale/state.ts";
import { Chain } from "../../../../../src/platform/journal/sqlite/chain/chain.ts";
import { seal } from "../../../../../src/platform/journal/sqlite/chain/seal.ts";
import { type Verified, verifyJournal } from "../../../../../src/platform/journal/sqlite/check/verify.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { writeMark } from "../../../../../src/platform/journal/sqlite/open.ts";
import { goldenJournals, JOURNAL, MARK } from "../../../../replay/golden.ts";
import { at, HAPPY, RECEIPT } from "../../../../support/sale-fixtures.ts";
import { eventsOf, sell, soldJournal } from "../../../../support/spoiled-journal.ts";
import { tempFolder } from "../../../../support/temp.ts";

function verified(path: string): Verified {
  const work = verifyJournal({ path });
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Somebody who knows all about hashes edits the journal: its chain is whole again, and the mark knows it. */
function forge(path: string, ...statements: readonly string[]): void {
  const db = new Database(path);
  const id = new Chain(db).id;
  for (const statement of statements) db.exec(statement);
  for (const table of ["event", "sale", "note"]) db.exec(`UPDATE ${table} SET hash = NULL`);
  db.exec("DELETE FROM anchor; DELETE FROM journal; DELETE FROM owner");
  seal(db, id, "throw");
  writeMark(join(path, "../journal.mark"), new Chain(db));
  db.close();
}

describe("a journal that is whole", () => {
  it("is verified beside a running daemon, with all that it holds counted", async () => {
    const { path } = await soldJournal();
    const journal = openJournal({ path });
    for (const event of eventsOf("s6", "1").slice(0, 3)) await journal.append("1", event, null);
    expect(verified(path)).toMatchObject({
      counts: {
        ...{ events: 33, records: 5, notes: 5, sales: 6, resolved: 5, open: 1, names: 11 },
        ...{ "at a person": 0, "not whole": 0 },
      },
      broken: [],
      acceptances: [],
    });
    await journal.close();
  });

  it("is so with a sale of which more was learned while the next one ran", async () => {
    const { path } = await soldJournal();
    const journal = openJournal({ path });
    const events = [...HAPPY.slice(0, 5), at(3_000, { type: "deadline-passed" })].map((each) =>
      each.type === "offer-made" ? { ...each, reference: "R9" } : each,
    );
    const handed = replay(IDLE, events) as Closed;
    for (const event of events) await journal.append("1", event, event === events.at(-1) ? saleRecord(handed) : null);
    for (const event of eventsOf("s6", "1").slice(0, 3)) await journal.append("1", event, null);
    const learned = at(3_100, { type: "captured", capturedMinor: 9_945, receipt: RECEIPT });
    await journal.append("1", learned, saleRecord(replay(handed, [learned]) as Closed));
    await journal.close();
    expect(verified(path)).toMatchObject({ counts: { sales: 7, resolved: 6, open: 1, "at a person": 0 }, broken: [] });
  });

  it.each(goldenJournals())("is so as a released version wrote it: %s", async (golden) => {
    const path = join(tempFolder(), JOURNAL);
    for (const file of [JOURNAL, MARK]) {
      const from = join(import.meta.dirname, "../../../../replay", golden, file);
      if (existsSync(from)) copyFileSync(from, join(dirname(path), file));
    }
    await openJournal({ path }).close();
    expect(verified(path)).toMatchObject({ broken: [] });
  });
});

describe("a journal whose hashes were all reckoned anew", () => {
  const ofEvent = (seq: number, path: string, value: string): string =>
    `UPDATE event SET body = json_set(body, '$.${path}', ${value}) WHERE seq = ${seq}`;
  const ofRecord = (seq: number, path: string, value: string): string =>
    `UPDATE sale SET body = json_set(body, '$.${path}', ${value}) WHERE seq = ${seq}`;
  it.each<[string, string, RegExp]>([
    [
      "a charged amount",
      ofRecord(2, "charged", "'1.00'"),
      /record 2: sale s2 has charged "1.00", its events give "99.45"/,
    ],
    [
      "a captured amount",
      ofEvent(6, "capturedMinor", "100"),
      /record 1: sale s1 has outcome "paid", its events give "needs/,
    ],
    [
      "a quantity",
      ofEvent(11, "totaliserBase", "1004000"),
      /record 2: sale s2 has quantity "5.000", its events give "4.000"/,
    ],
    ["an event of another sale", ofEvent(9, "saleId", "'s1'"), /event 9 \(reserved\) changes nothing in sale s2/],
    ["an event that cannot be", ofEvent(10, "type", "'metered'"), /event 10 \(metered\) changes nothing in sale s2/],
    ["a record is gone", "DELETE FROM sale WHERE seq = 5", /event 30 closes sale s5, which has no record/],
    [
      "a refund above what was charged",
      "UPDATE note SET body = json_set(body, '$.amountMinor', 9946) WHERE stream = 'refunds'",
      /of sale s1 9945 were charged and 9946 given back/,
    ],
    [
      "a refund of no sale",
      "UPDATE note SET key = 's9' WHERE stream = 'refunds'",
      /of 1 refunded sales there is no record/,
    ],
    [
      "a mark beyond the end",
      "UPDATE mark SET value = 9 WHERE name = 'delivered'",
      /the mark "delivered" stands at 9, its stream ends at 5/,
    ],
  ])("%s is noticed by what the sales say", async (_what, statement, line) => {
    const { path } = await soldJournal();
    forge(path, statement);
    await openJournal({ path }).close();
    expect(verified(path).broken.join("\n")).toMatch(line);
  });
});

describe("a journal that is broken in many places", () => {
  it("names twenty of them, a line each", async () => {
    const { path } = await soldJournal();
    const journal = openJournal({ path });
    for (let sale = 0; sale < 10; sale++) await sell(journal, `m${sale}`, "1");
    await journal.close();
    new Database(path).exec("UPDATE event SET body = json_set(body, '$.atMs', 5)").close();
    const { broken } = verified(path);
    expect(broken).toHaveLength(20);
    expect(broken.filter((line) => /^event \d+ is not as it was written/.test(line)).length).toBeGreaterThan(9);
    expect(broken.some((line) => line.includes("\n"))).toBe(false);
  });
});

describe("a journal whose header is damaged", () => {
  it.each([
    ["application_id", 68],
    ["user_version", 60],
  ])("a byte of %s: is no stranger's file", async (_what, at) => {
    const { path } = await soldJournal();
    const bytes = readFileSync(path);
    for (let byte = at; byte < at + 4; byte++) {
      const spoilt = Buffer.from(bytes);
      spoilt[byte] = (spoilt[byte] ?? 0) ^ 0x15;
      writeFileSync(path, spoilt);
      expect(() => verified(path)).toThrow(/is damaged: its header says(.*\n)*.*kioskd journal accept/);
    }
  });
});
