import type { SaleEvent } from "../../../src/core/sale/event.ts";
import type { SaleRecord } from "../../../src/core/sale/record.ts";
import type { Entry, Journal } from "../../../src/ports/journal.ts";

/** A journal without a disk. It keeps what is asked for again: each position's last sale, and what waits in the outbox. */
export function memoryJournal(): Journal {
  const lastSales = new Map<string, SaleEvent[]>();
  let waiting: Entry<SaleRecord>[] = [];
  let seq = 0;
  let newestAtMs: number | null = null;
  return {
    append: async (position, event, record) => {
      const events = lastSales.get(position);
      if (events?.[0]?.saleId === event.saleId) events.push(event);
      else lastSales.set(position, [event]);
      newestAtMs = event.atMs;
      if (record !== null) waiting.push({ seq: ++seq, body: record });
    },
    lastSale: async (position) => lastSales.get(position) ?? [],
    handedOver: async () => [],
    ownerOf: async () => null,
    positions: async () => [...lastSales.keys()],
    newestAtMs: async () => newestAtMs,
    look: async () => undefined,
    check: async () => {},
    salesAfter: async () => [],
    notes: async () => [],
    notesAfter: async () => [],
    hasBegun: async () => false,
    beginNow: async () => {},
    note: async () => null,
    pending: async (reader, limit) => (reader === "sales" ? (waiting.slice(0, limit) as Entry<never>[]) : []),
    pendingCount: async (reader) => (reader === "sales" ? waiting.length : 0),
    reread: async () => {},
    acknowledge: async (reader, upTo) => {
      if (reader === "sales") waiting = waiting.filter((entry) => entry.seq > upTo);
    },
    tidy: async () => {},
    close: async () => {},
  };
}
