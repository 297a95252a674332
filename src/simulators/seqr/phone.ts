import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { formatAmount } from "../../core/money.ts";
import { type Bill, refundedMinor } from "./bill.ts";
import { PHONE_PAGE } from "./page.ts";
import type { BillBook } from "./rules.ts";

const CHOICE = z.strictObject({ invoiceReference: z.string().regex(/^\d{1,20}$/) });

/** The customer's phone: sees every open bill, confirms or declines it. */
export function addPhone(app: FastifyInstance, book: BillBook, now: () => number): void {
  app.get("/phone", (_request, reply) => reply.type("text/html; charset=utf-8").send(PHONE_PAGE));
  app.get("/phone/api/bills", () => ({
    bills: book
      .bills(now())
      .filter((bill) => bill.status === "ISSUED" || bill.status === "RESERVED")
      .map(phoneView),
  }));
  for (const choice of ["confirm", "decline"] as const) {
    app.post(`/phone/api/${choice}`, (request, reply) => {
      const body = CHOICE.safeParse(request.body);
      if (!body.success) return reply.code(400).send({ error: 'expected {"invoiceReference":"…"}' });
      const outcome = book[choice](now(), body.data.invoiceReference);
      if (outcome === "unknown") return reply.code(404).send({ error: "no such bill" });
      if (outcome === "not-open") return reply.code(409).send({ error: "the bill is not open" });
      return reply.send({ ok: true });
    });
  }
  app.get("/audit", () => ({ bills: book.bills(now()).map(auditView), chargedMinor: book.chargedMinor(now()) }));
}

function phoneView(bill: Bill): object {
  return {
    invoiceReference: bill.reference,
    title: bill.title,
    amount: formatAmount(bill.totalMinor, bill.currency),
    currency: bill.currency,
    status: bill.status,
  };
}

function auditView(bill: Bill): object {
  return {
    invoiceReference: bill.reference,
    terminalId: bill.terminalId,
    clientInvoiceId: bill.clientInvoiceId,
    status: bill.status,
    version: bill.version,
    currency: bill.currency,
    reservedMinor: bill.reservedMinor,
    heldMinor: bill.heldMinor,
    committedMinor: bill.committedMinor,
    chargedMinor: bill.chargedMinor,
    reversed: bill.reversed,
    commits: bill.commits,
    cancels: bill.cancels,
    refunds: bill.refunds,
    refundedMinor: refundedMinor(bill),
    refundList: bill.refundList,
    receipts: bill.receipts,
    lastReceipt: bill.lastReceipt,
    ersReference: bill.ersReference,
  };
}
