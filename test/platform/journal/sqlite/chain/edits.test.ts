import { cpSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { replay } from "../../../../../src/core/sale/recover.ts";
import { IDLE, isOpen } from "../../../../../src/core/sale/state.ts";
import { openForAccepting } from "../../../../../src/platform/journal/sqlite/accept/accept.ts";
import { type Anchor, Chain, link } from "../../../../../src/platform/journal/sqlite/chain/chain.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { JOURNAL } from "../../../../replay/golden.ts";
import { T0_MS } from "../../../../support/sale-fixtures.ts";
import { brokenIn, sell, soldJournal } from "../../../../support/spoiled-journal.ts";
import { tempFolder } from "../../../../support/temp.ts";

/** Somebody with a database program. */
type Edit = (db: Database.Database) => void;

const sql =
  (...statements: readonly string[]): Edit =>
  (db) => {
    for (const statement of statements) db.exec(statement);
  };

const setBody = (table: "event" | "sale", seq: number, path: string, value: string): Edit =>
  sql(`UPDATE ${table} SET body = json_set(body, '$.${path}', ${value}) WHERE seq = ${seq}`);

/** Two rows of a table change places: all that they hold, or some of it. */
function swap(table: string, [one, other]: readonly [number, number], columns: readonly string[]): Edit {
  return (db) => {
    const read = db.prepare<[number], Record<string, unknown>>(`SELECT * FROM ${table} WHERE seq = ?`);
    const [first, second] = [read.get(one), read.get(other)];
    const set = columns.map((column) => `${column} = ?`).join(", ");
    const write = db.prepare(`UPDATE ${table} SET ${set} WHERE seq = ?`);
    write.run(...columns.map((column) => second?.[column]), one);
    write.run(...columns.map((column) => first?.[column]), other);
  };
}

/** Somebody says with an anchor why records are not there. */
function anchored(why: Anchor["why"], seq: number, where: string): Edit {
  return sql(
    `INSERT INTO anchor SELECT 'sale', seq, hash, '${why}', zeroblob(8) FROM sale WHERE seq = ${seq}`,
    `DELETE FROM sale WHERE ${where}`,
  );
}

const EDITS: readonly (readonly [string, Edit])[] = [
  ["the amount in a record", setBody("sale", 2, "charged", "'1.00'")],
  ["the amount in an event", setBody("event", 6, "capturedMinor", "100")],
  ["the amount in the last event", setBody("event", 30, "capturedMinor", "100")],
  ["the first event is deleted", sql("DELETE FROM event WHERE seq = 1")],
  ["an event in the middle is deleted", sql("DELETE FROM event WHERE seq = 9")],
  ["the last event is deleted", sql("DELETE FROM event WHERE seq = 30")],
  ["the last events are deleted, to the middle of a sale", sql("DELETE FROM event WHERE seq > 28")],
  ["the first record is deleted", sql("DELETE FROM sale WHERE seq = 1")],
  ["the last record is deleted", sql("DELETE FROM sale WHERE seq = 5")],
  ["all records are deleted", sql("DELETE FROM sale")],
  ["all events are deleted", sql("DELETE FROM event")],
  ["a block is deleted", sql("DELETE FROM note WHERE stream = 'orders' AND seq = 3")],
  [
    "an unblock is put in",
    sql(`INSERT INTO note VALUES ('orders', 4, '2', '{"type":"unblocked","position":"2","atMs":1}', NULL)`),
  ],
  [
    "an unblock is put in with a hash of another row",
    sql(`INSERT INTO note SELECT 'orders', 4, '2', '{"type":"unblocked","position":"2","atMs":1}', hash
      FROM note WHERE stream = 'orders' AND seq = 3`),
  ],
  ["two rows change places", swap("event", [8, 14], ["position", "sale", "body", "hash"])],
  ["two rows change what they hold", swap("sale", [1, 3], ["first_event", "last_event", "body"])],
  ["a row gets another position", sql("UPDATE event SET position = '2' WHERE seq = 1")],
  ["a row that begins a position's last sale gets another one", sql("UPDATE event SET position = '3' WHERE seq = 25")],
  ["a row gets another sale", sql("UPDATE event SET sale = 's9' WHERE seq = 12")],
  ["a row gets another number", sql("UPDATE event SET seq = 1000 WHERE seq = 12")],
  ["the last row gets another number", sql("UPDATE event SET seq = 31 WHERE seq = 30")],
  ["a mark is set forward", sql("UPDATE mark SET value = 5 WHERE name = 'delivered'")],
  ["a mark is set back", sql("UPDATE mark SET value = 1 WHERE name = 'delivered'")],
  ["a mark of a position is set back", sql("UPDATE mark SET value = 1 WHERE name = 'last-sale 1'")],
  ["the mark of a reader is deleted", sql("DELETE FROM mark WHERE name = 'delivered'")],
  ["the mark of a position is deleted", sql("DELETE FROM mark WHERE name = 'last-sale 2'")],
  ["all marks are deleted", sql("DELETE FROM mark")],
  ["an owner is another sale", sql("UPDATE owner SET sale = 's2' WHERE name = 'offer-s1'")],
  ["an owner is deleted", sql("DELETE FROM owner WHERE name = 'payment-s4'")],
  ["the layout is said to be an older one", sql("PRAGMA user_version = 2")],
  ["the layout is said to be the first one", sql("PRAGMA user_version = 1")],
  ["the layout is said to be a newer one", sql("PRAGMA user_version = 1027")],
  ["the header says that it is no journal", sql("PRAGMA application_id = 7")],
  [
    "the header says neither what it is nor of which layout",
    sql("PRAGMA application_id = 0; PRAGMA user_version = 99"),
  ],
  ["the last row gets a number that nobody reaches", sql("UPDATE event SET seq = 9007199254740991 WHERE seq = 30")],
  ["a row gets a number that nobody can count on", sql("UPDATE note SET seq = 9223372036854775807 WHERE seq = 2")],
  ["the first row gets a number before all others", sql("UPDATE event SET seq = -1 WHERE seq = 1")],
  ["two hashes change places", swap("event", [5, 20], ["hash"])],
  ["a hash is taken out", sql("UPDATE event SET hash = NULL WHERE seq = 11")],
  ["where a sale begins", sql("UPDATE sale SET first_event = 2 WHERE seq = 1")],
  ["an index of notes is dropped", sql("DROP INDEX note_key")],
  ["an index of orders is dropped", sql("DROP INDEX note_order")],
  ["a trigger is put in", sql("CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM note; END")],
  ["a body is no JSON", sql("UPDATE event SET body = 'nonsense' WHERE seq = 16")],
  ["the body of a record is no JSON", sql("UPDATE sale SET body = '{' WHERE seq = 3")],
  ["the body of a note has a field too many", sql("UPDATE note SET body = json_set(body, '$.x', 1) WHERE seq = 2")],
  ["the last event cannot be read", sql("UPDATE event SET body = '' WHERE seq = 30")],
  ["an accepted anchor is put in for a row that is deleted", anchored("accepted", 2, "seq = 2")],
  ["an archived anchor is put in, and the rows before it are deleted", anchored("archived", 3, "seq <= 3")],
  ["an anchor for older rows is put in, and a row is deleted", anchored("older", 2, "seq = 2")],
  ["the journal has another id", sql("UPDATE journal SET id = 'other'")],
  ["the journal has no id", sql("DELETE FROM journal")],
];

/** Somebody who knows how a row is hashed, and not that the next one is hashed over it. */
const rehashed =
  (seq: number): Edit =>
  (db) => {
    db.exec(`UPDATE event SET body = json_set(body, '$.atMs', 1) WHERE seq = ${seq}`);
    const chain = new Chain(db);
    const [row] = chain.rows("event", seq, 1);
    chain.rehash("event", seq, link(chain.at("event", seq - 1) ?? Buffer.alloc(0), "event", seq, row?.columns ?? []));
  };

const REHASHED: readonly (readonly [string, Edit])[] = [
  ["a row that has the right hash again", rehashed(7)],
  ["the last row, that has the right hash again", rehashed(30)],
];

/** What else the start distrusts. */
const DISTRUSTED: readonly (readonly [string, (folder: string, path: string) => unknown])[] = [
  ["it has no mark", (folder) => rmSync(join(folder, "journal.mark"))],
  [
    "its mark cannot be read",
    (folder) => writeFileSync(join(folder, "journal.mark"), "kioskd journal mark 1".padEnd(9_000, "x")),
  ],
  ["its mark is another journal's", (folder) => replaceMark(folder)],
  ["it is an older copy", (folder, path) => goBack(folder, path, false)],
  ["it went on from an older copy", (folder, path) => goBack(folder, path, true)],
];

async function replaceMark(folder: string): Promise<void> {
  const other = await soldJournal();
  renameSync(join(other.folder, "journal.mark"), join(folder, "journal.mark"));
}

async function goBack(folder: string, path: string, goesOn: boolean): Promise<void> {
  cpSync(path, join(folder, "older.db"));
  cpSync(join(folder, "journal.mark"), join(folder, "older.mark"));
  const journal = openJournal({ path });
  await sell(journal, "later", "1");
  await journal.close();
  cpSync(join(folder, "older.db"), path);
  if (!goesOn) return;
  cpSync(join(folder, "journal.mark"), join(folder, "newer.mark"));
  cpSync(join(folder, "older.mark"), join(folder, "journal.mark"));
  const other = openJournal({ path });
  await sell(other, "elsewhere", "1");
  await other.close();
  cpSync(join(folder, "newer.mark"), join(folder, "journal.mark"));
}

/** Goes on with it; gives what was wrong. */
function accept(path: string): readonly string[] {
  const accepting = openForAccepting({ path }, T0_MS + 100_000);
  try {
    if (!accepting.found.isNothing) accepting.accept({ by: "anna", note: "as it is" });
    return accepting.found.sentences();
  } finally {
    accepting.close();
  }
}

/** All that a kiosk reads and writes goes well, with numbers that were never given before; gives how many records there are. */
async function works(path: string, saleId: string): Promise<void> {
  const journal = openJournal({ path });
  while (journal.checkOn(0));
  await journal.look();
  const salesBefore = await journal.salesAfter(0, 99);
  const waitingBefore = await journal.pendingCount("sales");
  await sell(journal, saleId, "1");
  const sales = await journal.salesAfter(0, 99);
  expect(sales.length).toBe(salesBefore.length + 1);
  expect(sales.at(-1)?.seq).toBeGreaterThan(5);
  for (const reader of ["sales", "receipts", "refunds", "matters-of-sales", "matters"] as const) {
    const waiting = await journal.pending(reader, 99);
    expect(await journal.pendingCount(reader), reader).toBe(waiting.length);
  }
  expect(await journal.pendingCount("sales")).toBe(waitingBefore + 1);
  expect((await journal.lastSale("1")).map((event) => event.saleId)).toEqual(Array(6).fill(saleId));
  for (const stream of ["orders", "refunds", "matters", "acceptances"] as const)
    await journal.notesAfter(stream, 0, 99);
  for (const position of await journal.positions()) {
    await journal.lastSale(position);
    await journal.handedOver(position, 0, 99);
    await journal.notes("orders", ["*", position]);
  }
  await journal.check();
  await journal.close();
}

async function isAcceptedAndWorks(path: string): Promise<void> {
  const refused = /What to do:\n {2}1[.] /;
  expect(() => openJournal({ path })).toThrow(refused);
  expect(accept(path)).not.toEqual([]);
  await works(path, "after");
  await works(path, "afterwards");
  expect(accept(path)).toEqual([]);
  expect(brokenIn(path)).toEqual([]);
  const journal = openJournal({ path });
  const [acceptance, ...others] = await journal.notes("acceptances", "*");
  expect([acceptance?.by, acceptance?.note, others]).toEqual(["anna", "as it is", []]);
  await journal.close();
}

describe("a journal that somebody has edited is refused with what to do, accepted, and works", () => {
  it.each([...EDITS, ...REHASHED])("%s", async (_what, edit) => {
    const { path } = await soldJournal();
    edited(path, edit);
    await isAcceptedAndWorks(path);
  });
});

/** What knows all about hashes and proofs, and not what somebody has accepted. */
const proven =
  (why: Anchor["why"], seq: number, where: string): Edit =>
  (db) => {
    const chain = new Chain(db);
    chain.putAnchor("sale", { seq, hash: chain.at("sale", seq) ?? Buffer.alloc(0) }, why);
    db.exec(`DELETE FROM sale WHERE ${where}`);
  };

describe("an anchor with a proof that nobody has accepted", () => {
  it("is refused, accepted, and in order then", async () => {
    const { path } = await soldJournal();
    edited(path, proven("accepted", 2, "seq = 2"));
    expect(brokenIn(path).join()).toMatch(/record 2: nobody is on record/);
    await isAcceptedAndWorks(path);
  });
});

describe("a journal that was accepted once, and edited then", () => {
  it.each<[string, Edit]>([
    ["an anchor's hash is changed", sql("UPDATE anchor SET hash = zeroblob(32) WHERE stream = 'event'")],
    ["an anchor's reason is changed", sql("UPDATE anchor SET why = 'archived' WHERE stream = 'event'")],
    ["an anchor gets another number", sql("UPDATE anchor SET seq = 8 WHERE stream = 'event'")],
    ["the anchor of a gap is deleted", sql("DELETE FROM anchor WHERE stream = 'event'")],
    ["the anchor of a row is deleted", sql("DELETE FROM anchor WHERE stream = 'sale'")],
    ["all anchors are deleted", sql("DELETE FROM anchor")],
    ["who accepted it is deleted", sql("DELETE FROM note WHERE stream = 'acceptances'")],
    [
      "who accepted it is deleted, and that there was somebody",
      sql("DELETE FROM note WHERE stream = 'acceptances'", "DELETE FROM anchor WHERE stream = 'acceptances'"),
    ],
  ])("%s: refused, accepted, and in order then", async (_what, edit) => {
    const { path } = await soldJournal();
    edited(path, sql("DELETE FROM event WHERE seq = 9"));
    edited(path, setBody("sale", 5, "charged", "'1.00'"));
    accept(path);
    expect(brokenIn(path)).toEqual([]);
    edited(path, edit);
    expect(brokenIn(path)).not.toEqual([]);
    expect(() => openJournal({ path })).toThrow(/What to do:\n {2}1[.] /);
    expect(accept(path)).not.toEqual([]);
    await works(path, "after");
    expect(accept(path)).toEqual([]);
    expect(brokenIn(path)).toEqual([]);
  });
});

function edited(path: string, edit: Edit): void {
  const db = new Database(path);
  edit(db);
  db.close();
}

describe("a journal that is not the one it was is refused with what to do, accepted, and works", () => {
  it.each(DISTRUSTED)("%s", async (_what, spoil) => {
    const { folder, path } = await soldJournal();
    await spoil(folder, path);
    await isAcceptedAndWorks(path);
  });
});

describe("a journal of before there was a chain, edited after it was brought into it", () => {
  const LAST = "(SELECT max(seq) FROM event)";
  it.each<[string, Edit]>([
    ["a row in the middle", setBody("event", 40, "atMs", "1")],
    ["the last row", sql(`UPDATE event SET body = json_set(body, '$.atMs', 1) WHERE seq = ${LAST}`)],
    ["a row is deleted", sql("DELETE FROM event WHERE seq = 40")],
    ["the last rows are deleted", sql(`DELETE FROM event WHERE seq > ${LAST} - 3`)],
    [
      "a row and the last rows are deleted",
      sql("DELETE FROM event WHERE seq = 40", `DELETE FROM event WHERE seq = ${LAST}`),
    ],
    ["all rows are deleted", sql("DELETE FROM event", "DELETE FROM sale")],
    ["a row cannot be read", sql("UPDATE event SET body = 'x' WHERE seq = 40")],
    ["the last row cannot be read", sql(`UPDATE event SET body = 'x' WHERE seq = ${LAST}`)],
    [
      "the last rows cannot be read, or are gone",
      sql(`UPDATE event SET body = 'x' WHERE seq >= ${LAST} - 1`, `DELETE FROM event WHERE seq = ${LAST}`),
    ],
    ["it is the one that was there before", sql("PRAGMA user_version = 2")],
  ])("%s: refused, accepted, and in order then", async (_what, edit) => {
    const path = join(tempFolder(), JOURNAL);
    cpSync(join(import.meta.dirname, "../../../../replay/v2", JOURNAL), path);
    await openJournal({ path }).close();
    const db = new Database(path);
    edit(db);
    db.close();
    expect(() => openJournal({ path })).toThrow(/What to do:\n {2}1[.] /);
    expect(accept(path)).not.toEqual([]);
    for (let round = 0; round < 2; round++) {
      const journal = openJournal({ path });
      await sell(journal, `n${round}`, "9");
      for (const position of await journal.positions()) {
        if (position !== "9") expect(isOpen(replay(IDLE, await journal.lastSale(position)))).toBe(false);
      }
      await journal.close();
    }
    expect(accept(path)).toEqual([]);
    expect(brokenIn(path)).toEqual([]);
  });

  it("is taken although a mark is there", async () => {
    const folder = tempFolder();
    const path = join(folder, JOURNAL);
    cpSync(join(import.meta.dirname, "../../../../replay/v1", JOURNAL), path);
    await replaceMark(folder);
    expect(() => openJournal({ path })).toThrow(/is not the one that the mark/);
    expect(accept(path)).toContain("its mark is another journal's");
    await openJournal({ path }).close();
    expect(accept(path)).toEqual([]);
  });
});
