import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isOwnName } from "../../../core/loopback.ts";
import { formatAmount } from "../../../core/money.ts";
import { type Bill, refundedMinor } from "./bill.ts";
import { PHONE_PAGE } from "./page.ts";
import type { BillBook } from "./rules.ts";

const CHOICE = z.strictObject({ invoiceReference: z.string().regex(/^\d{1,20}$/) });

const loopbackUrl = z.url().refine(isOnThisMachine, "expected an address on this machine");

/** A customer scans the code printed on a machine, whose merchant is asked for an offer (unattended payments). */
const MACHINE_SCAN = z.strictObject({
  createPurchaseUrl: loopbackUrl,
  machineId: z.string().min(1).max(100),
  amount: z.string().regex(/^\d{1,9}(\.\d{1,2})?$/),
  currency: z.string().length(3),
});

const CALL_TIMEOUT_MS = 5_000;

function isOnThisMachine(url: string): boolean {
  return URL.canParse(url) && isOwnName(new URL(url).hostname);
}

async function askMachine(scan: z.output<typeof MACHINE_SCAN>): Promise<unknown> {
  const { machineId: reservationToken, amount: reservationAmount, currency } = scan;
  try {
    const answer = await fetch(scan.createPurchaseUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ reservationToken, reservationAmount, currency, msisdn: "46700000042" }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    return { status: answer.status, answer: await answer.json() };
  } catch (error) {
    return { status: 0, answer: { errorCode: String(error) } };
  }
}

/** An empty POST, as documented; nobody waits for it, and it reaches this machine only. */
function notify(book: BillBook, nowMs: number, reference: string): void {
  const url = book.bills(nowMs).find((bill) => bill.reference === reference)?.notificationUrl ?? null;
  if (url === null || !isOnThisMachine(url)) return;
  fetch(url, { method: "POST", signal: AbortSignal.timeout(CALL_TIMEOUT_MS) }).catch(() => undefined);
}

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
      if (choice === "confirm") notify(book, now(), body.data.invoiceReference);
      return reply.send({ ok: true });
    });
  }
  app.post("/phone/api/scan-machine", async (request, reply) => {
    const scan = MACHINE_SCAN.safeParse(request.body);
    if (!scan.success)
      return reply.code(400).send({ error: scan.error.issues.map(({ message }) => message).join("; ") });
    return reply.send(await askMachine(scan.data));
  });
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
