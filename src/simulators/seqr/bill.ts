import { CODE } from "../../adapters/payment/seqr/codes.ts";
import { minorDigits, parseScaled } from "../../core/money.ts";
import type { Invoice, WireAmount } from "./requests.ts";

export type BillStatus = "ISSUED" | "RESERVED" | "PAID" | "CANCELED" | "EXPIRED";

/** One bill of one terminal. Amounts are minor units of its currency. */
export interface Bill {
  readonly reference: string;
  readonly terminalId: string;
  readonly clientInvoiceId: string;
  readonly title: string;
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
  /** The version the merchant last sent back. */
  acknowledgedVersion: number | null;
}

/** "If nobody asks within 20 s, the till does not know": the payment is taken back (api page). */
const REVERSAL_MS = 20_000;

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
export function totalOf(invoice: Invoice): Total | number {
  const currency = invoice.totalAmount?.currency ?? "";
  const totalMinor = amountMinor(invoice.totalAmount, currency);
  if (totalMinor === undefined) return CODE.invalidInvoiceData;
  let sumMinor = 0;
  for (const row of invoice.invoiceRows?.invoiceRow ?? []) {
    const rowMinor = amountMinor(row.itemTotalAmount, currency);
    if (rowMinor === undefined) return CODE.invalidInvoiceData;
    sumMinor += rowMinor;
  }
  if (sumMinor !== totalMinor) return CODE.invalidInvoiceData;
  return totalMinor > 0 ? { currency, totalMinor } : CODE.rejectedAmount;
}

/** Undefined for an unknown or another currency, and for a value finer than the minor unit. */
export function amountMinor(amount: WireAmount | undefined, currency: string): number | undefined {
  if (amount?.value === undefined || amount.currency !== currency || !CURRENCIES.has(currency)) return undefined;
  const negative = amount.value.startsWith("-");
  const scaled = parseScaled(negative ? amount.value.slice(1) : amount.value, minorDigits(currency));
  return scaled === undefined || !negative ? scaled : -scaled;
}
