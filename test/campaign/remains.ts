import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { replay } from "../../src/core/sale/recover.ts";
import { IDLE } from "../../src/core/sale/state.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import { markPathOf } from "../../src/platform/journal/sqlite/open.ts";

/** What a journal holds, as it is written. */
export interface Content {
  readonly events: readonly string[];
  readonly sales: readonly string[];
  /** Of the last sale. */
  readonly phase: string;
}

/** A journal as a kill left it, taken away before anybody opened it again. */
export interface Remains {
  readonly db: string;
  readonly wal: string;
  readonly mark: string;
}

/** Null before there is a journal. */
export function takeRemains(journal: string, folder: string, name: string): Remains | null {
  if (!existsSync(journal)) return null;
  const at = join(folder, name);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  const db = join(at, "journal.db");
  const remains = { db, wal: `${db}-wal`, mark: markPathOf({ path: db }) };
  copyFileSync(markPathOf({ path: journal }), remains.mark);
  copyFileSync(journal, remains.db);
  if (existsSync(`${journal}-wal`)) copyFileSync(`${journal}-wal`, remains.wal);
  return remains;
}

/**
 * What the daemon's own journal makes of a file at a start; the file is the reader's to be spoilt.
 * Rejects when it does not open.
 */
export async function contentOf(path: string): Promise<Content> {
  const journal = openJournal({ path });
  const phase = replay(IDLE, await journal.lastSale("1")).phase;
  const db = new Database(path, { readonly: true });
  const bodies = (table: string): string[] =>
    (db.prepare(`SELECT body FROM ${table} ORDER BY seq`).all() as { body: string }[]).map(({ body }) => body);
  const content = { events: bodies("event"), sales: bodies("sale"), phase };
  db.close();
  await journal.close();
  return content;
}

/** Whether everything that the one holds stands at the beginning of the other. */
export function isBeginning(one: Content, other: Content): boolean {
  const begins = (ours: readonly string[], theirs: readonly string[]): boolean =>
    ours.length <= theirs.length && ours.every((body, index) => body === theirs[index]);
  return begins(one.events, other.events) && begins(one.sales, other.sales);
}
