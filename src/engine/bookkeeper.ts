import type { PaymentBooks } from "../ports/books.ts";
import type { Cancel } from "../ports/clock.ts";
import { Pump } from "./pump.ts";
import { Reconciler, type ReconcilerDeps } from "./reconciliation.ts";

export interface BookkeeperDeps extends ReconcilerDeps {
  readonly books: PaymentBooks;
  /** Whether receipts are attached to payments. */
  readonly receipts: boolean;
}

/** What is owed to the books beside the sales: receipts, reconciliations, and what commands have noted meanwhile. */
export class Bookkeeper {
  readonly #deps: BookkeeperDeps;
  readonly #reconciler: Reconciler;
  readonly #receipts: Pump<"receipts"> | null;
  #cancel: Cancel = () => {};

  constructor(deps: BookkeeperDeps) {
    this.#deps = deps;
    this.#reconciler = new Reconciler(deps);
    const { journal, clock, log, books } = deps;
    this.#receipts = deps.receipts
      ? new Pump({
          reader: "receipts",
          journal,
          clock,
          log,
          deliver: async ({ body }) => {
            if (body.reference === null) return true;
            const outcome = await books.submitReceipt(body);
            if (outcome.kind === "declined") log.warn({ sale: body.saleId, detail: outcome.detail }, "receipt refused");
            return outcome.kind !== "unknown";
          },
        })
      : null;
  }

  start(): void {
    this.#receipts?.connection(true);
    this.#cancel = this.#deps.calendar.everyMinute(() => {
      // Refunds are noted by a command of their own.
      this.#deps.noted();
      void this.#reconciler.tick();
    });
    void this.#reconciler.tick();
  }

  /** Has the books of a position, or of all, compared now. */
  async request(only: string | null): Promise<void> {
    const { positions, journal, clock } = this.#deps;
    for (const position of positions.filter((each) => only === null || each === only)) {
      await journal.note("reconciliations", position, () => ({ type: "requested", position, atMs: clock.wallMs() }));
    }
    void this.#reconciler.tick();
  }

  saleClosed(): void {
    this.#receipts?.wake();
  }

  close(): void {
    this.#cancel();
    this.#reconciler.close();
    this.#receipts?.close();
  }
}
