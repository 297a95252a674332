import { expect, it } from "vitest";
import { Bookkeeper, type BookkeeperDeps } from "../../../src/engine/books/bookkeeper.ts";
import type { PaymentBooks, Remainders } from "../../../src/ports/books.ts";
import { done, unknown } from "../../../src/ports/outcome.ts";
import { journalScene } from "../../support/journal-scene.ts";
import { HAPPY, PAID } from "../../support/sale-fixtures.ts";
import { SILENT } from "../../support/silent-log.ts";
import { clockOf, type VirtualTime } from "../../support/virtual-clock.ts";

const REMAINDERS: Remainders = { freeRest: async () => done({ stillHeldMinor: 0 }) };

function booksWith(remainders: Remainders | null): PaymentBooks {
  const refunds: PaymentBooks["refunds"] = { recognises: "nothing", refund: async () => unknown("") };
  return { remainders, refunds, receipts: null, periods: null };
}

/** A kiosk with one position and no schedule, in which nobody listens. */
function about(time: VirtualTime): Omit<BookkeeperDeps, "books" | "booksOf" | "journal"> {
  return {
    positions: [{ id: "1", formerly: [] }],
    schedule: null,
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
  };
}

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
  const books = booksWith(remainders);
  const bookkeeper = new Bookkeeper({
    ...about(time),
    books: [books],
    booksOf: () => books,
    journal: watched,
  });
  bookkeeper.saleClosed();
  bookkeeper.close();
  expect(read).toHaveLength(times);
});

it.each<[string, PaymentBooks | null, string[]]>([
  ["without rests", booksWith(null), ["handed-over"]],
  ["with rests of its own", booksWith(REMAINDERS), ["handed-over"]],
])("a rest that another service held before one %s is a person's", async (_, books, expected) => {
  const { journal, time, until } = journalScene();
  await journal.beginNow("remainders");
  const held = { ...PAID, provider: "before", stillHeld: "200.55" };
  await journal.append("1", HAPPY[0] as never, held);
  let noted = 0;
  const bookkeeper = new Bookkeeper({
    ...about(time),
    books: [books ?? booksWith(null)],
    booksOf: (provider) => (provider === "before" ? null : books),
    journal,
    noted: () => void noted++,
  });
  bookkeeper.start();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect((await until(journal.notes("remainders", PAID.saleId))).map(({ type }) => type)).toEqual(expected);
  expect(noted).toBeGreaterThan(0);
  bookkeeper.close();
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
    ...about(time),
    books: [booksWith(null)],
    booksOf: () => null,
    journal,
    faults: { raise: (code) => void raised.push(code), put: ({ code }) => void raised.push(code), clear: () => {} },
  });
  bookkeeper.start();
  await until(bookkeeper.lookForSettled().then(() => new Promise((resolve) => setImmediate(resolve))));
  expect(raised).toEqual(["books-differ"]);
  await expect(bookkeeper.request(null)).rejects.toThrow(/no books that could be compared/);
  expect(await journal.notes("reconciliations", "1")).toHaveLength(1);
  bookkeeper.close();
});

it("a rest, a receipt and a comparison of a retired service go to that service", async () => {
  const { journal, time, until } = journalScene();
  await journal.beginNow("remainders");
  await journal.append("1", HAPPY[0] as never, { ...PAID, provider: "before", stillHeld: "200.55" });
  await journal.append("1", HAPPY[0] as never, { ...PAID, saleId: "another", provider: "now" });
  const freed: string[] = [];
  const receipts: string[] = [];
  const ended: string[] = [];
  const former: PaymentBooks = {
    ...booksWith({
      freeRest: async (saleId) => {
        freed.push(saleId);
        return done({ stillHeldMinor: 0 });
      },
    }),
    receipts: {
      submitReceipt: async ({ saleId }) => {
        receipts.push(saleId);
        return done(null);
      },
    },
    periods: {
      markPeriod: async (position) => {
        ended.push(position);
        return done({ periodId: "7" });
      },
      transactions: async () => done([]),
    },
  };
  const now = booksWith(null);
  const bookkeeper = new Bookkeeper({
    ...about(time),
    positions: [
      { id: "1", formerly: [] },
      { id: "came-later", formerly: [] },
    ],
    isCompared: (position) => position === "1",
    books: [now, former],
    booksOf: (provider) => (provider === "before" ? former : provider === "now" ? now : null),
    journal,
  });
  bookkeeper.start();
  await until(bookkeeper.request(null).then(() => new Promise((resolve) => setTimeout(resolve, 5))));
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect((await until(journal.notes("remainders", PAID.saleId))).map(({ type }) => type)).toEqual(["asked", "freed"]);
  expect({ freed, receipts, ended }).toEqual({ freed: [PAID.saleId], receipts: [PAID.saleId], ended: ["1"] });
  expect(await until(journal.notes("reconciliations", "came-later"))).toEqual([]);
  bookkeeper.close();
});
