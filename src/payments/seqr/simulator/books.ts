import type { Bill, Refund } from "./bill.ts";

/** A line of the merchant's books, as reports show it. A refund's amount is negative. */
export interface BookRow {
  readonly ersReference: string;
  readonly terminalId: string;
  readonly cashierId: string;
  readonly currency: string;
  readonly amountMinor: number;
}

interface Entry {
  readonly row: BookRow;
  readonly sequence: number;
  /** The bill that a payment belongs to: once it is reversed, no report shows the payment. */
  readonly bill: Readonly<Bill> | null;
}

export interface Period {
  readonly id: string;
  /** Null for the whole shop. */
  readonly terminalId: string | null;
  readonly markedAtMs: number;
  readonly afterSequence: number;
  readonly untilSequence: number;
}

const ENTRIES_MAX = 20_000;
const PERIODS_MAX = 1000;
const FIRST_PERIOD = 1_800_000_000_000;

/** What the shop took and gave back, in the order it happened, cut into periods by the merchant's marks. */
export class Books {
  #entries: Entry[] = [];
  readonly #periods = new Map<string, Period>();
  /** By scope, the last entry that a mark has taken in. */
  readonly #marked = new Map<string, number>();
  #sequence = 0;
  #periodCount = 0;
  #addedCount = 0;

  recordPayment(bill: Readonly<Bill>): void {
    const { terminalId, cashierId, currency, committedMinor } = bill;
    this.#append(
      { ersReference: bill.ersReference ?? "", terminalId, cashierId, currency, amountMinor: committedMinor },
      bill,
    );
  }

  recordRefund(bill: Readonly<Bill>, refund: Refund, cashierId: string): void {
    const { terminalId, currency } = bill;
    const { ersReference, amountMinor } = refund;
    this.#append({ ersReference, terminalId, cashierId, currency, amountMinor: -amountMinor }, null);
  }

  /** Ends the period of the shop or of one terminal, and begins the next one of the same scope. */
  mark(nowMs: number, terminalId: string | null): Period {
    const scope = terminalId ?? "";
    this.#periodCount += 1;
    const period: Period = {
      id: String(FIRST_PERIOD + this.#periodCount),
      terminalId,
      markedAtMs: nowMs,
      afterSequence: this.#marked.get(scope) ?? 0,
      untilSequence: this.#sequence,
    };
    this.#marked.set(scope, this.#sequence);
    this.#periods.set(period.id, period);
    for (const oldest of [...this.#periods.keys()].slice(0, -PERIODS_MAX)) this.#periods.delete(oldest);
    return period;
  }

  period(id: string): Period | undefined {
    return this.#periods.get(id);
  }

  rowsOf(period: Period): readonly BookRow[] {
    return this.#entries
      .filter(({ sequence }) => sequence > period.afterSequence && sequence <= period.untilSequence)
      .filter(({ row, bill }) => bill?.reversed !== true && (period.terminalId ?? row.terminalId) === row.terminalId)
      .map(({ row }) => row);
  }

  forget(ersReference: string): void {
    this.#entries = this.#entries.filter(({ row }) => row.ersReference !== ersReference);
  }

  /** A line that no payment stands behind; answers its reference. */
  add(terminalId: string, currency: string, amountMinor: number): string {
    this.#addedCount += 1;
    const ersReference = `2099${String(this.#addedCount).padStart(13, "0")}0001`;
    this.#append({ ersReference, terminalId, cashierId: "", currency, amountMinor }, null);
    return ersReference;
  }

  currencyOf(ersReference: string): string | undefined {
    return this.#entries.find(({ row }) => row.ersReference === ersReference)?.row.currency;
  }

  change(ersReference: string, amountMinor: number): void {
    this.#entries = this.#entries.map((entry) =>
      entry.row.ersReference === ersReference ? { ...entry, row: { ...entry.row, amountMinor } } : entry,
    );
  }

  #append(row: BookRow, bill: Readonly<Bill> | null): void {
    this.#sequence += 1;
    this.#entries.push({ row, bill, sequence: this.#sequence });
    if (this.#entries.length > ENTRIES_MAX) this.#entries.shift();
  }
}
