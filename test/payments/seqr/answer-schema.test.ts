import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SaleRecord, saleRecord } from "../../../src/core/sale/record.ts";
import type { Sale } from "../../../src/core/sale/state.ts";
import { ANSWERS } from "../../../src/payments/seqr/answer-schema.ts";
import { createSeqrBooks } from "../../../src/payments/seqr/books.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { DEMO_RESELLER } from "../../../src/payments/seqr/simulator/server.ts";
import { WSDL_PATH } from "../../../src/payments/seqr/soap.ts";
import { createSeqrTerminals } from "../../../src/payments/seqr/terminals.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { needs } from "../../support/components.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../../support/sale-fixtures.ts";
import { CLOCK, memoryLog, rawServer, type SeqrRig, seqrRig, settingsFor } from "./rig.ts";

const XMLLINT = "/usr/bin/xmllint";
const FIXTURES = fileURLToPath(new URL("../../fixtures/seqr/", import.meta.url));

const ENVELOPE_XSD = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
    targetNamespace="http://schemas.xmlsoap.org/soap/envelope/" elementFormDefault="qualified">
  <xs:import namespace="http://external.interfaces.ers.seamless.com/" schemaLocation="interface.xsd"/>
  <xs:element name="Envelope"><xs:complexType><xs:sequence>
    <xs:element name="Body"><xs:complexType><xs:sequence>
      <xs:any namespace="http://external.interfaces.ers.seamless.com/" processContents="strict"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
