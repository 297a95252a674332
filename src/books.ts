import type { SeqrBooksSettings } from "./adapters/payment/seqr/books.ts";
import type { SeqrCalls } from "./adapters/payment/seqr/calls.ts";
import type { Loaded } from "./config/load.ts";
import type { Kiosk } from "./engine/kiosk.ts";
import type { Clock } from "./ports/clock.ts";
import type { Journal } from "./ports/journal.ts";
import type { Log } from "./ports/log.ts";

export interface Books {
  start(): void;
  saleClosed(): void;
  /** Has the books of a position, or of all, compared now. Rejects when nobody may read them. */
  request(position: string | null): Promise<void>;
  close(): void;
}

/** What goes on beside the sales: receipts, reconciliation, housekeeping. */
export async function keepBooks(
  { config }: Loaded,
  settings: SeqrBooksSettings,
  { kiosk, journal, clock, log, calls }: { kiosk: Kiosk; journal: Journal; clock: Clock; log: Log; calls: SeqrCalls },
): Promise<Books> {
  const { systemCalendar } = await import("./adapters/clock/system/calendar.ts");
  const { createSeqrBooks } = await import("./adapters/payment/seqr/books.ts");
  const { Bookkeeper } = await import("./engine/bookkeeper.ts");
  const { schedule, kiosk: identity } = config;
  const { timezone } = identity;
  const calendar = systemCalendar();
  const books = await createSeqrBooks(settings, clock, log, calls);
  const bookkeeper = new Bookkeeper({
    positions: config.positions.map(({ id }) => id),
    schedule: schedule.reconcile === undefined ? null : { cron: schedule.reconcile, timezone },
    books,
    receipts: settings.receipt !== null,
    journal,
    faults: kiosk.faults,
    clock,
    calendar,
    log,
    noted: () => kiosk.wakeOutbox(),
  });
  const tidy = (): void => {
    journal.tidy().catch((error: unknown) => log.error({ error: String(error) }, "housekeeping failed"));
  };
  let unschedule = (): void => {};
  const start = (): void => {
    bookkeeper.start();
    unschedule = calendar.schedule(schedule.housekeeping, timezone, tidy);
  };
  const close = (): void => {
    unschedule();
    bookkeeper.close();
    books.close();
  };
  return {
    start,
    saleClosed: () => bookkeeper.saleClosed(),
    request: async (position) => {
      if (settings.reseller === null) throw new Error("payment.seqr.reseller is missing: nobody may read the books");
      await bookkeeper.request(position);
    },
    close,
  };
}
