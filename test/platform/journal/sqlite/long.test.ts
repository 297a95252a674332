import { join } from "node:path";
import type Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { FRESH } from "../../../../src/core/reconcile.ts";
import { Archives } from "../../../../src/platform/journal/sqlite/archives/archives.ts";
import { Chain, type Column, link } from "../../../../src/platform/journal/sqlite/chain/chain.ts";
import { Keeper } from "../../../../src/platform/journal/sqlite/keeper.ts";
import { openForWriting } from "../../../../src/platform/journal/sqlite/open.ts";
import { saleRows } from "../../../../src/platform/journal/sqlite/rows/sale-rows.ts";
import type { Journal, Notes } from "../../../../src/ports/journal.ts";
import { at, HAPPY, PAID, T0_MS } from "../../../support/sale-fixtures.ts";
import { sample } from "../../../support/sample.ts";
import { tempFolder } from "../../../support/temp.ts";

/** A thread runs what is built. */
const built = join(import.meta.dirname, "../../../../dist/journal-thread.js");

const MANY = 100_000;
const HANDED_OVER = { ...PAID, outcome: "needs-attention", closedAt: "2026-11-22T09:01:02.000Z" } as const;
const NOTE: { readonly [S in keyof Notes]: Notes[S] } = {
  refunds: { type: "refused", refundId: "r", saleId: "k", atMs: T0_MS, detail: "no" },
  reconciliations: { type: "requested", position: "k", atMs: T0_MS },
  unaccounted: { position: "k", at: HANDED_OVER.closedAt, unit: "L", quantity: "1.000", detail: "leak" },
  matters: { type: "acknowledged", matterId: "k", atMs: T0_MS, by: "me", note: "seen" },
  orders: { type: "unblocked", position: "k", atMs: T0_MS },
  acts: { atMs: T0_MS, by: "anna", act: "stopped", position: "1", detail: "" },
  receiptRefusals: { saleId: "k", atMs: T0_MS, detail: "no" },
  remainders: { type: "freed", saleId: "k", position: "1", atMs: T0_MS },
  booksSoFar: { rules: 0, through: 0, heirs: { k: "k" }, states: { k: FRESH } },
  acceptances: { atMs: T0_MS, by: "me", note: "seen", found: [], gaps: [], accepted: [] },
  clock: { atMs: T0_MS, overruledMs: null, serviceAheadMs: null, by: "operator", who: "me", reason: "" },
};
const STREAMS = Object.keys(NOTE) as (keyof Notes)[];
const DIFFERENCES = Array.from({ length: 1_000 }, (_, at) => ({
  ...{ paymentReference: `reference-${at}`, saleId: null, oursMinor: null, theirsMinor: 100 },
}));
const COMPARED = {
  ...{ type: "compared", position: "k", atMs: T0_MS, periodId: "p", throughSale: 0, throughRefund: 0, matched: 0 },
  ...{ gap: false, missingThere: DIFFERENCES, missingHere: DIFFERENCES, differing: DIFFERENCES, carried: [] },
};

interface Rows {
  readonly db: Database.Database;
  readonly chain: Chain;
  readonly sales: ReturnType<typeof saleRows>;
}

/** Adds the same row again and again, each with its link. */
function repeat({ db, chain }: Rows, stream: string, count: number, columns: (at: number) => readonly Column[]) {
  const marks = (length: number): string => Array(length).fill("?").join(", ");
  const note = STREAMS.includes(stream as keyof Notes);
  const insert = db.prepare(
    note ? "INSERT INTO note VALUES (?, ?, ?, ?, ?)" : `INSERT INTO ${stream} VALUES (${marks(5)})`,
  );
  let head = chain.head(stream);
  for (let at = 0; at < count; at++) {
    const row = columns(at);
    head = { seq: head.seq + 1, hash: link(head.hash, stream, head.seq + 1, row) };
    insert.run(...(note ? [stream] : []), head.seq, ...row, head.hash);
  }
}

function notes(rows: Rows, stream: keyof Notes, key: (at: number) => string = () => "k"): void {
  repeat(rows, stream, MANY, (at) => [key(at), JSON.stringify(NOTE[stream])]);
}

