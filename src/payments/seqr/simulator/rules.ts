import { CODE } from "../codes.ts";
import { Accounts, type Credentials, type ResellerAccount, type TerminalAccount } from "./accounts.ts";
import { type Ambiguities, type AmbiguitiesChange, resolved, USUAL_AMBIGUITIES } from "./ambiguities.ts";
import {
  advance,
  amountMinor,
  type Bill,
  change,
  endedCode,
  ersReferenceOf,
  issue,
  isUnpaid,
  pay,
  REFUSED,
  refundOf,
  totalOf,
} from "./bill.ts";
import { Books } from "./books.ts";
import { type Report, reportFrom } from "./reports.ts";
import type { Invoice, ReceiptDocument, ReportParameters, WireAmount } from "./requests.ts";
import { StatusLies } from "./status-lies.ts";

/** An answer without its SOAP clothes: the result code, and what came of a success. */
type Answer<T = object> = { readonly code: number } & Partial<T>;

interface StatusAnswer {
  readonly bill: Readonly<Bill>;
}

interface BillBookOptions {
  readonly ambiguities?: AmbiguitiesChange | undefined;
  /** How long after a mark its reports become ready. */
  readonly reportDelayMs?: number | undefined;
  /** Finished bills beyond these are forgotten, the oldest first. */
  readonly billsMax?: number | undefined;
}

const FIRST_REFERENCE = 1_700_000_000_000;
const REPORT_DELAY_MS = 3000;
const BILLS_MAX = 10_000;

/**
 * The service's bill book with its documented rules, in memory. It reads no clock: every call says what time
 * it is, and first lets happen what happened by then.
 */
export class BillBook {
  readonly accounts: Accounts;
  readonly books = new Books();
  readonly lies = new StatusLies();
  readonly #bills = new Map<string, Bill>();
  readonly #reportDelayMs: number;
  readonly #billsMax: number;
  #ambiguities: Ambiguities;
  #issued = 0;

  constructor(
    resellers: readonly ResellerAccount[],
    terminals: readonly TerminalAccount[],
    options: BillBookOptions = {},
  ) {
    this.accounts = new Accounts(resellers, terminals);
    this.#reportDelayMs = options.reportDelayMs ?? REPORT_DELAY_MS;
    this.#billsMax = options.billsMax ?? BILLS_MAX;
    this.#ambiguities = resolved(USUAL_AMBIGUITIES, options.ambiguities ?? {});
  }

  get ambiguities(): Ambiguities {
    return this.#ambiguities;
  }

  decide(change: AmbiguitiesChange): void {
    this.#ambiguities = resolved(this.#ambiguities, change);
  }

  registerTerminal(who: Credentials, externalTerminalId: string, password: string): Answer<{ terminalId: string }> {
    const code = this.accounts.asReseller(who);
    if (code !== CODE.success) return { code };
    return { code, terminalId: this.accounts.register(externalTerminalId, password) };
  }

  unregisterTerminal(who: Credentials): Answer {
    const code = this.accounts.asTerminal(who);
    if (code === CODE.success) this.accounts.unregister(who.id ?? "");
    return { code };
  }

  assignSeqrId(who: Credentials, seqrId: string): Answer {
    const code = this.accounts.asTerminal(who);
    return { code: code === CODE.success ? this.accounts.assign(who.id ?? "", seqrId) : code };
  }

