import type { SaleRecord } from "../../core/sale/record.ts";
import type {
  BookedPayment,
  PaymentBooks,
  Periods,
  Receipts,
  RefundAnswer,
  RefundRequest,
  Refunds,
} from "../../ports/books.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { noTerminal, type ResellerCredentials, SeqrCalls } from "./calls.ts";
import { CODE, describeCode } from "./codes.ts";
import { refundInvoice } from "./invoice.ts";
import type { SeqrSettings } from "./provider.ts";
import { type ReceiptSettings, receiptDocument } from "./receipt.ts";
import { bookedPayments, documentOf, type ReportDocument } from "./report.ts";
import { outcomeOfCode } from "./truth.ts";

export interface SeqrBooksSettings extends SeqrSettings {
  /** Reports do not say what their amounts are in. */
  readonly currency: string;
  /** The merchant's own account, which alone may read the books. */
  readonly reseller: ResellerCredentials | null;
  readonly receipt: ReceiptSettings | null;
}

export interface SeqrBooks extends PaymentBooks, Refunds, Receipts, Periods {
  /** Any report by its id; null while it is not ready. */
  report(
    reportId: string,
    parameters: Readonly<Record<string, string>>,
    language: string | null,
  ): Promise<Outcome<ReportDocument | null>>;
  close(): void;
}

const TERMINAL_DETAILS = "Reconciliation/STD_RECON_007.xml";

/**
 * Rejects only when endpoint or authority are not acceptable or the interface description cannot be read.
 * @param calls those of a provider with the same settings, to share its connections
 */
export async function createSeqrBooks(
  settings: SeqrBooksSettings,
  clock: Clock,
  log: Log,
  calls?: SeqrCalls,
): Promise<SeqrBooks> {
  return new Books(settings, clock, calls ?? (await SeqrCalls.create(settings, clock, log)));
}

class Books implements SeqrBooks {
  /** There is no key for a refund. */
  readonly recognises = "nothing";
  readonly refunds: Refunds = this;
  readonly remainders = null;
  readonly receipts: Receipts | null;
  readonly periods: Periods = this;
  readonly #settings: SeqrBooksSettings;
  readonly #clock: Clock;
  readonly #calls: SeqrCalls;

  constructor(settings: SeqrBooksSettings, clock: Clock, calls: SeqrCalls) {
    this.#settings = settings;
    this.#clock = clock;
    this.#calls = calls;
    this.receipts = settings.receipt === null ? null : this;
  }

  async refund(request: RefundRequest): Promise<Outcome<RefundAnswer>> {
    const { position, refundId, paymentReference, amountMinor } = request;
    if (!Number.isSafeInteger(amountMinor) || amountMinor <= 0) {
      return declined("refused", "a refund needs an amount above zero");
    }
    const invoice = refundInvoice(request, this.#settings, this.#clock.wallMs());
    const parameters = { ersReference: paymentReference, invoice };
    const reply = await this.#calls.asTerminal("refundPayment", position, refundId, parameters);
    if (reply.kind !== "answer") return reply;
    if (reply.result.code === CODE.exceedsPayment) return done({ kind: "exceeds", detail: describeCode(reply.result) });
    if (reply.result.treatment !== "success") return outcomeOfCode(reply.result);
    return done({ kind: "made", reference: reply.body.ersReference ?? null });
  }

  async submitReceipt(sale: SaleRecord): Promise<Outcome<null>> {
    const { receipt, title } = this.#settings;
    if (receipt === null) return declined("refused", "no receipt is configured");
    if (sale.reference === null) return declined("refused", "a sale that was not paid has no receipt");
    const parameters = { ersReference: sale.reference, receiptDocument: receiptDocument(sale, receipt, title) };
    const reply = await this.#calls.asTerminal("submitPaymentReceipt", sale.position, sale.saleId, parameters);
    if (reply.kind !== "answer") return reply;
    return reply.result.treatment === "success" ? done(null) : outcomeOfCode(reply.result);
  }

  async markPeriod(position: string): Promise<Outcome<{ readonly periodId: string }>> {
    const { reseller } = this.#settings;
    const terminal = this.#calls.terminal(position);
    if (reseller === null) return noReseller();
    if (terminal === null) return noTerminal(position);
    const parameters = { parameters: parameterMap({ TERMINALID: terminal.id }) };
    const reply = await this.#calls.asReseller("markTransactionPeriod", reseller, `period-${position}`, parameters);
    if (reply.kind !== "answer") return reply;
    if (reply.result.treatment !== "success") return outcomeOfCode(reply.result);
    // The service's prose calls the period's id its ersReference.
    const periodId = reply.body.transactionPeriodId ?? reply.body.ersReference;
    return periodId === undefined
      ? unknown("markTransactionPeriod: answer without a transaction period")
      : done({ periodId });
  }

  async transactions(position: string, periodId: string): Promise<Outcome<readonly BookedPayment[] | null>> {
    const terminal = this.#calls.terminal(position);
    if (terminal === null) return noTerminal(position);
    const parameters = { transactionPeriodId: periodId, TERMINALID: terminal.id };
    const made = await this.report(TERMINAL_DETAILS, parameters, null);
    if (made.kind !== "done") return made;
    if (made.value === null) return done(null);
    return await bookedPayments(made.value.text, terminal.id, this.#settings.currency);
  }

  async report(
    reportId: string,
    parameters: Readonly<Record<string, string>>,
    language: string | null,
  ): Promise<Outcome<ReportDocument | null>> {
    const { reseller } = this.#settings;
    if (reseller === null) return noReseller();
    const map = { parameters: parameterMap(parameters) };
    const asked = language === null ? { reportId, ...map } : { reportId, language, ...map };
    const reply = await this.#calls.asReseller("executeReport", reseller, "report", asked);
    if (reply.kind !== "answer") return reply;
    if (reply.result.code === CODE.reportNotReady) return done(null);
    if (reply.result.treatment !== "success") return outcomeOfCode(reply.result);
    const { report } = reply.body;
    return report === undefined ? unknown("executeReport: answer without a report") : done(documentOf(report));
  }

  close(): void {
    this.#calls.close();
  }
}

function noReseller<T>(): Outcome<T> {
  return declined("rejected", "no reseller account is configured");
}

/** One `parameter` with many `entry`, as the schema has it; the service's prose leaves a level out. */
function parameterMap(parameters: Readonly<Record<string, string>>): object {
  return { parameter: { entry: Object.entries(parameters).map(([key, value]) => ({ key, value })) } };
}
