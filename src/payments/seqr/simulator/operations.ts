import { formatAmount } from "../../../core/money.ts";
import { isoTime } from "../../../core/time.ts";
import { CODE, resultCode } from "../codes.ts";
import type { Credentials } from "./accounts.ts";
import type { Bill } from "./bill.ts";
import { REQUEST, type Request } from "./requests.ts";
import type { BillBook } from "./rules.ts";

/** What is inside an answer's `return`, in schema order: the SOAP package writes the keys as they come. */
type ReturnFields = Readonly<Record<string, unknown>>;

type Handler = (book: BillBook, nowMs: number, who: Credentials, request: Request) => ReturnFields;

const HANDLERS: Readonly<Record<string, Handler>> = {
  registerTerminal: (book, _nowMs, who, request) => {
    const { code, terminalId } = book.registerTerminal(who, request.externalTerminalId ?? "", request.password ?? "");
    return { ...result(code), terminalId };
  },
  unregisterTerminal: (book, _nowMs, who) => result(book.unregisterTerminal(who).code),
  assignSeqrId: (book, _nowMs, who, request) => result(book.assignSeqrId(who, request.seqrId ?? "").code),
  sendInvoice: (book, nowMs, who, request) => {
    const { code, bill } = book.sendInvoice(nowMs, who, request.invoice);
    const reference = bill?.reference;
    const invoiceQRCode = reference === undefined ? undefined : `HTTP://SEQR.SE/R${reference}`;
    return { ...result(code), invoiceQRCode, invoiceReference: reference };
  },
  updateInvoice: (book, nowMs, who, request) =>
    result(book.updateInvoice(nowMs, who, request.invoiceReference ?? "", request.invoice).code),
  getPaymentStatus: (book, nowMs, who, request) => {
    const version = request.invoiceVersion ?? null;
    const { code, bill } = book.getPaymentStatus(nowMs, who, request.invoiceReference ?? "", version);
    if (bill === undefined) return { ...result(code), version: 0 };
    const status = book.lies.take(bill.reference) ?? bill.status;
    const shown = status === "PAID" && bill.ersReference !== null;
    return {
      ersReference: shown ? bill.ersReference : undefined,
      ...result(code),
      status,
      receipt: shown ? receiptOf(bill) : undefined,
      version: bill.version,
    };
  },
  commitReservation: (book, nowMs, who, request) =>
    result(book.commitReservation(nowMs, who, request.invoiceReference ?? "", request.amount).code),
  cancelInvoice: (book, nowMs, who, request) =>
    result(book.cancelInvoice(nowMs, who, request.invoiceReference ?? "").code),
  refundPayment: (book, nowMs, who, request) => {
    const { code, ersReference } = book.refundPayment(nowMs, who, request.ersReference ?? "", request.invoice);
    return { ersReference, ...result(code) };
  },
  submitPaymentReceipt: (book, nowMs, who, request) =>
    result(book.submitPaymentReceipt(nowMs, who, request.ersReference ?? "", request.receiptDocument).code),
  markTransactionPeriod: (book, nowMs, who, request) => {
    const terminalId = request.parameters.get("TERMINALID");
    const { code, transactionPeriodId } = book.markTransactionPeriod(nowMs, who, terminalId);
    return { ...result(code), transactionPeriodId };
  },
  executeReport: (book, nowMs, who, request) => {
    const { code, report } = book.executeReport(nowMs, who, request.reportId ?? "", request.parameters);
    if (report === undefined) return result(code);
    const content = Buffer.from(report.xml).toString("base64");
    return {
      ...result(code),
      report: { title: report.title, mimeType: "text/html", content, contentString: report.xml },
    };
  },
};

export const OPERATIONS = Object.keys(HANDLERS);

/** Answers one call. */
export function perform(book: BillBook, nowMs: number, operation: string, parameters: unknown): ReturnFields {
  const request = REQUEST.safeParse(parameters ?? {});
  const handler = HANDLERS[operation];
  if (handler === undefined || !request.success) {
    const code = handler === undefined ? CODE.unsupported : CODE.systemError;
    return answerWith(operation, code);
  }
  const { context } = request.data;
  const who: Credentials = { ...context?.initiatorPrincipalId, password: context?.password };
  return handler(book, nowMs, who, request.data);
}

/** An answer that carries nothing but a result code, in the operation's own type. */
export function answerWith(operation: string, code: number): ReturnFields {
  return operation === "getPaymentStatus" ? { ...result(code), version: 0 } : result(code);
}

function result(code: number): ReturnFields {
  return { resultCode: code, resultDescription: resultCode(code).name };
}

function receiptOf(bill: Readonly<Bill>): ReturnFields {
  return {
    terminalId: bill.terminalId,
    paymentDate: isoTime(bill.paidAtMs ?? 0),
    clientInvoiceId: bill.clientInvoiceId,
    invoiceReference: bill.reference,
    paymentReference: bill.ersReference,
    payerTerminalId: "phone-1",
    receiverName: bill.title,
    invoice: {
      title: bill.title,
      totalAmount: { currency: bill.currency, value: formatAmount(bill.committedMinor, bill.currency) },
    },
  };
}
