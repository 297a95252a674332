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
    refunds: { recognises: "nothing", refund: async () => unknown("") },
    receipts: null,
    periods: null,
  };
  const bookkeeper = new Bookkeeper({
    positions: [{ id: "1", formerly: [] }],
    schedule: null,
    books,
    booksOf: () => books,
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

it("a service without periods is never asked to end one, and what an earlier night found stays to be settled", async () => {
  const { journal, time, until } = journalScene();
  const found = { paymentReference: "p-1", saleId: null, oursMinor: null, theirsMinor: 500 };
  await journal.note("reconciliations", "1", () => ({
    type: "compared",
    position: "1",
    atMs: 1,
    periodId: "7",
    throughSale: 0,
    throughRefund: 0,
    matched: 0,
    gap: false,
    missingHere: [found],
    missingThere: [],
    differing: [],
    carried: [],
  }));
  const raised: string[] = [];
  const bookkeeper = new Bookkeeper({
    positions: [{ id: "1", formerly: [] }],
    schedule: null,
    books: {
      remainders: null,
      refunds: { recognises: "refund-id", refund: async () => unknown("") },
      receipts: null,
      periods: null,
    },
    booksOf: () => null,
    journal,
    faults: { raise: (code) => void raised.push(code), put: ({ code }) => void raised.push(code), clear: () => {} },
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
  bookkeeper.start();
  await until(bookkeeper.lookForSettled().then(() => new Promise((resolve) => setImmediate(resolve))));
  expect(raised).toEqual(["books-differ"]);
  await expect(bookkeeper.request(null)).rejects.toThrow(/no books that could be compared/);
  expect(await journal.notes("reconciliations", "1")).toHaveLength(1);
  bookkeeper.close();
});