function begun(rows: Rows, events: number): void {
  for (const event of HAPPY.slice(0, events)) rows.sales.add("1", event, null);
}

/** What one answer may hold; a thread that is given more may not live to the next one. */
const [MOST_ROWS, MOST_OF_KEY] = [1_000, 200];

function expectBatch({ length }: readonly unknown[]): void {
  expect(length).toBeGreaterThan(0);
  expect(length).toBeLessThanOrEqual(MOST_ROWS);
}

type Case = readonly [what: string, write: (rows: Rows) => void, read: (journal: Journal) => Promise<void>];

const CASES: readonly Case[] = [
  [
    "readings of an open sale",
    (rows) => {
      begun(rows, 4);
      const body = JSON.stringify(at(30, { type: "metered", totaliserBase: 1_000_001 }));
      repeat(rows, "event", MANY, () => ["1", "s1", body]);
    },
    async (journal) =>
      expect((await journal.lastSale("1")).map(({ type }) => type).slice(3)).toEqual(["meter-started", "metered"]),
  ],
  [
    "sales that a person has",
    (rows) => {
      begun(rows, 6);
      repeat(rows, "sale", MANY, (at) => [
        1,
        6,
        JSON.stringify({ ...HANDED_OVER, saleId: at % 2 === 0 ? "s1" : `s${at}` }),
      ]);
    },
    async (journal) => {
      expect(await journal.handedOver("1", 0, 8)).toHaveLength(8);
      expectBatch(await journal.salesAfter(0, MANY));
      for (const reader of ["sales", "receipts", "matters-of-sales"] as const) {
        expectBatch(await journal.pending(reader, MANY));
        expect(await journal.pendingCount(reader)).toBe(MANY);
      }
    },
  ],
  ...STREAMS.map(
    (stream): Case => [
      `notes of one key (${stream})`,
      (rows) => notes(rows, stream),
      async (journal) => {
        expect((await journal.notes(stream, "k")).at(-1)).toEqual(NOTE[stream]);
        expect((await journal.notes(stream, ["k", "l"])).length).toBeLessThanOrEqual(MOST_OF_KEY);
        expectBatch(await journal.notesAfter(stream, 0, MANY));
        expect(await journal.note(stream, ["k", "l"], () => NOTE[stream])).toEqual(NOTE[stream]);
      },
    ],
  ),
  [
    "positions that were ordered something",
    (rows) => notes(rows, "orders", (at) => `position-${at}`),
    async (journal) => expect(await journal.positions()).toHaveLength(MANY),
  ],
  [
    "differences, a thousand of each kind a night",
    (rows) => repeat(rows, "reconciliations", 100, () => ["k", JSON.stringify(COMPARED)]),
    async (journal) => {
      expect(await journal.notes("reconciliations", "k")).not.toHaveLength(0);
      let through = 0;
      for (;;) {
        const batch = await journal.notesAfter("reconciliations", through, 200);
        if (batch.length === 0) break;
        through = batch.at(-1)?.seq ?? 0;
      }
      expect(through).toBe(100);
    },
  ],
];

/** One of them takes a second or two, most of it to write them. */
const IN_GATE = 4;

describe("a journal's thread, with its 64 MB", () => {
  it.each(sample("long lists", CASES, IN_GATE))("answers over 100,000 %s", async (_what, write, read) => {
    const path = join(tempFolder(), "journal.db");
    const opened = openForWriting({ path });
    const chain = new Chain(opened.db);
    const keeper = new Keeper(opened, chain);
    keeper.write(() =>
      write({ db: opened.db, chain, sales: saleRows(path, opened.db, chain, new Archives(path, opened.db, chain.id)) }),
    );
    keeper.close();
    const { openJournalThread } = (await import(
      built
    )) as typeof import("../../../../src/platform/journal/sqlite/thread.ts");
    const journal = await openJournalThread({ path });
    onTestFinished(() => journal.close());
    await read(journal);
    await journal.look();
  });
});
