import type { MatterEvent } from "../../src/core/matters.ts";
import { type Order, orderKey } from "../../src/core/operator/orders.ts";
import { type ReconciliationEvent, reconciliationOf } from "../../src/core/reconcile.ts";
import type { RefundEvent } from "../../src/core/refund.ts";
import type { RemainderEvent } from "../../src/core/remainder.ts";
import type { SaleRecord } from "../../src/core/sale/record.ts";
import { unaccounted } from "../../src/core/unaccounted.ts";
import { Matters } from "../../src/engine/books/matters.ts";
import type { Entry, Journal } from "../../src/ports/journal.ts";
import { SILENT } from "../support/silent-log.ts";
import { CONFIGURED_PRICE } from "./reading.ts";

/** Notes of every stream about sales that are there, and readers that have read some of it. */
export async function fillNotes(journal: Journal): Promise<void> {
  const sales = await journal.salesAfter(0, 1_000);
  const paid = sales.filter(({ body }) => body.outcome === "paid" && body.reference !== null);
  const [first, second] = paid;
  const atMs = (await journal.newestAtMs()) ?? 0;
  if (first === undefined || second === undefined) throw new Error("fewer than two sales were paid");
  await noteRefunds(journal, first.body, second.body, atMs);
  await noteReconciliations(journal, first, atMs);
  for (const quantityBase of [null, 1_250]) {
    const fact = unaccounted({ position: "1", unit: "L", atMs }, quantityBase, "flowed while nothing was sold");
    await journal.note("unaccounted", "1", () => fact);
  }
  await noteOrders(journal, atMs);
  await noteRemainders(journal, first.body, second.body, atMs);
  await noteMatters(journal, atMs);
  await noteOthers(journal, first.body.saleId, atMs);
  await journal.acknowledge("sales", sales.length - 3);
  await journal.acknowledge("receipts", sales.length - 1);
  await journal.acknowledge("refunds", 2);
  await journal.acknowledge("unaccounted", 2);
  await journal.check();
  await journal.check();
}

async function noteRefunds(journal: Journal, one: SaleRecord, other: SaleRecord, atMs: number): Promise<void> {
  const terms = ({ position, reference, currency }: SaleRecord) => ({
    position,
    paymentReference: reference ?? "",
    amountMinor: 100,
    currency,
  });
  const events: readonly RefundEvent[] = [
    { type: "asked", refundId: "refund-1", saleId: one.saleId, atMs, ...terms(one) },
    { type: "unclear", refundId: "refund-1", saleId: one.saleId, atMs, detail: "no answer" },
    { type: "made", refundId: "refund-1", saleId: one.saleId, atMs, reference: "ers-refund-1", ...terms(one) },
    { type: "asked", refundId: "refund-2", saleId: one.saleId, atMs, ...terms(one) },
    { type: "refused", refundId: "refund-2", saleId: one.saleId, atMs, detail: "too late" },
    { type: "asked", refundId: "refund-3", saleId: other.saleId, atMs, ...terms(other) },
    { type: "asked", refundId: "refund-4", saleId: one.saleId, atMs, ...terms(one) },
    { type: "made", refundId: "refund-4", saleId: one.saleId, atMs, reference: "ers-refund-4", ...terms(one) },
    { type: "returned", refundId: "refund-4", saleId: one.saleId, atMs, detail: "shown as failed", ...terms(one) },
  ];
  for (const event of events) await journal.note("refunds", event.saleId, () => event);
}

async function noteRemainders(journal: Journal, one: SaleRecord, other: SaleRecord, atMs: number): Promise<void> {
  const of = ({ saleId, position }: SaleRecord) => ({ saleId, position, atMs });
  const asked = { type: "asked", reference: "R1", attempt: 1 } as const;
  const events: readonly RemainderEvent[] = [
    { ...of(one), ...asked },
    { ...of(one), type: "freed" },
    { ...of(other), ...asked },
    { ...of(other), type: "delayed", detail: "the service said no" },
    { ...of(other), type: "handed-over", detail: "it is held still" },
  ];
  for (const event of events) await journal.note("remainders", event.saleId, () => event);
}

