import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../../../src/payments/seqr/simulator/server.ts";

const WHO = { id: "till", type: "TERMINALID", password: "abcdefgh" };
const SHOP = { id: "demo-shop", type: "RESELLERUSER", userId: "9900", password: "1234" };
const NOW_MS = 1_790_000_000_000;
let simulator: SeqrSimulator;

beforeEach(async () => {
  const ambiguities = { commitWithoutAmount: "takes-reserved" } as const;
  const address = { host: "127.0.0.1", port: 0 };
  simulator = await startSeqrSimulator({
    ...address,
    now: () => NOW_MS,
    terminals: [WHO],
    ambiguities,
    reportDelayMs: 0,
  });
});

afterEach(() => simulator.close());

async function post(path: string, body: unknown): Promise<{ status: number; answer: unknown }> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(new URL(path, simulator.phoneUrl), {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: await response.json() };
}

function paid(): string {
  const totalAmount = { currency: "SEK", value: "80.00" };
  const invoiceRows = { invoiceRow: [{ itemTotalAmount: totalAmount }] };
  const invoice = { paymentMode: "IMMEDIATE_DEBIT", totalAmount, invoiceRows, commitReservationTimeout: undefined };
  const reference = simulator.book.sendInvoice(NOW_MS, WHO, invoice).bill?.reference ?? "";
  simulator.book.confirm(NOW_MS, reference);
  return reference;
}

async function answerFor(reference: string): Promise<string> {
  const principal = `<initiatorPrincipalId><id>${WHO.id}</id><type>${WHO.type}</type></initiatorPrincipalId>`;
  const context = `<context><clientRequestTimeout>0</clientRequestTimeout>${principal}<password>${WHO.password}</password></context>`;
  const ask = `<e:getPaymentStatus xmlns:e="http://external.interfaces.ers.seamless.com/">${context}<invoiceReference>${reference}</invoiceReference></e:getPaymentStatus>`;
  const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${ask}</s:Body></s:Envelope>`;
  const response = await fetch(simulator.endpoint, { method: "POST", headers: { "Content-Type": "text/xml" }, body });
  return response.text();
}

async function statusOf(reference: string): Promise<string> {
  return /<status>(.*?)<\/status>/.exec(await answerFor(reference))?.[1] ?? "";
}

function amountsInReport(): string[] {
  const { transactionPeriodId = "" } = simulator.book.markTransactionPeriod(NOW_MS, SHOP, undefined);
  const parameters = new Map([["transactionPeriodId", transactionPeriodId]]);
  const { report } = simulator.book.executeReport(NOW_MS, SHOP, "Reconciliation/STD_RECON_003.xml", parameters);
  return [...(report?.xml ?? "").matchAll(/<SalesAmount>(.*)</g)].map(([, amount]) => amount ?? "");
}

describe("the books", () => {
  it.each([
    ["forget", (ersReference: string) => ({ op: "forget", ersReference }), []],
    ["change", (ersReference: string) => ({ op: "change", ersReference, amount: "8.00" }), ["8.00000"]],
    ["add", () => ({ op: "add", terminalId: "till", amount: "-12.00", currency: "SEK" }), ["80.00000", "-12.00000"]],
  ])("%s", async (_name, tampering, amounts) => {
    const reference = paid();
    const ersReference = simulator.book.bills(NOW_MS)[0]?.ersReference ?? "";
    const { status, answer } = await post("/books", tampering(ersReference));
    expect([status, answer]).toEqual([200, { ok: true, ersReference: expect.stringMatching(/^\d+$/) }]);
    expect(amountsInReport()).toEqual(amounts);
    expect(simulator.book.chargedMinor(NOW_MS)).toBe(8000);
    expect(await statusOf(reference)).toBe("PAID");
  });

  it.each([
    ["an unknown line", { op: "forget", ersReference: "1" }, 404],
    ["an unknown line", { op: "change", ersReference: "1", amount: "1.00" }, 404],
    ["an unknown currency", { op: "add", terminalId: "t", amount: "1.00", currency: "XXX" }, 400],
    ["half an öre", { op: "add", terminalId: "t", amount: "1.005", currency: "SEK" }, 400],
    ["no amount", { op: "add", terminalId: "t", currency: "SEK" }, 400],
    ["an unknown trick", { op: "burn" }, 400],
  ])("refuse %s", async (_name, tampering, status) => {
    expect((await post("/books", tampering)).status).toBe(status);
  });
});

describe("a false status", () => {
  it.each([
    ["of one bill", (reference: string) => reference],
    ["of whatever is asked next", () => "*"],
  ])("%s is told once", async (_name, named) => {
    const reference = paid();
    expect((await post("/status-override", { invoiceReference: named(reference), status: "FAILED" })).status).toBe(200);
    expect(await statusOf(reference)).toBe("FAILED");
    expect(await statusOf(reference)).toBe("PAID");
    expect(simulator.book.chargedMinor(NOW_MS)).toBe(8000);
  });

  it("that denies the payment shows no receipt of it", async () => {
    const reference = paid();
    simulator.book.lies.add(reference, "ISSUED");
    expect(await answerFor(reference)).not.toMatch(/receipt|ersReference/);
    expect(await answerFor(reference)).toMatch(/<ersReference>\d+<.*<receipt>/);
  });

  it("leaves other bills alone", async () => {
    expect((await post("/status-override", { invoiceReference: "1", status: "FAILED" })).status).toBe(200);
    expect(await statusOf(paid())).toBe("PAID");
  });

  it.each([[{}], [{ invoiceReference: "x", status: "PAID" }], [{ invoiceReference: "*", status: "<b>" }]])(
    "%j is refused",
    async (body) => {
      expect((await post("/status-override", body)).status).toBe(400);
    },
  );

  it("waits in a bounded list", async () => {
    for (let count = 1; count <= 100; count += 1) simulator.book.lies.add(String(count), "FAILED");
    expect((await post("/status-override", { invoiceReference: "101", status: "FAILED" })).status).toBe(409);
    expect((await post("/status-override", { invoiceReference: "7", status: "ISSUED" })).status).toBe(200);
  });
});

describe("the ambiguities", () => {
  it("start as told and change one by one", async () => {
    const start = { cancelReserved: "frees", reversalAppliesToReserved: true, commitWithoutAmount: "takes-reserved" };
    expect(await post("/ambiguities", {})).toEqual({ status: 200, answer: start });
    const changed = { ...start, cancelReserved: "refuses" };
    expect(await post("/ambiguities", { cancelReserved: "refuses" })).toEqual({ status: 200, answer: changed });
    expect(simulator.book.ambiguities).toEqual(changed);
  });

  it.each([[{ cancelReserved: "maybe" }], [{ reversalAppliesToReserved: "yes" }], [{ more: true }]])(
    "%j is refused",
    async (body) => {
      expect((await post("/ambiguities", body)).status).toBe(400);
    },
  );
});
