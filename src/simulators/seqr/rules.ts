import { CODE } from "../../adapters/payment/seqr/codes.ts";
import { Accounts, type Credentials, type ResellerAccount, type TerminalAccount } from "./accounts.ts";
import { advance, amountMinor, type Bill, change, type Total, totalOf } from "./bill.ts";
import type { Invoice, WireAmount } from "./requests.ts";

/** An answer without its SOAP clothes: the result code, and what came of a success. */
type Answer<T = object> = { readonly code: number } & Partial<T>;

interface StatusAnswer {
  readonly bill: Readonly<Bill>;
}

const FIRST_REFERENCE = 1_700_000_000_000;

/**
 * The service's bill book with its documented rules, in memory. It reads no clock: every call says what time
 * it is, and first lets happen what happened by then.
 */
export class BillBook {
  readonly accounts: Accounts;
  readonly #bills = new Map<string, Bill>();

  constructor(resellers: readonly ResellerAccount[], terminals: readonly TerminalAccount[]) {
    this.accounts = new Accounts(resellers, terminals);
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
    const bill = issue(String(FIRST_REFERENCE + this.#bills.size + 1), who.id ?? "", invoice, total);
    this.#bills.set(bill.reference, bill);
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

  /** Without an amount the bill's current total is taken. */
  commitReservation(nowMs: number, who: Credentials, reference: string, amount: WireAmount | undefined): Answer {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    if (found.status !== "RESERVED") return { code: CODE.notReserved };
    const committedMinor = amount === undefined ? found.totalMinor : amountMinor(amount, found.currency);
    if (committedMinor === undefined) return { code: CODE.invalidInvoiceData };
    if (committedMinor <= 0 || committedMinor > found.reservedMinor) return { code: CODE.rejectedAmount };
    found.commits += 1;
    pay(found, committedMinor, nowMs);
    return { code: CODE.success };
  }

  cancelInvoice(nowMs: number, who: Credentials, reference: string): Answer {
    const found = this.#find(nowMs, who, reference);
    if (typeof found === "number") return { code: found };
    if (found.status === "PAID") return { code: CODE.cannotCancelPaid };
    if (!isUnpaid(found)) return { code: endedCode(found) };
    found.cancels += 1;
    change(found, "CANCELED");
    return { code: CODE.success };
  }

  /** The customer's side: confirm with the PIN, or say no. */
  confirm(nowMs: number, reference: string): "done" | "unknown" | "not-open" {
    const bill = this.#bills.get(reference);
    if (bill === undefined) return "unknown";
    advance(bill, nowMs);
    if (bill.status !== "ISSUED") return "not-open";
    bill.reservedMinor = bill.totalMinor;
    if (bill.immediate) {
      pay(bill, bill.totalMinor, nowMs);
      return "done";
    }
    bill.reservedAtMs = nowMs;
    change(bill, "RESERVED");
    bill.untoldSinceMs = nowMs;
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
}

function isUnpaid(bill: Bill): boolean {
  return bill.status === "ISSUED" || bill.status === "RESERVED";
}

function endedCode(bill: Bill): number {
  return bill.status === "EXPIRED" ? CODE.expired : CODE.alreadyCanceled;
}

function pay(bill: Bill, amountMinor: number, nowMs: number): void {
  bill.committedMinor = amountMinor;
  bill.totalMinor = amountMinor;
  bill.chargedMinor = amountMinor;
  bill.paidAtMs = nowMs;
  bill.ersReference = `2026${bill.reference}0001`;
  change(bill, "PAID");
  bill.untoldSinceMs = nowMs;
}

function issue(reference: string, terminalId: string, invoice: Invoice, total: Total): Bill {
  const timeoutS = invoice.commitReservationTimeout;
  return {
    reference,
    terminalId,
    clientInvoiceId: invoice.clientInvoiceId ?? "",
    title: invoice.title ?? "",
    currency: total.currency,
    immediate: invoice.paymentMode === "IMMEDIATE_DEBIT",
    commitTimeoutMs: timeoutS === undefined ? null : timeoutS * 1000,
    status: "ISSUED",
    version: 0,
    totalMinor: total.totalMinor,
    reservedMinor: 0,
    reservedAtMs: null,
    heldMinor: 0,
    committedMinor: 0,
    chargedMinor: 0,
    ersReference: null,
    paidAtMs: null,
    untoldSinceMs: null,
    reversed: false,
    commits: 0,
    cancels: 0,
    refunds: 0,
    acknowledgedVersion: null,
  };
}