  /** A terminal has one open bill: a new one cancels what is not paid, and frees what it held. */
  sendInvoice(nowMs: number, who: Credentials, invoice: Invoice | undefined): Answer<StatusAnswer> {
    const code = this.accounts.asTerminal(who);
    if (code !== CODE.success) return { code };
    const total = invoice === undefined ? CODE.invalidInvoiceData : totalOf(invoice);
    if (invoice === undefined || typeof total === "number") return { code: Number(total) };
    for (const bill of this.bills(nowMs)) {
      if (bill.terminalId === who.id && isUnpaid(bill)) change(bill, "CANCELED");
    }
    this.#issued += 1;
    const bill = issue(String(FIRST_REFERENCE + this.#issued), who.id ?? "", invoice, total);
    this.#bills.set(bill.reference, bill);
    this.#forgetOldest();
    return { code, bill };
  }

  updateInvoice(nowMs: number, who: Credentials, reference: string, invoice: Invoice | undefined): Answer {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    if (found.status === "PAID") return { code: CODE.systemError };
    if (!isUnpaid(found)) return { code: endedCode(found) };
    const total = invoice === undefined ? CODE.invalidInvoiceData : totalOf(invoice);
    if (typeof total === "number") return { code: total };
    if (total.currency !== found.currency) return { code: CODE.invalidInvoiceData };
    found.totalMinor = total.totalMinor;
    return { code: CODE.success };
  }

  /** Asking is what keeps a confirmed bill from being reversed. */
  getPaymentStatus(nowMs: number, who: Credentials, reference: string, version: number | null): Answer<StatusAnswer> {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    found.untoldSinceMs = null;
    found.acknowledgedVersion = version;
    return { code: CODE.success, bill: found };
  }

  /** Without an amount the bill's current total is taken, or all that is reserved. */
  commitReservation(nowMs: number, who: Credentials, reference: string, amount: WireAmount | undefined): Answer {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    if (found.status !== "RESERVED") return { code: CODE.notReserved };
    const committedMinor = amount === undefined ? this.#unsaidMinor(found) : amountMinor(amount, found.currency);
    if (committedMinor === undefined) return { code: CODE.invalidInvoiceData };
    if (committedMinor <= 0 || committedMinor > found.reservedMinor) return { code: CODE.rejectedAmount };
    found.commits += 1;
    this.#pay(found, committedMinor, nowMs);
    return { code: CODE.success };
  }

  cancelInvoice(nowMs: number, who: Credentials, reference: string): Answer {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    if (found.status === "PAID") return { code: CODE.cannotCancelPaid };
    if (!isUnpaid(found)) return { code: endedCode(found) };
    const refused = found.status === "RESERVED" && this.#ambiguities.cancelReserved === "refuses";
    if (refused) return { code: REFUSED.cannotCancelInProgress };
    found.cancels += 1;
    change(found, "CANCELED");
    return { code: CODE.success };
  }

  /** All of a payment or a part, until nothing is left of it. Who can name the payment was told of it. */
  refundPayment(
    nowMs: number,
    who: Credentials,
    ersReference: string,
    invoice: Invoice | undefined,
  ): Answer<{ ersReference: string }> {
    const found = this.#findPaid(nowMs, who, ersReference);
    if (typeof found === "number") return { code: found };
    if (found.ersReference !== ersReference) return { code: REFUSED.unknownErsReference };
    const wanted = refundOf(invoice, found);
    if (typeof wanted === "number") return { code: wanted };
    found.refunds += 1;
    const refund = { ersReference: ersReferenceOf(found, found.refunds), amountMinor: wanted.amountMinor };
    found.refundList.push(refund);
    found.chargedMinor -= refund.amountMinor;
    found.untoldSinceMs = null;
    this.books.recordRefund(found, refund, invoice?.cashierId ?? found.cashierId);
    return { code: CODE.success, ersReference: refund.ersReference };
  }

  /** For a payment or one of its refunds; the content may be empty, but nothing may be left out. */
  submitPaymentReceipt(
    nowMs: number,
    who: Credentials,
    ersReference: string,
    document: ReceiptDocument | undefined,
  ): Answer {
    const found = this.#findPaid(nowMs, who, ersReference);
    if (typeof found === "number") return { code: found };
    const { mimeType, receiptData, receiptType } = document ?? {};
    if (mimeType === undefined || receiptData === undefined || receiptType === undefined) {
      return { code: CODE.invalidInvoiceData };
    }
    found.receipts += 1;
    found.lastReceipt = { mimeType, receiptType, contentLength: Buffer.from(receiptData, "base64").length };
    return { code: CODE.success };
  }

  /** Of the whole shop, or of one terminal. */
  markTransactionPeriod(
    nowMs: number,
    who: Credentials,
    terminalId: string | undefined,
  ): Answer<{ transactionPeriodId: string }> {
    const code = this.accounts.asReseller(who);
    if (code !== CODE.success) return { code };
    if (terminalId !== undefined && !this.accounts.knew(terminalId)) return { code: REFUSED.businessLogic };
    return { code, transactionPeriodId: this.books.mark(nowMs, terminalId ?? null).id };
  }

  executeReport(
    nowMs: number,
    who: Credentials,
    reportId: string,
    parameters: ReportParameters,
  ): Answer<{ report: Report }> {
    const code = this.accounts.asReseller(who);
    if (code !== CODE.success) return { code };
    // A payment that was reversed by now is in no report.
    this.bills(nowMs);
    const report = reportFrom(this.books, this.#reportDelayMs, who.id ?? "", reportId, parameters, nowMs);
    return typeof report === "number" ? { code: report } : { code, report };
  }

  /** The customer's side: confirm with the PIN, or say no. */
  confirm(nowMs: number, reference: string): "done" | "unknown" | "not-open" {
    const bill = this.#bills.get(reference);
    if (bill === undefined) return "unknown";
    advance(bill, nowMs);
    if (bill.status !== "ISSUED") return "not-open";
    bill.reservedMinor = bill.totalMinor;
    if (bill.immediate) {
      this.#pay(bill, bill.totalMinor, nowMs);
      return "done";
    }
    bill.reservedAtMs = nowMs;
    change(bill, "RESERVED");
    if (this.#ambiguities.reversalAppliesToReserved) bill.untoldSinceMs = nowMs;
    return "done";
  }

  decline(nowMs: number, reference: string): "done" | "unknown" | "not-open" {
    const bill = this.#bills.get(reference);
    if (bill === undefined) return "unknown";
    advance(bill, nowMs);
    if (bill.status !== "ISSUED") return "not-open";
    change(bill, "CANCELED");
    return "done";
  }

  /** All bills, oldest first, as they stand at that time. */
  bills(nowMs: number): readonly Bill[] {
    const bills = [...this.#bills.values()];
    for (const bill of bills) advance(bill, nowMs);
    return bills;
  }

  /** What customers paid and was not given back, for one of the merchant's own ids or for all. */
  chargedMinor(nowMs: number, clientInvoiceId?: string): number {
    const bills = this.bills(nowMs).filter(
      (bill) => clientInvoiceId === undefined || bill.clientInvoiceId === clientInvoiceId,
    );
    return bills.reduce((sum, bill) => sum + bill.chargedMinor, 0);
  }

  #find(nowMs: number, who: Credentials, reference: string): Bill | number {
    const code = this.accounts.asTerminal(who);
    if (code !== CODE.success) return code;
    const bill = this.#bills.get(reference);
    if (bill === undefined || bill.terminalId !== who.id) return CODE.unknownInvoice;
    advance(bill, nowMs);
    return bill;
  }
  /** The payment or refund of that reference, if this terminal made it. */
  #findPaid(nowMs: number, who: Credentials, ersReference: string): Bill | number {
    const code = this.accounts.asTerminal(who);
    if (code !== CODE.success) return code;
    const found = this.bills(nowMs).find(
      (bill) =>
        bill.status === "PAID" &&
        bill.terminalId === who.id &&
        (bill.ersReference === ersReference || bill.refundList.some((refund) => refund.ersReference === ersReference)),
    );
    return found ?? REFUSED.unknownErsReference;
  }

  #pay(bill: Bill, amountMinor: number, nowMs: number): void {
    pay(bill, amountMinor, nowMs);
    this.books.recordPayment(bill);
  }

  #unsaidMinor(bill: Readonly<Bill>): number {
    return this.#ambiguities.commitWithoutAmount === "takes-total" ? bill.totalMinor : bill.reservedMinor;
  }

  #forgetOldest(): void {
    let excess = [...this.#bills.values()].filter((bill) => !isUnpaid(bill)).length - this.#billsMax;
    for (const bill of this.#bills.values()) {
      if (excess <= 0) return;
      if (isUnpaid(bill)) continue;
      this.#bills.delete(bill.reference);
      excess -= 1;
    }
  }
}
