import { minorDigits, parseScaled } from "../../../core/money.ts";
import { CODE } from "../codes.ts";
import type { Invoice, WireAmount } from "./requests.ts";

export type BillStatus = "ISSUED" | "RESERVED" | "PAID" | "CANCELED" | "EXPIRED";

export interface Refund {
  readonly ersReference: string;
  readonly amountMinor: number;
}

/** What is kept of a receipt document. */
interface Receipt {
  readonly mimeType: string;
  readonly receiptType: string;
  readonly contentLength: number;
}

/** One bill of one terminal. Amounts are minor units of its currency. */
export interface Bill {
  readonly reference: string;
  readonly terminalId: string;
  readonly clientInvoiceId: string;
  /** Called when the customer has confirmed; null when the merchant wants no call. */
  readonly notificationUrl: string | null;
  readonly title: string;
  readonly cashierId: string;
  readonly currency: string;
  readonly immediate: boolean;
  readonly commitTimeoutMs: number | null;
  status: BillStatus;
  version: number;
  /** What the bill asks for; updateInvoice may change it. */
  totalMinor: number;
  /** What the customer confirmed, kept after it was freed. */
  reservedMinor: number;
  reservedAtMs: number | null;
  /** What is blocked on the customer's account right now. */
  heldMinor: number;
  committedMinor: number;
  /** What left the customer's account and stayed away. */
  chargedMinor: number;
  ersReference: string | null;
  paidAtMs: number | null;
  /** Since when a confirmation waits for the merchant to ask about it; null when it was told. */
  untoldSinceMs: number | null;
  reversed: boolean;
  commits: number;
  cancels: number;
  refunds: number;
  readonly refundList: Refund[];
  receipts: number;
  lastReceipt: Receipt | null;
  /** The version the merchant last sent back. */
  acknowledgedVersion: number | null;
}

/** "If nobody asks within 20 s, the till does not know": the payment is taken back (api page). */
const REVERSAL_MS = 20_000;

/** Codes that only the service's side deals in. */
export const REFUSED = {
  reportNotReady: 2,
  businessLogic: 10,
  unknownErsReference: 23,
  cannotCancelInProgress: 51,
  refundTooHigh: 98,
} as const;

const CURRENCIES = new Set(["DKK", "EUR", "GBP", "NOK", "PLN", "RON", "SEK", "USD"]);

/** Lets pass what the passing of time does to a bill: the reversal, or the end of the reservation. */
export function advance(bill: Bill, nowMs: number): void {
  const reversalMs = bill.untoldSinceMs === null ? Infinity : bill.untoldSinceMs + REVERSAL_MS;
  const reserved = bill.status === "RESERVED" && bill.reservedAtMs !== null && bill.commitTimeoutMs !== null;
  const expiryMs = reserved ? (bill.reservedAtMs ?? 0) + (bill.commitTimeoutMs ?? 0) : Infinity;
  if (Math.min(reversalMs, expiryMs) > nowMs) return;
  bill.reversed = reversalMs <= expiryMs;
  bill.chargedMinor = 0;
  change(bill, bill.reversed ? "CANCELED" : "EXPIRED");
}

/** Every change of status raises the version; nothing stays held outside a reservation. */
export function change(bill: Bill, status: BillStatus): void {
  bill.status = status;
  bill.version += 1;
  bill.untoldSinceMs = null;
  bill.heldMinor = status === "RESERVED" ? bill.reservedMinor : 0;
}

export interface Total {
  readonly currency: string;
  readonly totalMinor: number;
}

/** The bill's total, or the code by which it is refused. */
export function totalOf(invoice: Invoice, mayLackRows = false): Total | number {
  const currency = invoice.totalAmount?.currency ?? "";
  const totalMinor = amountMinor(invoice.totalAmount, currency);
  if (totalMinor === undefined) return CODE.invalidInvoiceData;
  const rows = invoice.invoiceRows?.invoiceRow ?? [];
  let sumMinor = 0;
  for (const row of rows) {
    const rowMinor = amountMinor(row.itemTotalAmount, currency);
    if (rowMinor === undefined) return CODE.invalidInvoiceData;
    sumMinor += rowMinor;
  }
  const rowsCount = rows.length > 0 || !mayLackRows;
  if (rowsCount && sumMinor !== totalMinor) return CODE.invalidInvoiceData;
  return totalMinor > 0 ? { currency, totalMinor } : CODE.rejectedAmount;
}

/** What is to be given back, or the code by which it is refused. A refund's invoice may do without rows. */
export function refundOf(
  invoice: Invoice | undefined,
  bill: Readonly<Bill>,
): number | { readonly amountMinor: number } {
  const total = invoice === undefined ? CODE.invalidInvoiceData : totalOf(invoice, true);
  if (typeof total === "number") return total;
  if (total.currency !== bill.currency) return CODE.invalidInvoiceData;
  if (total.totalMinor > bill.committedMinor - refundedMinor(bill)) return REFUSED.refundTooHigh;
  return { amountMinor: total.totalMinor };
}

export function refundedMinor(bill: Readonly<Bill>): number {
  return bill.refundList.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

/** Undefined for an unknown or another currency, and for a value finer than the minor unit. */
export function amountMinor(amount: WireAmount | undefined, currency: string): number | undefined {
  if (amount?.value === undefined || amount.currency !== currency || !CURRENCIES.has(currency)) return undefined;
  const negative = amount.value.startsWith("-");
  const scaled = parseScaled(negative ? amount.value.slice(1) : amount.value, minorDigits(currency));
  return scaled === undefined || !negative ? scaled : -scaled;
}

export function isUnpaid(bill: Bill): boolean {
  return bill.status === "ISSUED" || bill.status === "RESERVED";
}

export function endedCode(bill: Bill): number {
  return bill.status === "EXPIRED" ? CODE.expired : CODE.alreadyCanceled;
}

export function pay(bill: Bill, amountMinor: number, nowMs: number): void {
  bill.committedMinor = amountMinor;
  bill.totalMinor = amountMinor;
  bill.chargedMinor = amountMinor;
  bill.paidAtMs = nowMs;
  bill.ersReference = ersReferenceOf(bill, 0);
  change(bill, "PAID");
  bill.untoldSinceMs = nowMs;
}

/** The payment's is number 0, its refunds follow. */
export function ersReferenceOf(bill: Readonly<Bill>, index: number): string {
  return `2026${bill.reference}${String(index + 1).padStart(4, "0")}`;
}

export function issue(reference: string, terminalId: string, invoice: Invoice, total: Total): Bill {
  const timeoutS = invoice.commitReservationTimeout;
  return {
    reference,
    terminalId,
    clientInvoiceId: invoice.clientInvoiceId ?? "",
    notificationUrl: invoice.notificationUrl ?? null,
    title: invoice.title ?? "",
    cashierId: invoice.cashierId ?? "",
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
    refundList: [],
    receipts: 0,
    lastReceipt: null,
    acknowledgedVersion: null,
  };
}
