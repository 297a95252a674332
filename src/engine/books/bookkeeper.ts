import type { PaymentBooks } from "../../ports/books.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { Named } from "../belongings.ts";
import { Differences } from "./differences.ts";
import type { Acknowledgement } from "./matters.ts";
import { Receipts } from "./receipts.ts";
import { Reconciler, type ReconcilerDeps } from "./reconciliation.ts";
import { Remainders } from "./remainders.ts";
import { ReturnedRefunds } from "./returned-refunds.ts";
import { type Settling, settleDifferences } from "./settling.ts";

export interface BookkeeperDeps extends Omit<ReconcilerDeps, "periods" | "isOwn"> {
  /** Of the provider that makes the offers, and behind it of those that made some before. What none has is not kept. */
  readonly books: readonly PaymentBooks[];
  /** Whether a position has an account in the books that are compared; without it each has. */
  isCompared?(position: string): boolean;
  /** The books of the provider that a sale's record names. Null when none such is configured: nothing is sent for it. */
  booksOf(provider: string | undefined): PaymentBooks | null;
}

/** What is owed to the books beside the sales: receipts, reconciliations, and what commands have noted meanwhile. */
export class Bookkeeper {
  readonly #deps: BookkeeperDeps;
  /** Null where no service has periods that could be compared. */
  readonly #reconciler: Reconciler | null;
  readonly #differences: Differences;
  readonly #compared: readonly Named[];
  readonly #receipts: Receipts | null;
  readonly #remainders: Remainders;
  /** Null where no service can say what became of a refund. */
  readonly #returned: ReturnedRefunds | null;
  /** False where each service frees the rest with the capture: then no sale is read for one, but what another has left. */
  readonly #hasRests: boolean;
  #cancel: Cancel = () => {};

  constructor(deps: BookkeeperDeps) {
    this.#deps = deps;
    const { books, positions, isCompared = () => true } = deps;
    const compared = books.find(({ periods }) => periods !== null);
    const periods = compared?.periods ?? null;
    const isOwn = (provider: string | undefined) => deps.booksOf(provider) === compared;
    this.#differences = new Differences(deps, periods !== null);
    this.#compared = positions.filter(({ id }) => isCompared(id));
    this.#reconciler =
      periods === null
        ? null
        : new Reconciler({ ...deps, positions: this.#compared, periods, isOwn }, this.#differences);
    const remaindersOf = (provider: string | undefined) => deps.booksOf(provider)?.remainders ?? null;
    this.#hasRests = books.some(({ remainders }) => remainders !== null);
    this.#remainders = new Remainders({ ...deps, hasRests: this.#hasRests, remaindersOf });
    const refundsOf = (provider: string | undefined) => deps.booksOf(provider)?.refunds ?? null;
    const hasFates = books.some(({ refunds }) => refunds.fate !== undefined);
    this.#returned = hasFates ? new ReturnedRefunds({ ...deps, refundsOf }) : null;
    const receiptsOf = (provider: string | undefined) => deps.booksOf(provider)?.receipts ?? null;
    const hasReceipts = books.some(({ receipts }) => receipts !== null);
    this.#receipts = hasReceipts ? new Receipts({ ...deps, receiptsOf }) : null;
  }

  start(): void {
    this.#receipts?.start();
    this.#remainders.wake();
    this.#cancel = this.#deps.calendar.everyMinute(() => {
      // Refunds are noted by a command of their own.
      this.#deps.noted();
      this.#tick();
    });
    this.#tick();
  }

  /** Has the books of a position, or of all, compared now. Rejects where there are none. */
  async request(only: string | null): Promise<void> {
    if (this.#reconciler === null) throw new Error("the payment service has no books that could be compared");
    for (const { id } of this.#compared) if (only === null || id === only) await this.#reconciler.request(id);
    this.#tick();
  }

  #tick(): void {
    const { log } = this.#deps;
    void this.#returned?.tick();
    if (this.#reconciler !== null) void this.#reconciler.tick();
    else this.#showFaults().catch((error: unknown) => log.error({ error: String(error) }, "no look at the books"));
  }

  #showFaults(): Promise<void> {
    return this.#reconciler === null ? this.#differences.show() : this.#reconciler.showFaults();
  }

  /** Takes back the faults of what a person has settled beside the daemon. */
  async lookForSettled(): Promise<void> {
    if (this.#differences.differs) await this.#showFaults();
  }

  /** What a person orders to be settled. Gives how many positions had such differences. */
  async settle(settling: Settling, acknowledgement: Acknowledgement): Promise<number> {
    const settled = await settleDifferences(this.#deps, settling, acknowledgement);
    await this.#showFaults();
    this.#deps.noted();
    return settled.size;
  }

  saleClosed(): void {
    this.#receipts?.wake();
    if (this.#hasRests) this.#remainders.wake();
  }

  close(): void {
    this.#cancel();
    this.#reconciler?.close();
    this.#receipts?.close();
    this.#returned?.close();
    this.#remainders.close();
  }
}
