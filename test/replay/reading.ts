import Database from "better-sqlite3";
import { blockOf, orderedPrice, orderKey } from "../../src/core/operator/orders.ts";
import { reconciliationOf } from "../../src/core/reconcile.ts";
import { refundsOf } from "../../src/core/refund.ts";
import { replay } from "../../src/core/sale/recover.ts";
import { IDLE } from "../../src/core/sale/state.ts";
import { openJournal } from "../../src/platform/journal/sqlite/journal.ts";
import type { Journal, Notes, Readers } from "../../src/ports/journal.ts";

const MOST = 1_000;
const STREAMS: readonly (keyof Notes)[] = [
  "refunds",
  "reconciliations",
  "unaccounted",
  "orders",
  "matters",
  "remainders",
];
const READERS: readonly (keyof Readers)[] = [
  ...(["sales", "receipts", "refunds", "reconciliations", "unaccounted"] as const),
  ...(["matters-of-sales", "matters-of-refunds", "matters-of-unaccounted", "matters"] as const),
];
/** The price in the configuration under which the orders of a golden journal were given. */
export const CONFIGURED_PRICE = "19.89";

export type Reading = Awaited<ReturnType<typeof readWhole>>;

/** All that a journal says through its port, and what follows from it: states, refunds, blocks, prices. */
export async function readWhole(path: string) {
  const { layout, places } = lookInside(path);
  const journal = openJournal({ path });
  const read = async <T>(places: readonly string[], of: (place: string) => Promise<T>) =>
    Object.fromEntries(await Promise.all(places.map(async (place) => [place, await of(place)] as const)));
  const sales = await journal.salesAfter(0, MOST);
  const refunded = [...new Set((await journal.notesAfter("refunds", 0, MOST)).map(({ body }) => body.saleId))];
  try {
    return {
      layout,
      newestAtMs: await journal.newestAtMs(),
      states: await read(places, async (place) => replay(IDLE, await journal.lastSale(place))),
      sales,
      notes: noted(await read(STREAMS, (stream) => journal.notesAfter(stream as keyof Notes, 0, MOST))),
      waiting: await read(READERS, (reader) => waiting(journal, reader as keyof Readers)),
      refunds: await read(refunded, async (saleId) => refundsOf(await journal.notes("refunds", saleId))),
      books: await read(places, async (place) => reconciliationOf(await journal.notes("reconciliations", place))),
      blocks: await read([orderKey(null), ...places], async (key) => blockOf(await journal.notes("orders", key))),
      prices: await read(places, async (place) => orderedPrice(await journal.notes("orders", place), CONFIGURED_PRICE)),
    };
  } finally {
    await journal.close();
  }
}

async function waiting(journal: Journal, reader: keyof Readers) {
  const count = await journal.pendingCount(reader);
  return { count, seqs: (await journal.pending(reader, MOST)).map(({ seq }) => seq) };
}

/** A stream that older versions did not have is left out where there is nothing in it. */
function noted<T>(notes: Readonly<Record<string, readonly T[]>>): Readonly<Record<string, readonly T[]>> {
  const { remainders = [], ...others } = notes;
  return remainders.length === 0 ? others : { ...others, remainders };
}

/** What the port does not tell. */
export function lookInside(path: string): { readonly layout: number; readonly places: readonly string[] } {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const layout = Number(db.pragma("user_version", { simple: true }));
    const rows = db.prepare<[], { position: string }>("SELECT DISTINCT position FROM event ORDER BY position").all();
    return { layout, places: rows.map(({ position }) => position) };
  } finally {
    db.close();
  }
}
