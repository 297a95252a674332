import type { Loaded } from "../config/load.ts";
import type { Acknowledgement } from "../engine/books/matters.ts";
import type { Kiosk } from "../engine/kiosk.ts";
import type { Part } from "../engine/running-parts.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Journal, Tidying } from "../ports/journal.ts";
import type { Log } from "../ports/log.ts";
import type { OpenPayments } from "./payment.ts";

export interface Books extends Part {
  saleClosed(): void;
  /** Has the books of a position, or of all, compared now. Rejects when nobody may read them. */
  request(position: string | null): Promise<void>;
  /** A person has looked into the differences at a position, or at all. Gives at how many there were any. */
  settle(position: string | null, acknowledgement: Acknowledgement): Promise<number>;
}

/** What goes on beside the sales: receipts, reconciliation, housekeeping. */
export async function keepBooks(
  { config }: Loaded,
  payments: OpenPayments,
  { kiosk, journal, clock, log }: { kiosk: Kiosk; journal: Journal; clock: Clock; log: Log },
): Promise<Books> {
  const { systemCalendar } = await import("../platform/clock/calendar.ts");
  const { Bookkeeper } = await import("../engine/books/bookkeeper.ts");
  const { POLICY } = await import("../engine/policy.ts");
  const { schedule, kiosk: identity, mqtt } = config;
  const { timezone } = identity;
  const calendar = systemCalendar();
  const services = [payments.selling, ...payments.retired];
  /** Whose books are compared with the journal. */
  const compared = services.find(({ books }) => books.periods !== null);
  const has = (part: "remainders" | "receipts"): boolean => services.some(({ books }) => books[part] !== null);
  const bookkeeper = new Bookkeeper({
    positions: config.positions,
    schedule: schedule.reconcile === undefined ? null : { cron: schedule.reconcile, timezone },
    books: services.map(({ books }) => books),
    booksOf: (provider) => payments.of(provider)?.books ?? null,
    isCompared: (position) => compared?.accountOf(position) !== undefined,
    journal,
    faults: kiosk.faults,
    clock,
    calendar,
    log,
    noted: () => {
      kiosk.wakeOutbox();
      void kiosk.matters.look();
    },
  });
  const readers: Tidying["readers"] = [
    "matters-of-sales",
    ...(has("remainders") ? (["remainders"] as const) : []),
    ...(mqtt === undefined ? [] : (["sales"] as const)),
    ...(has("receipts") ? (["receipts"] as const) : []),
  ];
  const tidy = (): void => {
    const tidying = { nowMs: clock.wallMs(), keepMs: config.journal.keep, readers };
    journal.tidy(tidying).catch((error: unknown) => log.error({ error: String(error) }, "housekeeping failed"));
  };
  let unschedule = (): void => {};
  let endLooking: Cancel = () => {};
  /** Commands beside the daemon note what a person has looked at: it shows at once, not a minute later. */
  const lookAgainSoon = (): void => {
    endLooking = clock.after(POLICY.mattersLookMs, () => {
      if (kiosk.matters.open.length > 0) void kiosk.matters.look();
      bookkeeper
        .lookForSettled()
        .catch((error: unknown) => log.warn({ error: String(error) }, "settled differences could not be looked up"));
      lookAgainSoon();
    });
  };
  const start = (): void => {
    bookkeeper.start();
    lookAgainSoon();
    unschedule = calendar.schedule(schedule.housekeeping, timezone, tidy);
  };
  const close = (): void => {
    unschedule();
    endLooking();
    bookkeeper.close();
  };
  return {
    start,
    saleClosed: () => bookkeeper.saleClosed(),
    request: async (position) => {
      const { booksClosedBecause } = compared ?? payments.selling;
      if (booksClosedBecause !== null) throw new Error(booksClosedBecause);
      await bookkeeper.request(position);
    },
    settle: (position, acknowledgement) => bookkeeper.settle({ position, paymentReference: null }, acknowledgement),
    close,
  };
}
