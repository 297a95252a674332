import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SeqrSimulator, startSeqrSimulator } from "../../../../src/payments/seqr/simulator/server.ts";

const WHO = { id: "second", type: "TERMINALID", password: "abcdefgh" };
let simulator: SeqrSimulator;
let origin: string;
let nowMs = 1_790_000_000_000;

beforeAll(async () => {
  simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0, now: () => nowMs, terminals: [WHO] });
  origin = new URL(simulator.endpoint).origin;
});

afterAll(() => simulator.close());

function sent(): string {
  const amount = { currency: "SEK", value: "80.00" };
  const row = { itemDescription: "x", itemQuantity: "1", itemTotalAmount: amount };
  const { bill } = simulator.book.sendInvoice(nowMs, WHO, {
    paymentMode: "RESERVATION_REQUIRED_PRELIMINARY_AMOUNT",
    title: "Laundry",
    clientInvoiceId: "sale-1",
    invoiceRows: { invoiceRow: [row] },
    totalAmount: amount,
    commitReservationTimeout: 3600,
  });
  return bill?.reference ?? "";
}

async function post(path: string, body: unknown) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(origin + path, { method: "POST", headers, body: JSON.stringify(body) });
  return response.status;
}

async function soap(operation: string): Promise<string> {
  const ers = "http://external.interfaces.ers.seamless.com/";
  const body = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><e:${operation} xmlns:e="${ers}"/></s:Body></s:Envelope>`;
  const response = await fetch(simulator.endpoint, { method: "POST", headers: { "Content-Type": "text/xml" }, body });
  return response.text();
}

describe("the phone over HTTP", () => {
  it("shows a page that needs nothing from elsewhere", async () => {
    const response = await fetch(simulator.phoneUrl);
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(page).toContain("viewport");
    expect(page).not.toMatch(/https?:\/\//);
  });

  it("lists open bills, takes one answer for each, and the audit shows all", async () => {
    const invoiceReference = sent();
    const bills = await (await fetch(`${origin}/phone/api/bills`)).json();
    expect(bills).toEqual({
      bills: [{ invoiceReference, title: "Laundry", amount: "80.00", currency: "SEK", status: "ISSUED" }],
    });
    expect(await post("/phone/api/confirm", { invoiceReference })).toBe(200);
    expect(await post("/phone/api/confirm", { invoiceReference })).toBe(409);
    expect(await post("/phone/api/decline", { invoiceReference })).toBe(409);
    expect(await (await fetch(`${origin}/audit`)).json()).toMatchObject({
      bills: [
        { invoiceReference, clientInvoiceId: "sale-1", status: "RESERVED", reservedMinor: 8000, chargedMinor: 0 },
      ],
      chargedMinor: 0,
    });
    nowMs += 20_000;
    expect(await (await fetch(`${origin}/audit`)).json()).toMatchObject({
      bills: [{ status: "CANCELED", reversed: true }],
    });
  });

  it.each([
    ["an unknown bill", { invoiceReference: "1" }, 404],
    ["no reference", {}, 400],
    ["a number", { invoiceReference: 1 }, 400],
    ["something more", { invoiceReference: "1", extra: true }, 400],
    ["no object", "x", 400],
  ])("%s", async (_name, body, code) => {
    expect(await post("/phone/api/confirm", body)).toBe(code);
    expect(await post("/phone/api/decline", body)).toBe(code);
  });
});

describe("the SOAP side", () => {
  it("serves its description, with the address it was asked at", async () => {
    const wsdl = await (await fetch(`${simulator.endpoint}?wsdl`)).text();
    expect(/<soap:address location="([^"]*)"/.exec(wsdl)?.[1]).toBe(simulator.endpoint);
  });

  it.each(["refundPayment", "submitPaymentReceipt", "markTransactionPeriod", "executeReport"])(
    "%s wants to know who calls",
    async (operation) => {
      expect(await soap(operation)).toContain("<resultCode>91</resultCode>");
    },
  );

  it("an operation never heard of, or no XML at all, is an error and no crash", async () => {
    const statuses = await Promise.all(
      ["<a>", "", "x"].map(async (body) => {
        const headers = { "Content-Type": "text/xml" };
        return (await fetch(simulator.endpoint, { method: "POST", headers, body })).status;
      }),
    );
    for (const status of statuses) expect(status).toBeGreaterThanOrEqual(400);
    expect(await soap("surprise")).not.toContain("<resultCode>0</resultCode>");
    expect(await soap("sendInvoice")).toContain("<resultCode>91</resultCode>");
  });

  it("a fault on one request leaves those beside it alone", async () => {
    expect(await post("/faults", { op: "sendInvoice", mode: "result-code", resultCode: 93 })).toBe(200);
    const answers = await Promise.all([soap("cancelInvoice"), soap("sendInvoice"), soap("cancelInvoice")]);
    expect(answers.map((text) => /<resultCode>(\d+)/.exec(text)?.[1])).toEqual(["91", "93", "91"]);
  });

  it("faults are checked, and can be taken back", async () => {
    expect(await post("/faults", { op: "sendInvoice", mode: "explode" })).toBe(400);
    expect(await post("/faults", { op: "sendInvoice", mode: "html", count: 5 })).toBe(200);
    expect(await soap("sendInvoice")).toContain("502");
    expect((await fetch(`${origin}/faults`, { method: "DELETE" })).status).toBe(200);
    expect(await soap("sendInvoice")).toContain("<resultCode>91</resultCode>");
  });
});
