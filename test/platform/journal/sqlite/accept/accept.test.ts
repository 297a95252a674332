import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { SaleEvent } from "../../../../../src/core/sale/event.ts";
import type { Delivery, Sale } from "../../../../../src/core/sale/state.ts";
import { openForAccepting } from "../../../../../src/platform/journal/sqlite/accept/accept.ts";
import { openHistory } from "../../../../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { scene } from "../../../../engine/scene.ts";
import { ALWAYS, T0_MS, TERMS } from "../../../../support/sale-fixtures.ts";
import {
  accept,
  brokenIn,
  edit,
  eventsOf,
  NOW_MS,
  sell,
  soldJournal,
  withoutEnd,
} from "../../../../support/spoiled-journal.ts";

describe("a journal with which nothing is wrong", () => {
  it("is left as it is, byte for byte", async () => {
    const { folder, path } = await soldJournal();
    const before = [path, join(folder, "journal.mark")].map((file) => readFileSync(file));
    expect(accept(path).isNothing).toBe(true);
    expect([path, join(folder, "journal.mark")].map((file) => readFileSync(file))).toEqual(before);
  });

  it("is not looked at while a daemon has it", async () => {
    const { path } = await soldJournal();
    const journal = openJournal({ path });
    expect(() => openForAccepting({ path }, NOW_MS)).toThrow(/is in use by another kioskd: stop that one first/);
    await journal.close();
  });
});

describe("a journal that lost its end", () => {
  const [selected, made, reserved, started] = eventsOf("s6", "1") as [SaleEvent, SaleEvent, SaleEvent, SaleEvent];

  it("goes on behind the numbers that were given out, with its open sale at a person, and says so for ever", async () => {
    const { path } = await withoutEnd([selected, made], [reserved, started]);
    expect(() => openJournal({ path })).toThrow(/event: it ends at 32, there were 34/);
    const found = accept(path);
    expect(found.gaps).toEqual([{ stream: "event", from: 33, to: 34 }]);
    expect(found.handedOver).toEqual([{ position: "1", saleId: "s6", phase: "offered" }]);
    const journal = openJournal({ path });
    expect((await journal.lastSale("1")).at(-1)).toMatchObject({ type: "handed-over", reason: "journal-accepted" });
    expect((await journal.salesAfter(5, 9)).map(({ seq, body }) => [seq, body.outcome, body.reason])).toEqual([
      [6, "needs-attention", "journal-accepted"],
    ]);
    expect(await journal.notes("acceptances", "*")).toEqual([
      {
        ...{ atMs: NOW_MS, by: "anna", note: "as it is", gaps: [{ stream: "event", from: 33, to: 34 }] },
        accepted: [{ stream: "event", from: 34, to: 34 }],
        found: ["event 33..34: is gone", "sale s6 of position 1 was offered: handed to a person"],
      },
    ]);
    await journal.close();
    const db = new Database(path, { readonly: true });
    expect(db.prepare("SELECT max(seq) AS seq FROM event").get()).toEqual({ seq: 35 });
    db.close();
    expect(brokenIn(path)).toEqual([]);
  });

  it("does not count numbers that are not there as waiting", async () => {
    const { folder, path } = await soldJournal();
    cpSync(path, join(folder, "older.db"));
    const journal = openJournal({ path });
    for (const sale of ["l1", "l2", "l3"]) await sell(journal, sale, "1");
    await journal.close();
    cpSync(join(folder, "older.db"), path);
    expect(accept(path).gaps).toContainEqual({ stream: "sale", from: 6, to: 8 });
    const again = openJournal({ path });
    expect(await again.pendingCount("sales")).toBe(2);
    expect((await again.pending("sales", 9)).map(({ seq }) => seq)).toEqual([4, 5]);
    await sell(again, "s9", "2");
    expect((await again.pending("sales", 9)).map(({ seq }) => seq)).toEqual([4, 5, 9]);
    expect(await again.pendingCount("sales")).toBe(3);
    await again.acknowledge("sales", 5);
    expect(await again.pendingCount("sales")).toBe(1);
    await again.close();
    expect(brokenIn(path)).toEqual([]);
  });

  it("asks the service what became of the sale, and puts its record right", async () => {
    const { folder, path } = await soldJournal();
    const before = openJournal({ path });
    const { payment, kiosk, pass, view, confirm } = await scene({ journal: before, retired: ["2"] });
    await Promise.all([kiosk.customers.select("1", "20.00", "1.00"), pass(100)]);
    const saleId = view().saleId ?? "";
    const reference = (view().qr ?? "").replace("MEMORY:", "");
    await before.tidy({ nowMs: 0, keepMs: 0, readers: [] });
    cpSync(path, join(folder, "older.db"));
    // What the journal then loses: that it was reserved, dispensed and settled.
    await confirm();
    await before.close();
    await payment.settle({ id: saleId, terms: TERMS } as Sale, reference, { amountMinor: 300 } as Delivery, ALWAYS);
    cpSync(join(folder, "older.db"), path);
    expect(accept(path).handedOver).toEqual([{ position: "1", saleId, phase: "offered" }]);
    const journal = openJournal({ path });
    const again = await scene({ journal, payment, retired: ["2"] });
    await again.pass(12_000);
    const records = (await journal.salesAfter(5, 9)).map(({ body }) => [body.outcome, body.reason, body.charged]);
    expect(records).toEqual([
      ["needs-attention", "journal-accepted", "0.00"],
      ["needs-attention", "captured-unasked", "3.00"],
    ]);
    expect(again.faults().join()).toMatch(/was open in a journal that lost a part.*captured-unasked/);
    await journal.close();
    expect(brokenIn(path)).toEqual([]);
  });
});

