import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import type { SaleEvent } from "../../src/core/sale/event.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import { isoTime } from "../../src/core/time.ts";
import { type ArchiveLimits, Archiver } from "../../src/platform/journal/sqlite/archives/archiver.ts";
import { Chain } from "../../src/platform/journal/sqlite/chain/chain.ts";
import { checkArchives } from "../../src/platform/journal/sqlite/check/archive-check.ts";
import { checkRows } from "../../src/platform/journal/sqlite/check/check.ts";
import { openHistory } from "../../src/platform/journal/sqlite/history.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Journal, Readers, Tidying } from "../../src/ports/journal.ts";
import { PAID, RECEIPT, TERMS } from "./sale-fixtures.ts";
import { tempFolder } from "./temp.ts";

export const DAY_MS = 86_400_000;
export const BEGIN_MS = Date.UTC(2024, 10, 1);
export const KEEP_MS = 90 * DAY_MS;
export const READERS = ["sales", "receipts", "matters-of-sales"] as const satisfies readonly (keyof Readers)[];
export const SMALL: ArchiveLimits = { newestRecords: 2, stepRecords: 3, stepEvents: 7, stepsANight: 1_000 };

/** Sells at several positions at once, on days that the test chooses. */
export class Shop {
  readonly path = join(tempFolder(), "journal.db");
  journal: Journal = openJournal({ path: this.path });
  day = 0;
  sold = 0;
  /** How many events there are of each sale. */
  readonly appended = new Map<string, number>();

  get nowMs(): number {
    return BEGIN_MS + this.day * DAY_MS;
  }

  async begin(position: string): Promise<string> {
    const saleId = `s${++this.sold}`;
    await this.#append(position, { type: "selected", saleId, position, terms: TERMS, atMs: this.nowMs });
    await this.#append(position, {
      type: "offer-made",
      saleId,
      reference: `R-${saleId}`,
      qrText: "",
      atMs: this.nowMs,
    });
    return saleId;
  }

  async goOn(position: string, saleId: string): Promise<void> {
    await this.#append(position, { type: "metered", saleId, totaliserBase: 5, atMs: this.nowMs });
  }

  async close(position: string, saleId: string, record: Partial<SaleRecord> = {}): Promise<void> {
    const receipt = { ...RECEIPT, paymentReference: `P-${saleId}` };
    const event = { type: "captured", saleId, capturedMinor: 9_945, receipt, atMs: this.nowMs } as const;
    await this.#append(position, event, { ...PAID, saleId, position, closedAt: isoTime(this.nowMs), ...record });
  }

  async handOver(position: string, saleId: string): Promise<void> {
    const event = { type: "deadline-passed", saleId, atMs: this.nowMs } as const;
    const record = { ...PAID, saleId, position, closedAt: isoTime(this.nowMs), outcome: "needs-attention" } as const;
    await this.#append(position, event, record);
  }

  async sell(position: string, count = 1): Promise<void> {
    for (let sale = 0; sale < count; sale++) await this.close(position, await this.begin(position));
  }

  async readAll(): Promise<void> {
    for (const reader of READERS) await this.journal.acknowledge(reader, 1_000_000);
  }

  /** A night in which all goes that may. */
  async tidy(given: Partial<Tidying> = {}, limits = SMALL, kill: (() => void) | null = null): Promise<number> {
    await this.journal.close();
    const db = new Database(this.path);
    try {
      const source = {
        ...{ path: this.path, db, chain: new Chain(db) },
        write: (work: () => void) => {
          kill?.();
          db.transaction(work).immediate();
        },
      };
      const tidying = { nowMs: this.nowMs, keepMs: KEEP_MS, readers: READERS, ...given };
      return [...new Archiver(source, tidying, limits).run()].length;
    } finally {
      db.close();
      this.journal = openJournal({ path: this.path });
    }
  }

  /** All that commands and the daemon read of sales. */
  async told(): Promise<object> {
    const history = openHistory(this.path);
    const list = history.latest(10_000, null);
    const positions = (await this.journal.positions()).toSorted((one, other) => (one < other ? -1 : 1));
    const names = Array.from({ length: this.sold }, (_, index) => `s${index + 1}`);
    const told = {
      list,
      attention: history.latest(10_000, "needs-attention"),
      shown: names.map((name) => history.sale(name)),
      after: await this.journal.salesAfter(0, 10_000),
      middle: await this.journal.salesAfter(3, 9),
      pending: await Promise.all(READERS.map((reader) => this.journal.pending(reader, 10_000))),
      counts: await Promise.all(READERS.map((reader) => this.journal.pendingCount(reader))),
      owners: await Promise.all(names.map((name) => this.journal.ownerOf({ kind: "offer", name: `R-${name}` }))),
      last: await Promise.all(positions.map((position) => this.journal.lastSale(position))),
      handedOver: await Promise.all(
        positions.map((position) => this.journal.handedOver(position, this.nowMs - DAY_MS, 999)),
      ),
      newest: await this.journal.newestAtMs(),
    };
    history.close();
    return told;
  }

  /** @throws when a link of the journal or of an archive is not as it was written */
  check(): void {
    const db = new Database(this.path);
    for (const _ of checkRows(db));
    for (const _ of checkRows(db, 5));
    for (const _ of checkArchives(this.path, db));
    db.close();
  }

  archives(): string[] {
    return readdirSync(dirname(this.path))
      .filter((file) => /-\d{4}[.]db$/.test(file))
      .toSorted();
  }

  seqs(table: "event" | "sale", file = basename(this.path)): number[] {
    const db = new Database(join(dirname(this.path), file), { readonly: true });
    const rows = db.prepare<[], { seq: number }>(`SELECT seq FROM ${table} ORDER BY seq`).all();
    db.close();
    return rows.map(({ seq }) => seq);
  }

  /** Makes of all that is there what was written before there was a chain. */
  async unchain(): Promise<void> {
    await this.journal.close();
    const db = new Database(this.path);
    const chain = new Chain(db);
    for (const stream of ["event", "sale"]) chain.putAnchor(stream, chain.head(stream), "older");
    db.exec("UPDATE event SET hash = NULL; UPDATE sale SET hash = NULL");
    db.close();
    this.journal = openJournal({ path: this.path });
  }

  /** How many events of a sale the journal itself holds. */
  eventsHere(saleId: string): number {
    const db = new Database(this.path, { readonly: true });
    const row = db
      .prepare<[string], { count: number }>("SELECT count(*) AS count FROM event WHERE sale = ?")
      .get(saleId);
    db.close();
    return row?.count ?? 0;
  }

  async #append(position: string, event: SaleEvent, record: SaleRecord | null = null): Promise<void> {
    this.appended.set(event.saleId, (this.appended.get(event.saleId) ?? 0) + 1);
    await this.journal.append(position, event, record);
  }
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Twelve sales at two positions, 30 days apart from each other, all read by everybody. */
export async function shopOfAYear(): Promise<Shop> {
  const shop = new Shop();
  for (let sale = 0; sale < 12; sale++) {
    await shop.sell(String(1 + (sale % 2)));
    shop.day += 30;
  }
  await shop.readAll();
  return shop;
}