</xs:schema>`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "kioskd-xsd-"));
  const schema = /<xs:schema[\s\S]*<\/xs:schema>/.exec(readFileSync(WSDL_PATH, "utf8"))?.[0] ?? "";
  writeFileSync(path.join(folder, "interface.xsd"), schema);
  writeFileSync(path.join(folder, "envelope.xsd"), ENVELOPE_XSD);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Throws with xmllint's complaint when a message is not valid. */
function validate(...files: string[]): void {
  execFileSync(XMLLINT, ["--noout", "--nonet", "--schema", path.join(folder, "envelope.xsd"), ...files], {
    stdio: "pipe",
  });
}

function validateTexts(texts: readonly string[]): void {
  const files = texts.map((text, index) => {
    const file = path.join(folder, `message-${index}.xml`);
    writeFileSync(file, text);
    return file;
  });
  validate(...files);
}

/** Every message that passes between a whole sale's adapter and the simulator. */
async function recorded(play: (endpoint: string, rig: SeqrRig) => Promise<void>): Promise<string[]> {
  const rig = await seqrRig();
  const messages: string[] = [];
  const between = await rawServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const answer = await fetch(rig.simulator.endpoint, {
      method: "POST",
      headers: { "Content-Type": "text/xml" },
      body,
    });
    const text = await answer.text();
    messages.push(body, text);
    response.writeHead(answer.status, { "Content-Type": "text/xml" }).end(text);
  });
  await play(between.endpoint, rig);
  await between.close();
  await rig.provider.close();
  await rig.close();
  return messages;
}

async function wholeSale(sale: Sale, texts: { title: string; footer: string }): Promise<string[]> {
  return recorded(async (endpoint, rig) => {
    const provider = await createSeqrProvider(settingsFor(endpoint, texts), CLOCK, memoryLog());
    const offered = await provider.offer(sale, ALWAYS, OFFER);
    if (offered.kind !== "done") throw new Error(offered.detail);
    const { reference } = offered.value;
    await rig.confirm(reference);
    await provider.query(sale, reference);
    const settled = await provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    await provider.release(sale, reference, ALWAYS, OURS, FREE);
    await provider.probe("1");
    await provider.close();
    expect(settled).toMatchObject({ kind: "done", value: { state: "captured" } });
  });
}

describe.runIf(needs("xmllint", XMLLINT))("messages are valid against the interface's schema", () => {
  it.each(readdirSync(FIXTURES))("example %s", (name) => {
    validate(path.join(FIXTURES, name));
  });

  it("a body in the wrong order is caught", () => {
    const commit = readFileSync(path.join(FIXTURES, "commitReservation-request.xml"), "utf8");
    const amount = /<amount>[\s\S]*<\/amount>/.exec(commit)?.[0] ?? "";
    const swapped = commit.replace(amount, "").replace("</ext:commitReservation>", `${amount}</ext:commitReservation>`);
    expect(() => validateTexts([swapped])).toThrow();
  });

  it("all of a sale, both ways", async () => {
    const messages = await wholeSale(contractSale(), { title: "Demo station", footer: "Thank you" });
    expect(messages.length).toBeGreaterThanOrEqual(14);
    validateTexts(messages);
  });

  it("a sale with hostile texts", async () => {
    const sale = contractSale();
    const productName = '<![CDATA[5 < 6 & \u0000\u0007 \ud800 "åäö" ]]>';
    const messages = await wholeSale(
      { ...sale, terms: { ...sale.terms, productName } },
      { title: "<b>&amp;</b>", footer: "\u001b[0m" },
    );
    validateTexts(messages);
    expect(messages[0]).toContain("åäö");
  });

  it("every operation there is, both ways", async () => {
    const sale = contractSale();
    const messages = [
      ...(await wholeSale(sale, { title: "Demo station", footer: "Thank you" })),
      ...(await terminalMessages()),
      ...(await bookMessages()),
    ];
    validateTexts(messages);
    const sent = messages.filter((_, index) => index % 2 === 0);
    const operations = sent.map((message) => /Body>\s*<(?:\w+:)?(\w+)/.exec(message)?.[1]);
    expect(Object.keys(ANSWERS)).toHaveLength(12);
    expect(new Set(operations)).toEqual(new Set(Object.keys(ANSWERS)));
  });
});

function terminalMessages(): Promise<string[]> {
  return recorded(async (endpoint) => {
    const terminals = await createSeqrTerminals({
      endpoint,
      requestTimeoutMs: 5000,
      clientId: "kioskd",
      reseller: DEMO_RESELLER,
    });
    const made = await terminals.register({ externalTerminalId: "a/b", password: "longenough", name: "Pump" });
    if (made.kind !== "done") throw new Error(made.detail);
    const terminal = { terminalId: made.value.terminalId, password: "longenough" };
    await terminals.assign({ ...terminal, seqrId: "K1" });
    await terminals.unregister(terminal);
    terminals.close();
  });
}

/** The books of a paid sale, with texts that XML and HTML have to escape. */
function bookMessages(): Promise<string[]> {
  return recorded(async (endpoint, rig) => {
    const settings = { ...settingsFor(endpoint), currency: "SEK", reseller: DEMO_RESELLER };
    const sale = contractSale();
    const offered = await rig.provider.offer(sale, ALWAYS, OFFER);
    if (offered.kind !== "done") throw new Error(offered.detail);
    await rig.confirm(offered.value.reference);
    await rig.provider.query(sale, offered.value.reference);
    const settled = await rig.provider.settle(sale, offered.value.reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    if (settled.kind !== "done" || settled.value.state !== "captured") throw new Error("not paid");
    const { paymentReference } = settled.value.receipt;
    for (const content of ["text", "html", "empty"] as const) {
      const receipt = { mimeType: "text/plain", type: "PAYMENT_RECEIPT", content };
      const books = await createSeqrBooks({ ...settings, receipt }, CLOCK, memoryLog());
      const { id: saleId, position } = sale;
      const refund = { refundId: `${saleId}-${content}`, saleId, position, paymentReference };
      const productName = "<![CDATA[5 < 6 & \u0000]]>";
      await books.refund({ ...refund, productName, amountMinor: 100, currency: "SEK" });
      await books.submitReceipt(recordOf(sale, paymentReference));
      const marked = await books.markPeriod(position);
      if (marked.kind !== "done") throw new Error(marked.detail);
      await books.transactions(position, marked.value.periodId);
      await books.report("Reconciliation/Shop.xml", { transactionPeriodId: marked.value.periodId }, "en");
      books.close();
    }
  });
}

function recordOf(sale: Sale, paymentReference: string): SaleRecord {
  const receipt = { paymentReference, paidAt: null, details: {} };
  const outcome = { phase: "closed", outcome: "paid", reason: null, chargedMinor: 9945, closedAtMs: 0 } as const;
  return saleRecord({ ...outcome, sale, offer: null, hold: null, delivery: CONTRACT_DELIVERY, receipt });
}

describe("what a sale sends", () => {
  it("is exact, and keys every call with the sale", async () => {
    const sale = contractSale();
    const messages = (await wholeSale(sale, { title: "Demo station", footer: "Thanks" })).filter(
      (_, index) => index % 2 === 0,
    );
    const [offer, query, update, commit] = messages;
    expect(offer).toContain("<paymentMode>RESERVATION_REQUIRED_PRELIMINARY_AMOUNT</paymentMode>");
    expect(offer).toContain("<acknowledgmentMode>NO_ACKNOWLEDGMENT</acknowledgmentMode>");
    expect(offer).toContain(`<clientInvoiceId>${sale.id}</clientInvoiceId>`);
    expect(offer).toContain("<totalAmount><currency>SEK</currency><value>300.00</value></totalAmount>");
    expect(offer).toContain("<commitReservationTimeout>3600</commitReservationTimeout>");
    expect(offer).toContain("<clientRequestTimeout>0</clientRequestTimeout>");
    expect(query).toContain("<invoiceVersion>0</invoiceVersion>");
    expect(update).toContain("<itemQuantity>5.000</itemQuantity>");
    expect(update).toContain(
      "<itemUnit>L</itemUnit><itemUnitPrice><currency>SEK</currency><value>19.89</value></itemUnitPrice>",
    );
    expect(update).toContain("<itemTaxRate>25</itemTaxRate>");
    expect(commit).toContain("<amount><currency>SEK</currency><value>99.45</value></amount><invoiceReference>");
    expect(messages[4]).toContain("<invoiceVersion>1</invoiceVersion>");
    const references = messages.map((message) => /<clientReference>(.*)<\/clientReference>/.exec(message)?.[1] ?? "");
    expect(new Set(references).size).toBe(messages.length);
    for (const reference of references) expect(reference.length).toBeLessThanOrEqual(32);
  });
});