describe("a journal that nobody wants to go on with", () => {
  it("is left as it is, what stands behind a torn place of its log too", async () => {
    const { folder, path } = await soldJournal();
    const journal = openJournal({ path });
    for (let sale = 0; sale < 3; sale++) await sell(journal, `torn${sale}`, "1");
    const copy = join(folder, "copy");
    for (const file of ["journal.db", "journal.db-wal", "journal.mark"]) cpSync(join(folder, file), join(copy, file));
    await journal.close();
    const torn = join(copy, "journal.db");
    const log = readFileSync(`${torn}-wal`);
    log[Math.floor(log.length / 2)] = (log[Math.floor(log.length / 2)] ?? 0) ^ 1;
    writeFileSync(`${torn}-wal`, log);
    const before = [readFileSync(torn), readFileSync(`${torn}-wal`)];
    for (let round = 0; round < 2; round++) {
      const accepting = openForAccepting({ path: torn }, T0_MS);
      expect(accepting.found.isNothing).toBe(false);
      accepting.close();
      expect([readFileSync(torn), readFileSync(`${torn}-wal`)]).toEqual(before);
    }
    const accepting = openForAccepting({ path: torn }, T0_MS);
    accepting.accept({ by: "anna", note: "it is torn" });
    accepting.close();
    await openJournal({ path: torn }).close();
  });
});

describe("a journal of which only the mark is there", () => {
  it("begins anew, with numbers that go on", async () => {
    const { path } = await soldJournal();
    rmSync(path);
    expect(() => openJournal({ path })).toThrow(/is gone[.] Its mark .* says that it held 5 sales/);
    const found = accept(path);
    expect(found.gaps).toContainEqual({ stream: "sale", from: 1, to: 5 });
    const journal = openJournal({ path });
    expect(await journal.pendingCount("sales")).toBe(0);
    await sell(journal, "new", "1");
    expect((await journal.pending("sales", 9)).map(({ seq, body }) => [seq, body.saleId])).toEqual([[6, "new"]]);
    expect((await journal.notes("acceptances", "*")).map(({ found: [first] }) => first)).toEqual([
      "it is gone, and a new one is begun",
    ]);
    await journal.close();
    expect(accept(path).isNothing).toBe(true);
    expect(brokenIn(path)).toEqual([]);
  });

  it("cannot say where the numbers end when the mark cannot be read either", async () => {
    const { folder, path } = await soldJournal();
    rmSync(path);
    writeFileSync(join(folder, "journal.mark"), "kioskd journal mark 1");
    expect(accept(path).sentences()[1]).toMatch(/its mark is damaged/);
    await openJournal({ path }).close();
  });

  it("is no journal at all when there is no mark", async () => {
    const { folder, path } = await soldJournal();
    rmSync(path);
    rmSync(join(folder, "journal.mark"));
    expect(() => openForAccepting({ path }, NOW_MS)).toThrow(/There is no journal at .*, and no mark of one/);
  });
});

