import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../../../src/payments/seqr/simulator/server.ts";
import { needs } from "../../../support/components.ts";

const PYTHON = "/usr/bin/python3";
const SCRIPT = join(import.meta.dirname, "../../../support/zeep_client.py");

interface Story {
  readonly steps: readonly (readonly [string, number])[];
  readonly reference: string;
  readonly qrCode: string;
  readonly paymentReference: string;
  readonly refundReference: string;
  readonly terminalId: string;
  readonly details: string;
  readonly summary: string;
}

describe.runIf(needs("python3-zeep", "/usr/lib/python3/dist-packages/zeep/__init__.py"))("a foreign client", () => {
  let simulator: SeqrSimulator;
  let story: Story;

  beforeAll(async () => {
    simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs: 300 });
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, simulator.endpoint, simulator.phoneUrl]);
    story = JSON.parse(stdout);
  });

  afterAll(() => simulator.close());

  it("gets through a whole sale, its refund and its reconciliation", () => {
    const firstReport = story.steps.findIndex(([operation]) => operation === "executeReport");
    expect(story.steps.slice(0, firstReport)).toEqual([
      ["registerTerminal", 0],
      ["assignSeqrId", 0],
      ["sendInvoice", 0],
      ["cancelInvoice", 0],
      ["sendInvoice", 0],
      ["getPaymentStatus", 0],
      ["getPaymentStatus", 0],
      ["updateInvoice", 0],
      ["commitReservation", 0],
      ["getPaymentStatus", 0],
      ["submitPaymentReceipt", 0],
      ["refundPayment", 0],
      ["markTransactionPeriod", 0],
    ]);
    expect(story.steps[firstReport]).toEqual(["executeReport", 2]);
    expect(story.steps.slice(-4)).toEqual([
      ["executeReport", 0],
      ["executeReport", 0],
      ["unregisterTerminal", 0],
      ["getPaymentStatus", 29],
    ]);
    expect(new Set(story.steps.map(([operation]) => operation)).size).toBe(12);
  });

  it("understands what it was told", () => {
    expect(story).toMatchObject({
      qrCode: `HTTP://SEQR.SE/R${story.reference}`,
      statuses: ["ISSUED", "RESERVED", "PAID"],
      paid: "99.45",
      title: "Zeep & Söhne <1>",
      paidAt: expect.stringMatching(/^20\d\d-.*\+00:00$/),
      sameContent: true,
    });
    expect(story.refundReference).not.toBe(story.paymentReference);
  });

  it("finds the payment and the refund in the reports", () => {
    const rows = [...story.details.matchAll(/<SalesAmount>(.*)<\/SalesAmount>\n<ErsReference>(.*)<\/ErsReference>/g)];
    expect(rows.map(([, amount, reference]) => [amount, reference])).toEqual([
      ["99.45000", story.paymentReference],
      ["-9.45000", story.refundReference],
    ]);
    expect(story.summary).toContain("<SalesCount>2</SalesCount>\n<SalesTotal>90.00000</SalesTotal>");
  });

  it("left the same amounts in the simulator's audit", async () => {
    const audit: unknown = await (await fetch(new URL("/audit", simulator.phoneUrl))).json();
    const paid = {
      invoiceReference: story.reference,
      terminalId: story.terminalId,
      committedMinor: 9945,
      chargedMinor: 9000,
      refundedMinor: 945,
      refunds: 1,
      refundList: [{ ersReference: story.refundReference, amountMinor: 945 }],
      receipts: 1,
      lastReceipt: { mimeType: "text/html", receiptType: "PAYMENT_RECEIPT", contentLength: "<p>paid</p>".length },
    };
    expect(audit).toMatchObject({ bills: [{ status: "CANCELED" }, paid], chargedMinor: 9000 });
  });
});
