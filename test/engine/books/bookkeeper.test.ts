import { expect, it } from "vitest";
import { Bookkeeper } from "../../../src/engine/books/bookkeeper.ts";
import type { PaymentBooks, Remainders } from "../../../src/ports/books.ts";
import { done, unknown } from "../../../src/ports/outcome.ts";
import { journalScene } from "../../support/journal-scene.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf } from "../../support/virtual-clock.ts";

const REMAINDERS: Remainders = { freeRest: async () => done({ stillHeldMinor: 0 }) };

it.each([
  ["reads no old sale for a rest that its service frees with the capture", null, 0],
  ["begins with the newest sale where rests are freed in a step of their own", REMAINDERS, 1],
])("%s", async (_, remainders, times) => {
  const { journal, time } = journalScene();
  const read: string[] = [];
  const watched = new Proxy(journal, {
    get: (target, key) => {
      if (key === "pending" || key === "beginNow") read.push(key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const books: PaymentBooks = {
    remainders,
    refund: async () => unknown(""),
    submitReceipt: async () => done(null),
    markPeriod: async () => unknown(""),
    transactions: async () => unknown(""),
  };
  const bookkeeper = new Bookkeeper({
    positions: [{ id: "1", formerly: [] }],
    schedule: null,
    books,
    booksOf: () => books,
    receipts: false,
    journal: watched,
    faults: { raise: () => {}, put: () => {}, clear: () => {} },
    clock: clockOf(time, { number: 1, alive: true }),
    calendar: {
      latestDue: () => "2026-11-22 03:10",
      localTime: () => "2026-11-22 03:10",
      everyMinute: () => () => {},
      schedule: () => () => {},
    },
    log: SILENT,
    noted: () => {},
  });
  bookkeeper.saleClosed();
  bookkeeper.close();
  expect(read).toHaveLength(times);
});