async function noteReconciliations(journal: Journal, { seq, body }: Entry<SaleRecord>, atMs: number): Promise<void> {
  const carried = { paymentReference: body.reference ?? "", amountMinor: 100, saleId: body.saleId, atMs };
  const difference = { paymentReference: "ers-unknown", saleId: null, oursMinor: null, theirsMinor: 700 };
  const there = { position: body.position, atMs };
  const compared: ReconciliationEvent = {
    ...there,
    ...{ type: "compared", periodId: "period-1", throughSale: seq, throughRefund: 1, matched: 1, gap: true },
    ...{ missingThere: [], missingHere: [difference], differing: [], carried: [carried] },
  };
  const life: readonly ReconciliationEvent[] = [
    { ...there, type: "begun", due: "2026-05-31T03:10" },
    { ...there, type: "mark-unclear", detail: "no answer" },
    { ...there, type: "marked", periodId: "period-1" },
    compared,
    { ...there, type: "requested" },
    { ...there, type: "begun", due: null },
    { ...there, type: "failed", detail: "the report never came" },
  ];
  const settled = { ...there, type: "settled", paymentReference: "ers-unknown", by: "Ann", note: "a test" } as const;
  for (const event of [...life, settled, ...life.slice(0, 3)])
    await journal.note("reconciliations", body.position, () => event);
}

async function noteOrders(journal: Journal, atMs: number): Promise<void> {
  const orders: readonly Order[] = [
    { type: "blocked", position: null, atMs, reason: "out of paper" },
    { type: "unblocked", position: null, atMs },
    { type: "blocked", position: "2", atMs, reason: "under repair" },
    { type: "priced", position: "1", atMs, unitPrice: "18.50", configured: CONFIGURED_PRICE },
    { type: "priced", position: "2", atMs, unitPrice: "21.00", configured: "20.00" },
  ];
  for (const order of orders) await journal.note("orders", orderKey(order.position), () => order);
}

/** Streams of which only the newest note counts, or that nobody but a person reads. */
async function noteOthers(journal: Journal, saleId: string, atMs: number): Promise<void> {
  await journal.note("receiptRefusals", saleId, () => ({ saleId, atMs, detail: "no such terminal" }));
  await journal.note("clock", "*", () => {
    return { atMs, overruledMs: atMs, serviceAheadMs: null, by: "operator", who: "Ann", reason: "a test" };
  });
  await journal.note("acceptances", "*", () => {
    return {
      atMs,
      by: "Ann",
      note: "a test",
      found: ["a row"],
      gaps: [{ stream: "orders", from: 9, to: 9 }],
      accepted: [],
    };
  });
  const states = { "1": reconciliationOf(await journal.notes("reconciliations", "1")) };
  await journal.note("booksSoFar", "*", () => ({ rules: 1, through: 1, heirs: { "1": "1" }, states }));
}

/** What the sales, refunds and unaccounted quantities leave, and what a person has looked at of it. */
async function noteMatters(journal: Journal, atMs: number): Promise<void> {
  const faults = { put: () => {}, clear: () => {} };
  const clock = { wallMs: () => atMs, monotonicMs: () => 0, after: () => () => {} };
  const matters = new Matters({ journal, faults, clock, log: SILENT, places: { positions: [], retired: [] } });
  await matters.start();
  await matters.look();
  const { open } = matters;
  const saleId = open.find(({ code }) => code === "needs-attention")?.saleId ?? null;
  await matters.acknowledge({ code: "needs-attention", position: null, saleId }, { by: "Ann", note: "paid in cash" });
  const over: MatterEvent = { type: "over", matterId: "refund refund-3", atMs };
  await journal.note("matters", over.matterId, () => over);
  await matters.close();
}
