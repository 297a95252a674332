import { CODE, resultCode } from "../../adapters/payment/seqr/codes.ts";
import type { Operation } from "../../adapters/payment/seqr/schema.ts";
import { formatAmount } from "../../core/money.ts";
import { isoTime } from "../../core/time.ts";
import type { Credentials } from "./accounts.ts";
import type { Bill } from "./bill.ts";
import { REQUEST, type Request } from "./requests.ts";
import type { BillBook } from "./rules.ts";

/** What is inside an answer's `return`, in schema order: the SOAP package writes the keys as they come. */
type ReturnFields = Readonly<Record<string, unknown>>;

type Handler = (book: BillBook, nowMs: number, who: Credentials, request: Request) => ReturnFields;

const HANDLERS: Readonly<Record<Operation, Handler>> = {
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
    const receipt = bill.status === "PAID" ? receiptOf(bill) : undefined;
    return {
      ersReference: bill.status === "PAID" ? bill.ersReference : undefined,
      ...result(code),
      status: bill.status,
      receipt,
      version: bill.version,
    };
  },
  commitReservation: (book, nowMs, who, request) =>
    result(book.commitReservation(nowMs, who, request.invoiceReference ?? "", request.amount).code),
  cancelInvoice: (book, nowMs, who, request) =>
    result(book.cancelInvoice(nowMs, who, request.invoiceReference ?? "").code),
};

/** Answers one call; an operation that is not simulated gets `unsupported`. */
export function perform(book: BillBook, nowMs: number, operation: string, parameters: unknown): ReturnFields {
  const request = REQUEST.safeParse(parameters ?? {});
  const handler = HANDLERS[operation as Operation];
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
