import type { SaleRecord } from "../../core/sale/record.ts";
import type { Receipts as Service } from "../../ports/books.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import { type Named, namesOf } from "../belongings.ts";
import { Courier } from "../outbox/courier.ts";
import { POLICY } from "../policy.ts";
import type { FaultBoard } from "../watch/fault-board.ts";

export interface ReceiptsDeps {
  readonly positions: readonly Named[];
  /** By the provider's name in the sale's record. Null where a service takes none, or is not configured. */
  receiptsOf(provider: string | undefined): Service | null;
  readonly journal: Pick<Journal, "pending" | "acknowledge" | "note">;
  readonly faults: Pick<FaultBoard, "raise" | "clear">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Attaches the receipt of each paid sale to its payment, in order. A no to this receipt passes it over; silence, and
 * a no to the terminal that sends it, say nothing about the receipt, so it waits and the others behind it.
 */
export class Receipts {
  readonly #deps: ReceiptsDeps;
  readonly #courier: Courier<"receipts">;
  #failures = 0;

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
    const { journal, clock, log } = deps;
    const deliver = ({ body }: { readonly body: SaleRecord }): Promise<boolean> => this.#submit(body);
    this.#courier = new Courier({
      reader: "receipts",
      journal,
      clock,
      log,
      retriesMs: POLICY.receiptRetriesMs,
      deliver,
    });
  }

  start(): void {
    this.#courier.connection(true);
  }

  wake(): void {
    this.#courier.wake();
  }

  close(): void {
    this.#courier.close();
  }

  async #submit(sale: SaleRecord): Promise<boolean> {
    if (sale.reference === null) return true;
    const { receiptsOf, positions, faults } = this.#deps;
    // Nobody may speak for a position that the configuration no longer has, today or later.
    const isHere = positions.some((named) => namesOf(named).includes(sale.position));
    if (!isHere) return await this.#passOver(sale, "its position is gone");
    const receipts = receiptsOf(sale.provider);
    if (receipts === null) return await this.#passOver(sale, "its payment service is not configured, or takes none");
    const outcome = await receipts.submitReceipt(sale);
    if (outcome.kind === "unknown" || (outcome.kind === "declined" && outcome.reason === "rejected")) {
      this.#failures++;
      const isTold = outcome.kind === "declined" || this.#failures >= POLICY.receiptsUntilTold;
      if (isTold) faults.raise("receipts-wait", null, `sale ${sale.saleId}: ${outcome.detail}`, outcome.advice);
      return false;
    }
    this.#failures = 0;
    faults.clear("receipts-wait", null);
    return outcome.kind === "done" || (await this.#passOver(sale, outcome.detail));
  }

  async #passOver({ saleId }: SaleRecord, detail: string): Promise<boolean> {
    const { journal, clock, log } = this.#deps;
    log.warn({ sale: saleId, detail }, "receipt refused");
    const refusal = { saleId, atMs: clock.wallMs(), detail };
    await journal.note("receiptRefusals", saleId, (known) => (known.length === 0 ? refusal : null));
    return true;
  }
}
