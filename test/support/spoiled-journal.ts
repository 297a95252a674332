import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import { saleRecord } from "../../src/core/sale/record.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { type Closed, IDLE } from "../../src/core/sale/state.ts";
import { openForAccepting } from "../../src/platform/journal/sqlite/accept/accept.ts";
import { verifyJournal } from "../../src/platform/journal/sqlite/check/verify.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Journal } from "../../src/ports/journal.ts";
import { HAPPY, T0_MS } from "./sale-fixtures.ts";
import { tempFolder } from "./temp.ts";

/** A sale of its own: nothing that the service names is another sale's. */
export function eventsOf(saleId: string, position: string): readonly SaleEvent[] {
  return HAPPY.map((event) => {
    if (event.type === "selected") return { ...event, saleId, position };
    if (event.type === "offer-made") return { ...event, saleId, reference: `offer-${saleId}` };
    if (event.type !== "captured") return { ...event, saleId };
    return { ...event, saleId, receipt: { ...event.receipt, paymentReference: `payment-${saleId}` } };
  });
}

export async function sell(journal: Journal, saleId: string, position: string): Promise<void> {
  const events = eventsOf(saleId, position);
  const record = saleRecord(replay(IDLE, events) as Closed);
  for (const event of events) await journal.append(position, event, event === events.at(-1) ? record : null);
}

/**
 * A journal as a clean end leaves it: five sales at two positions (their events are 1 to 30, their records 1 to 5), a
 * refund, a block that has been taken back and one that has not, and what was read by whom.
 */
export async function soldJournal(): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = tempFolder();
  const path = join(folder, "journal.db");
  const journal = openJournal({ path });
  for (const [at, saleId] of ["s1", "s2", "s3", "s4", "s5"].entries())
    await sell(journal, saleId, String(1 + (at % 2)));
  await journal.note("orders", "*", () => ({ position: null, atMs: T0_MS, type: "blocked", reason: "leak" }));
  await journal.note("orders", "*", () => ({ position: null, atMs: T0_MS + 1, type: "unblocked" }));
  await journal.note("orders", "2", () => ({ position: "2", atMs: T0_MS + 2, type: "blocked", reason: "hose" }));
  const refund = { refundId: "rf-1", saleId: "s1", atMs: T0_MS, position: "1", paymentReference: "payment-s1" };
  const money = { amountMinor: 1_000, currency: "SEK" };
  await journal.note("refunds", "s1", () => ({ type: "asked", ...refund, ...money }));
  await journal.note("refunds", "s1", () => ({ type: "made", reference: null, ...refund, ...money }));
  await journal.acknowledge("sales", 3);
  await journal.acknowledge("receipts", 2);
  await journal.close();
  return { folder, path };
}

/** What is wrong with it when all of it is looked at. */
export function brokenIn(path: string): readonly string[] {
  const work = verifyJournal({ path });
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value.broken;
  }
}

/** When a person accepts. */
export const NOW_MS = T0_MS + 100_000;

/** Goes on with a journal as it is, and tells what was wrong with it. */
export function accept(path: string, place = { path }) {
  const accepting = openForAccepting(place, NOW_MS);
  try {
    const { found } = accepting;
    if (!found.isNothing) accepting.accept({ by: "anna", note: "as it is" });
    return found;
  } finally {
    accepting.close();
  }
}

export function edit(path: string, ...statements: readonly string[]): void {
  const db = new Database(path);
  for (const statement of statements) db.exec(statement);
  db.close();
}

/** An older copy of the journal is in its place; of what came then only the mark tells. */
export async function withoutEnd(events: readonly SaleEvent[], later: readonly SaleEvent[]) {
  const { folder, path } = await soldJournal();
  const journal = openJournal({ path });
  for (const event of events) await journal.append("1", event, null);
  await journal.close();
  cpSync(path, join(folder, "older.db"));
  const again = openJournal({ path });
  for (const event of later) await again.append("1", event, null);
  await again.close();
  cpSync(join(folder, "older.db"), path);
  return { folder, path };
}

/** How many closed sales `journalOf` makes. */
export const JOURNAL_SALES = 6;

/** A journal with sales, orders and a sale that is open; its folder is copied as a kill, or a clean end, leaves it. */
export async function journalOf(end: "killed" | "closed"): Promise<string> {
  const folder = join(tempFolder(), "journal");
  const journal = openJournal({ path: join(folder, "journal.db") });
  for (let sale = 0; sale < JOURNAL_SALES; sale++) await sell(journal, `s${sale}`, String(1 + (sale % 2)));
  await journal.note("orders", "*", () => ({ position: null, atMs: 5, type: "blocked", reason: "leak" }));
  await journal.note("orders", "1", () => {
    return { position: "1", atMs: 6, type: "priced", unitPrice: "19.89", configured: "20.00" };
  });
  await journal.acknowledge("sales", 3);
  for (const event of eventsOf("open", "1").slice(0, 5)) await journal.append("1", event, null);
  const copy = join(tempFolder(), "copy");
  if (end === "closed") await journal.close();
  cpSync(folder, copy, { recursive: true });
  for (const file of readdirSync(copy)) if (/-shm$|[.]lock/.test(file)) rmSync(join(copy, file));
  if (end === "killed") await journal.close();
  return copy;
}
