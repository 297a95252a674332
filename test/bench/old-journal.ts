import type { SaleEvent } from "../../src/core/sale/event.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { Archives } from "../../src/platform/journal/sqlite/archives/archives.ts";
import { Chain } from "../../src/platform/journal/sqlite/chain/chain.ts";
import { Keeper } from "../../src/platform/journal/sqlite/keeper.ts";
import { openForWriting } from "../../src/platform/journal/sqlite/open.ts";
import { noteRows } from "../../src/platform/journal/sqlite/rows/note-rows.ts";
import { readerRows } from "../../src/platform/journal/sqlite/rows/reader-rows.ts";
import { saleRows } from "../../src/platform/journal/sqlite/rows/sale-rows.ts";
import type { Readers } from "../../src/ports/journal.ts";
import { HAPPY, T0_MS, TERMS } from "../support/sale-fixtures.ts";

/** What a journal has been through. */
export interface Age {
  readonly positions: readonly string[];
  readonly sales: number;
  /** Each night the books of each position are compared. */
  readonly nights: number;
  /** At the first position. */
  readonly orders: number;
}

const DAY_MS = 86_400_000;
const BATCH = 2_000;
const READERS: Readonly<Record<keyof Readers, "sale" | "matters" | "reconciliations" | null>> = {
  sales: "sale",
  receipts: "sale",
  remainders: "sale",
  "matters-of-sales": "sale",
  "matters-of-refunds": null,
  "returned-refunds": null,
  "matters-of-unaccounted": null,
  "matters-of-remainders": null,
  matters: null,
  refunds: null,
  reconciliations: "reconciliations",
  unaccounted: null,
};

/** The parts of a journal that is written in large transactions, with the adapter's own code. */
function openToFill(path: string) {
  const opened = openForWriting({ path });
  const chain = new Chain(opened.db);
  const keeper = new Keeper(opened, chain);
  const archives = new Archives(path, opened.db, chain.id);
  const sales = saleRows(path, opened.db, chain, archives);
  const notes = noteRows(path, opened.db, chain);
  const inBatches = (count: number, write: (at: number) => void): void => {
    for (let done = 0; done < count; done += BATCH) {
      keeper.write(() => {
        for (let at = done; at < Math.min(done + BATCH, count); at++) write(at);
      });
      opened.db.pragma("wal_checkpoint(PASSIVE)");
    }
  };
  const close = (): void => {
    while (keeper.checkOn(Date.now()));
    opened.db.pragma("wal_checkpoint(TRUNCATE)");
    keeper.close();
  };
  return { path, db: opened.db, chain, sales, notes, inBatches, close };
}

/** Makes a journal that has seen all this, closed as a daemon closes it; its last sale is an hour old at `nowMs`. */
export async function fillJournal(path: string, age: Age, nowMs: number): Promise<void> {
  const journal = openToFill(path);
  const { chain, sales, notes, inBatches } = journal;
  const fromMs = nowMs - Math.max(1, age.nights) * DAY_MS;
  const everyMs = (nowMs - 3_600_000 - fromMs) / Math.max(1, age.sales);
  const positionOf = (at: number): string => age.positions[at % age.positions.length] ?? "1";
  inBatches(age.sales, (at) => {
    const position = positionOf(at);
    const events = saleOf(`old-${at}`, position, Math.round(fromMs + at * everyMs));
    const closed = replay(IDLE, events) as Closed;
    for (const event of events) sales.add(position, event, event === events.at(-1) ? saleRecord(closed) : null);
  });
  inBatches(age.nights, (night) => {
    for (const position of age.positions) noteNight(notes, position, night, fromMs + night * DAY_MS);
  });
  inBatches(age.orders, (at) => {
    const [position = "1"] = age.positions;
    const order = {
      position,
      atMs: fromMs + at,
      type: at % 2 === 0 ? "blocked" : "unblocked",
      reason: "test",
    } as const;
    const { reason, ...unblocked } = order;
    notes.add("orders", position, () =>
      at % 2 === 0 ? { ...order, type: "blocked" } : { ...unblocked, type: "unblocked" },
    );
  });
  const readers = readerRows(path, journal.db, chain, new Archives(path, journal.db, chain.id));
  for (const [reader, stream] of Object.entries(READERS)) {
    if (stream !== null) await readers.acknowledge(reader as keyof Readers, chain.head(stream).seq);
  }
  journal.close();
}

/** Adds readings to the open sale of a position, as if its meter had been read so often. */
export async function addReadings(path: string, position: string, count: number): Promise<void> {
  const journal = openToFill(path);
  const events = await journal.sales.lastSale(position);
  const [selected] = events;
  const started = events.findLast((event) => event.type === "metered" || event.type === "meter-started");
  if (selected === undefined || started === undefined || !("totaliserBase" in started)) throw new Error("no open sale");
  const { saleId } = selected;
  const reading: SaleEvent = { type: "metered", saleId, atMs: started.atMs, totaliserBase: started.totaliserBase };
  journal.inBatches(count, () => journal.sales.add(position, reading, null));
  journal.close();
}

function saleOf(saleId: string, position: string, atMs: number): SaleEvent[] {
  return HAPPY.map((event) => {
    const own = { ...event, saleId, atMs: event.atMs - T0_MS + atMs };
    if (own.type === "selected") return { ...own, position, terms: { ...TERMS, terminal: "demo-terminal" } };
    if (own.type === "offer-made") return { ...own, reference: `R-${saleId}`, qrText: `HTTP://SEQR.SE/R-${saleId}` };
    if (own.type === "captured") return { ...own, receipt: { ...own.receipt, paymentReference: `ers-${saleId}` } };
    return own;
  });
}

type Notes = Pick<ReturnType<typeof noteRows>, "add">;

function noteNight(notes: Notes, position: string, night: number, atMs: number): void {
  const about = { position, atMs };
  const periodId = `P-${position}-${night}`;
  const due = new Date(atMs).toISOString().slice(0, 16);
  notes.add("reconciliations", position, () => ({ type: "begun", due, ...about }));
  notes.add("reconciliations", position, () => ({ type: "marked", periodId, ...about }));
  notes.add("reconciliations", position, () => ({
    ...{ type: "compared", ...about, periodId, throughSale: night * 100, throughRefund: 0, matched: 100, gap: false },
    ...{ missingThere: [], missingHere: [], differing: [], carried: [] },
  }));
}
