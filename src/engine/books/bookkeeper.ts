import type { Cancel } from "../../ports/clock.ts";
import type { Acknowledgement } from "./matters.ts";
import { Receipts } from "./receipts.ts";
import { Reconciler, type ReconcilerDeps } from "./reconciliation.ts";
import { Remainders } from "./remainders.ts";
import { type Settling, settleDifferences } from "./settling.ts";

export interface BookkeeperDeps extends ReconcilerDeps {
  /** Whether receipts are attached to payments. */
  readonly receipts: boolean;
}

/** What is owed to the books beside the sales: receipts, reconciliations, and what commands have noted meanwhile. */
export class Bookkeeper {
  readonly #deps: BookkeeperDeps;
  readonly #reconciler: Reconciler;
  readonly #receipts: Receipts | null;
  /** Null where the service frees the rest with the capture: then nothing old is read for it. */
  readonly #remainders: Remainders | null;
  #cancel: Cancel = () => {};

  constructor(deps: BookkeeperDeps) {
    this.#deps = deps;
    this.#reconciler = new Reconciler(deps);
    const remaindersOf = (provider: string | undefined) => deps.booksOf(provider)?.remainders ?? null;
    this.#remainders = deps.books.remainders === null ? null : new Remainders({ ...deps, remaindersOf });
    this.#receipts = deps.receipts ? new Receipts(deps) : null;
  }

  start(): void {
    this.#receipts?.start();
    this.#remainders?.wake();
    this.#cancel = this.#deps.calendar.everyMinute(() => {
      // Refunds are noted by a command of their own.
      this.#deps.noted();
      void this.#reconciler.tick();
    });
    void this.#reconciler.tick();
  }

  /** Has the books of a position, or of all, compared now. */
  async request(only: string | null): Promise<void> {
    for (const { id } of this.#deps.positions) if (only === null || id === only) await this.#reconciler.request(id);
    void this.#reconciler.tick();
  }

  /** Takes back the faults of what a person has settled beside the daemon. */
  async lookForSettled(): Promise<void> {
    if (this.#reconciler.differs) await this.#reconciler.showFaults();
  }

  /** What a person orders to be settled. Gives how many positions had such differences. */
  async settle(settling: Settling, acknowledgement: Acknowledgement): Promise<number> {
    const settled = await settleDifferences(this.#deps, settling, acknowledgement);
    await this.#reconciler.showFaults();
    this.#deps.noted();
    return settled.size;
  }

  saleClosed(): void {
    this.#receipts?.wake();
    this.#remainders?.wake();
  }

  close(): void {
    this.#cancel();
    this.#reconciler.close();
    this.#receipts?.close();
    this.#remainders?.close();
  }
}
