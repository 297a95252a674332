import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSeqrBooks, type SeqrBooks } from "../../../src/payments/seqr/books.ts";
import { DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, OFFER } from "../../support/sale-fixtures.ts";
import { booksSettings, RECORD, refundOf } from "./books-rig.ts";
import { CLOCK, memoryLog, type SeqrRig, seqrRig } from "./rig.ts";

let books: SeqrBooks | null = null;
let rig: SeqrRig | null = null;

afterEach(async () => {
  books?.close();
  await rig?.provider.close();
  await rig?.close();
  [books, rig] = [null, null];
});

describe("the books of the simulated service", () => {
  beforeEach(async () => {
    rig = await seqrRig({}, memoryLog(), { reportDelayMs: 2_000 });
    books = await createSeqrBooks(booksSettings(rig.simulator.endpoint), CLOCK, memoryLog());
  });

  async function paid(): Promise<{ service: SeqrRig; own: SeqrBooks; reference: string; saleId: string }> {
    if (rig === null || books === null) throw new Error("not started");
    const sale = contractSale();
    const offered = await rig.provider.offer(sale, ALWAYS, OFFER);
    if (offered.kind !== "done") throw new Error(offered.detail);
    await rig.confirm(offered.value.reference);
    await rig.provider.query(sale, offered.value.reference);
    const settled = await rig.provider.settle(sale, offered.value.reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    if (settled.kind !== "done" || settled.value.state !== "captured") throw new Error("not paid");
    return { service: rig, own: books, reference: settled.value.receipt.paymentReference, saleId: sale.id };
  }

  it("gives money back in parts, and no more than was paid", async () => {
    const { service, own, reference, saleId } = await paid();
    const first = await own.refund(refundOf(reference));
    expect(first).toEqual({ kind: "done", value: { kind: "made", reference: expect.any(String) } });
    expect(await own.refund(refundOf(reference, { refundId: "refund-2", amountMinor: 4945 }))).toMatchObject({
      kind: "done",
      value: { kind: "made" },
    });
    expect(await service.charged(saleId)).toBe(500);
    expect(await own.refund(refundOf(reference, { refundId: "refund-3", amountMinor: 501 }))).toMatchObject({
      kind: "done",
      value: { kind: "exceeds", detail: expect.stringContaining("98") },
    });
    expect(await own.refund(refundOf("999"))).toMatchObject({ kind: "declined", reason: "refused" });
    expect(await service.charged(saleId)).toBe(500);
  });

  it("marks a period and lists what is in it when the report is ready", async () => {
    const { service, own, reference } = await paid();
    const refunded = await own.refund(refundOf(reference));
    const marked = await own.markPeriod("1");
    if (marked.kind !== "done" || refunded.kind !== "done" || refunded.value.kind !== "made") throw new Error("no");
    expect(await own.transactions("1", marked.value.periodId)).toEqual({ kind: "done", value: null });
    await service.pass(2_500);
    expect(await own.transactions("1", marked.value.periodId)).toEqual({
      kind: "done",
      value: [
        { paymentReference: reference, amountMinor: 9945 },
        { paymentReference: refunded.value.reference, amountMinor: -4500 },
      ],
    });
    const empty = await own.markPeriod("1");
    if (empty.kind !== "done") throw new Error(empty.detail);
    await service.pass(2_500);
    expect(await own.transactions("1", empty.value.periodId)).toEqual({ kind: "done", value: [] });
  });

  it("attaches a receipt, as often as it is told to", async () => {
    const { service, own, reference } = await paid();
    const record = { ...RECORD, reference };
    expect(await own.submitReceipt(record)).toEqual({ kind: "done", value: null });
    expect(await own.submitReceipt(record)).toEqual({ kind: "done", value: null });
    expect(service.simulator.book.bills(Date.now()).at(-1)).toMatchObject({
      receipts: 2,
      lastReceipt: { mimeType: "text/plain", receiptType: "PAYMENT_RECEIPT" },
    });
    expect(await own.submitReceipt({ ...RECORD, reference: "999" })).toMatchObject({ kind: "declined" });
  });

  it("makes any report", async () => {
    const { service, own } = await paid();
    const marked = await own.markPeriod("1");
    if (marked.kind !== "done") throw new Error(marked.detail);
    await service.pass(2_500);
    const parameters = { transactionPeriodId: marked.value.periodId, TERMINALID: DEMO_TERMINAL.id };
    expect(await own.report("Reconciliation/STD_RECON_006.xml", parameters, "en")).toMatchObject({
      kind: "done",
      value: {
        title: expect.stringContaining("006"),
        text: expect.stringContaining("<SalesTotal>99.45000</SalesTotal>"),
      },
    });
  });
});