describe("a journal with rows that are wrong", () => {
  it.each<[string, string, RegExp]>([
    [
      "cannot be read",
      "UPDATE sale SET body = '{' WHERE seq = 3",
      /record 3: cannot be read and is put aside: it is not JSON/,
    ],
    [
      "is changed",
      "UPDATE sale SET body = json_set(body, '$.charged', '1.00') WHERE seq = 3",
      /record 3: is not as it was written/,
    ],
    ["is gone", "DELETE FROM sale WHERE seq IN (2, 3)", /record 2[.][.]3: is gone/],
  ])("a record that %s does not keep the others from being read", async (_what, statement, sentence) => {
    const { path } = await soldJournal();
    edit(path, statement);
    expect(accept(path).sentences().join("\n")).toMatch(sentence);
    const history = openHistory(path);
    expect(history.latest(9, null).map(({ saleId }) => saleId)).toEqual(expect.arrayContaining(["s5", "s4", "s1"]));
    expect(history.sale("s4")?.events).toHaveLength(6);
    history.close();
    const journal = openJournal({ path });
    expect((await journal.salesAfter(0, 9)).map(({ seq }) => seq)).toEqual(expect.arrayContaining([1, 4, 5]));
    await journal.close();
  });

  it("keeps what it puts aside", async () => {
    const { path } = await soldJournal();
    edit(path, "UPDATE sale SET body = '{' WHERE seq = 3");
    accept(path);
    const db = new Database(path, { readonly: true });
    expect(db.prepare("SELECT stream, seq, row FROM aside").all()).toEqual([
      { stream: "sale", seq: 3, row: '[13,18,"{"]' },
    ]);
    db.close();
  });

  it("notices when a row that was accepted is changed again", async () => {
    const { path } = await soldJournal();
    edit(path, "UPDATE sale SET body = json_set(body, '$.charged', '1.00') WHERE seq = 3");
    accept(path);
    edit(path, "UPDATE sale SET body = json_set(body, '$.charged', '2.00') WHERE seq = 3");
    expect(() => openJournal({ path })).toThrow(/record number 3 is not as it was written/);
    expect(accept(path).sentences()).toEqual(["record 3: is not as it was written"]);
    await openJournal({ path }).close();
  });

  it("hands a sale over that has lost its beginning and has no record", async () => {
    const { path } = await soldJournal();
    const journal = openJournal({ path });
    for (const event of eventsOf("s6", "1").slice(0, 4)) await journal.append("1", event, null);
    await journal.close();
    edit(path, "DELETE FROM event WHERE seq = 31");
    expect(accept(path).handedOver).toEqual([{ position: "1", saleId: "s6", phase: "without its beginning" }]);
    const again = openJournal({ path });
    expect(await again.notesAfter("matters", 0, 9)).toMatchObject([
      { body: { type: "arose", saleId: "s6", detail: /its beginning is gone/ } },
      { body: { type: "arose", saleId: null, position: null, detail: /event 31 gone from it/ } },
    ]);
    expect((await again.lastSale("1")).map(({ saleId }) => saleId)).toEqual(Array(6).fill("s5"));
    await again.close();
  });

  it("puts a mark that was changed where nothing is left unsent", async () => {
    const { path } = await soldJournal();
    edit(path, "UPDATE mark SET value = 5 WHERE name IN ('delivered', 'receipts')");
    accept(path);
    const journal = openJournal({ path });
    expect([await journal.pendingCount("sales"), await journal.pendingCount("receipts")]).toEqual([5, 0]);
    await journal.close();
  });
});

describe("a journal that SQLite cannot read", () => {
  it.each<[string, (path: string) => void]>([
    ["pages are overwritten", (path) => writeFileSync(path, readFileSync(path).fill(0xa5, 1_024, 4_096))],
    ["it is cut", (path) => writeFileSync(path, readFileSync(path).subarray(0, 3_000))],
    ["it is empty", (path) => writeFileSync(path, "")],
    ["it is no database", (path) => writeFileSync(path, "x".repeat(9_000))],
    ["only its log is there", (path) => writeFileSync(`${path}-wal`, readFileSync(path)) ?? rmSync(path)],
    ["a table is another one", (path) => edit(path, "ALTER TABLE event ADD COLUMN x TEXT")],
  ])("%s: it says that accepting does not help, and what does", async (_what, spoil) => {
    const { folder, path } = await soldJournal();
    spoil(path);
    const mark = readFileSync(join(folder, "journal.mark"));
    expect(() => openForAccepting({ path }, NOW_MS)).toThrow(
      /does not help.*What to do:\n {2}1[.] Keep a copy(.*\n)* .*[.]recover/,
    );
    expect(readFileSync(join(folder, "journal.mark"))).toEqual(mark);
    expect(() => openJournal({ path })).toThrow(
      /What to do:(.*\n)*.*[.]recover .*[.]dump(.*\n)*.*accept` cannot take the file as it is/,
    );
  });

  it("is another one than one that can: that one is not sent to be rescued, and accepting is a step", async () => {
    const { path } = await soldJournal();
    edit(path, "DELETE FROM event WHERE seq = 9");
    const said = (): string => {
      try {
        openJournal({ path });
      } catch (error) {
        return String(error);
      }
      return "";
    };
    expect(said()).toMatch(/Go on with the file as it is, on purpose: `kioskd journal accept`/);
    expect(said()).not.toContain(".recover");
    rmSync(join(path, "../journal.mark"));
    expect(said()).toMatch(/has no mark(.*\n)*.*kioskd restore FILE(.*\n)*.*kioskd journal accept/);
  });
});
