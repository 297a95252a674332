import type { Truth } from "../../core/sale/resolve.ts";
import type { Sale } from "../../core/sale/state.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { PaymentStatus } from "./answer-schema.ts";
import { adviceOfCode } from "./causes.ts";
import type { Reply } from "./client.ts";
import { CODE, describeCode, type ResultCode } from "./codes.ts";
import { contradictionIn, type Expected, shownAmount } from "./held-against.ts";

/** What an answer to getPaymentStatus says about the money. */
export function outcomeOfStatus(expected: Expected, reply: Reply<PaymentStatus>): Outcome<Truth> {
  if (reply.kind === "unknown") return reply;
  const contradiction = contradictionWithin(reply.result, reply.body);
  if (contradiction !== null) return done({ state: "unclear", detail: contradiction });
  switch (reply.result.code) {
    case CODE.success:
      return done(truthOf(expected, reply.body));
    case CODE.expired:
      return done({ state: "ended", how: "expired" });
    case CODE.alreadyCancelled:
    case CODE.alreadyCanceled:
      return done({ state: "ended", how: "canceled" });
    default:
      return outcomeOfCode(reply.result);
  }
}

/** By which statuses a bill has ended, and nothing is paid. */
const ENDED: ReadonlyMap<string, "canceled" | "failed" | "expired"> = new Map([
  ["CANCELED", "canceled"],
  ["FAILED", "failed"],
  ["EXPIRED", "expired"],
]);

/** A code that says no is none where the answer shows a receipt, or the status of a bill that has not ended. */
function contradictionWithin({ code }: ResultCode, { status, receipt }: PaymentStatus): string | null {
  if (code === CODE.success) return null;
  if (status !== undefined && !ENDED.has(status)) return `code ${code}, but status ${shortened(status)}`;
  return receipt === undefined ? null : `code ${code}, but a receipt`;
}

function shortened(status: string | undefined): string {
  return status?.slice(0, 40) ?? "missing";
}

/** The outcome of a call that was not successful. */
export function outcomeOfCode<T>(result: ResultCode): Outcome<T> {
  switch (result.treatment) {
    case "operator":
      return rejected(result);
    case "give-up":
      return declined("refused", describeCode(result), result.customer);
    case "success":
    case "retry":
    case "query-first":
      return unknown(describeCode(result));
  }
}

function rejected<T>(result: ResultCode): Outcome<T> {
  const advice = adviceOfCode(result);
  return { ...declined<T>("rejected", describeCode(result), result.customer), ...(advice === null ? {} : { advice }) };
}

function truthOf(expected: Expected, status: PaymentStatus): Truth {
  const contradiction = contradictionIn(status, expected);
  if (contradiction !== null) return { state: "different", detail: contradiction };
  const { sale } = expected;
  const how = ENDED.get(status.status ?? "");
  if (how !== undefined) return endOf(how, status);
  switch (status.status) {
    case "ISSUED":
    case "PENDING_ISSUER_ACKNOWLEDGE":
      return { state: "open" };
    case "RESERVED":
      return heldOf(sale, status);
    case "PAID":
      return capturedOf(sale, status);
    default:
      return { state: "unclear", detail: `status ${shortened(status.status)}` };
  }
}

function endOf(how: "canceled" | "failed" | "expired", { status, receipt }: PaymentStatus): Truth {
  if (receipt === undefined) return { state: "ended", how };
  return { state: "unclear", detail: `status ${shortened(status)}, but a receipt` };
}

/** Never more than was asked for, and never more than is shown. */
function heldOf(sale: Sale, status: PaymentStatus): Truth {
  const { maximumMinor, tariff } = sale.terms;
  const amount = shownAmount(status, tariff.currency);
  if (amount.kind === "unclear" || amount.kind === "different") return { state: amount.kind, detail: amount.detail };
  const shownMinor = amount.kind === "shown" ? amount.amountMinor : maximumMinor;
  return { state: "held", authorisedMinor: Math.min(shownMinor, maximumMinor), holdUntilMs: null };
}

function capturedOf(sale: Sale, status: PaymentStatus): Truth {
  const amount = shownAmount(status, sale.terms.tariff.currency);
  if (amount.kind === "unclear" || amount.kind === "different") return { state: amount.kind, detail: amount.detail };
  const paymentReference = status.ersReference ?? status.receipt?.paymentReference;
  if (paymentReference === undefined) return { state: "unclear", detail: "paid, but without any reference" };
  return {
    state: "captured",
    capturedMinor: amount.kind === "shown" ? amount.amountMinor : null,
    receipt: { paymentReference, paidAt: status.receipt?.paymentDate ?? null, details: detailsOf(status) },
  };
}

function detailsOf(status: PaymentStatus): Readonly<Record<string, string>> {
  const { receipt } = status;
  const named = {
    ersReference: status.ersReference,
    terminalId: receipt?.terminalId,
    invoiceReference: receipt?.invoiceReference,
    paymentReference: receipt?.paymentReference,
    payerTerminalId: receipt?.payerTerminalId,
    receiverName: receipt?.receiverName,
  };
  const details: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) if (value !== undefined) details[name] = value;
  return details;
}
