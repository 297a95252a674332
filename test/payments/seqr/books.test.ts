import { afterEach, describe, expect, it } from "vitest";
import { createSeqrBooks, type SeqrBooks, type SeqrBooksSettings } from "../../../src/payments/seqr/books.ts";
import { RESULT_CODES } from "../../../src/payments/seqr/codes.ts";
import { DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import { booksSettings, RECORD, refundOf } from "./books-rig.ts";
import { CLOCK, envelope, memoryLog, PASSWORD, type RawServer, rawServer } from "./rig.ts";

let server: RawServer | null = null;
let books: SeqrBooks | null = null;

afterEach(async () => {
  books?.close();
  await server?.close();
  [books, server] = [null, null];
});

/** A service that gives one answer to everything, and what it was sent. */
async function canned(answer: (operation: string) => string, changes: Partial<SeqrBooksSettings> = {}) {
  const sent: string[] = [];
  server = await rawServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    sent.push(body);
    const operation = /Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? "";
    response.writeHead(200, { "Content-Type": "text/xml" }).end(envelope(operation, answer(operation)));
  });
  books = await createSeqrBooks(booksSettings(server.endpoint, changes), CLOCK, memoryLog());
  return { books, sent };
}

const code = (number: number) => `<resultCode>${number}</resultCode>`;
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("what a refund's answer means", () => {
  const expected = { success: "done", retry: "unknown", "query-first": "unknown" } as const;
  const rows = [...RESULT_CODES.values()].filter(({ code: number }) => number !== 98);
  it.each(rows.map((result) => [result.code, result.treatment] as const))("%i (%s)", async (number, treatment) => {
    const { books: own } = await canned(() => code(number));
    const outcome = await own.refund(refundOf("1"));
    if (treatment === "operator") expect(outcome).toMatchObject({ kind: "declined", reason: "rejected" });
    else if (treatment === "give-up") expect(outcome).toMatchObject({ kind: "declined", reason: "refused" });
    else expect(outcome.kind).toBe(expected[treatment]);
  });

  it.each([
    [98, "done"],
    [777, "unknown"],
  ])("%i", async (number, kind) => {
    const { books: own } = await canned(() => code(number));
    expect((await own.refund(refundOf("1"))).kind).toBe(kind);
  });

  it.each([0, -1, 0.5, Number.NaN])("an amount of %d is refused without asking anybody", async (amountMinor) => {
    const { books: own, sent } = await canned(() => code(0));
    expect(await own.refund(refundOf("1", { amountMinor }))).toMatchObject({ kind: "declined", reason: "refused" });
    expect(sent).toEqual([]);
  });

  it("sends the amount to give back, keyed with the refund, as the position's terminal", async () => {
    const { books: own, sent } = await canned(() => code(0), { clientReferencePrefix: "kioskd-9.9-" });
    await own.refund(refundOf("20261"));
    expect(sent[0]).toContain("<ersReference>20261</ersReference>");
    expect(sent[0]).toContain("<clientInvoiceId>refund-1</clientInvoiceId>");
    expect(sent[0]).toContain("<totalAmount><currency>SEK</currency><value>45.00</value></totalAmount>");
    expect(sent[0]).toContain("<cashierId>1</cashierId>");
    expect(sent[0]).toContain(`<id>${DEMO_TERMINAL.id}</id><type>TERMINALID</type>`);
    expect(sent[0]).toMatch(/<clientReference>kioskd-9\.9-[\w-]{1,21}<\/clientReference>/);
  });
});

describe("receipts", () => {
  async function rendered(content: "text" | "html" | "empty", mimeType: string): Promise<string> {
    const receipt = { content, mimeType, type: "WARRANTY" };
    const { books: own, sent } = await canned(() => code(0), { receipt });
    expect(await own.submitReceipt(RECORD)).toEqual({ kind: "done", value: null });
    expect(sent[0]).toContain(`<receiptDocument><mimeType>${mimeType}</mimeType>`);
    expect(sent[0]).toContain("<receiptType>WARRANTY</receiptType>");
    const data = /<receiptData>(.*)<\/receiptData>/.exec(sent[0] ?? "")?.[1];
    return Buffer.from(data ?? "missing", "base64").toString("utf8");
  }

  it("as text", async () => {
    const text = await rendered("text", "text/plain");
    for (const part of ["Demo station", RECORD.product, "5.000 L", "99.45 SEK", "20261234", "sale-1"])
      expect(text).toContain(part);
  });

  it("as a page, with every text escaped", async () => {
    const html = await rendered("html", "text/html");
    expect(html).toContain("Diesel &amp; &lt;b&gt;&quot;AdBlue&quot;&lt;/b&gt; åäö");
    expect(html).not.toContain("<b>");
  });

  it("with nothing inside", async () => {
    expect(await rendered("empty", "text/plain")).toBe("");
  });

  it.each([
    ["none is configured", { receipt: null }, RECORD],
    ["nothing was paid", {}, { ...RECORD, reference: null }],
  ])("not when %s", async (_name, changes, record) => {
    const { books: own, sent } = await canned(() => code(0), changes);
    expect(await own.submitReceipt(record)).toMatchObject({ kind: "declined", reason: "refused" });
    expect(sent).toEqual([]);
  });
});

describe("the service's books", () => {
  const row = `<Row><TerminalId>${DEMO_TERMINAL.id}</TerminalId><SalesAmount>10.00000</SalesAmount><ErsReference>7</ErsReference></Row>`;
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<TransactionDetails>\n${row}\n</TransactionDetails>`;
  const escaped = xml.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const asked = async (report: string) => {
    const { books: own } = await canned(() => code(0) + report);
    return own.transactions("1", "18");
  };
  const booked = { kind: "done", value: [{ paymentReference: "7", amountMinor: 1000 }] };

  it.each([
    ["as a CDATA section", `<report><contentString><![CDATA[${xml}]]></contentString></report>`],
    ["as escaped text", `<report><contentString>${escaped}</contentString></report>`],
    ["as base64 only", `<report><title/><content>${base64(xml)}</content></report>`],
    ["with both", `<report><content>Cjw/</content><contentString><![CDATA[${xml}]]></contentString></report>`],
    [
      "with a root closed by another name",
      `<report><contentString><![CDATA[${xml.replace("</Tr", "</X")}]]></contentString></report>`,
    ],
  ])("%s", async (_name, report) => {
    expect(await asked(report)).toEqual(booked);
  });

  it.each([
    ["no report", ""],
    ["an empty report", "<report/>"],
    ["a report with nothing in it", "<report><title>t</title><contentString/></report>"],
    ["content that is no base64", "<report><content>%%%</content></report>"],
    ["a cut report", `<report><contentString><![CDATA[${xml.slice(0, -30)}]]></contentString></report>`],
  ])("%s is unknown", async (_name, report) => {
    expect((await asked(report)).kind).toBe("unknown");
  });

  it("larger than any other answer may be", async () => {
    const many = xml.replace(row, row.repeat(6000));
    const outcome = await asked(`<report><contentString><![CDATA[${many}]]></contentString></report>`);
    expect(outcome.kind === "done" && outcome.value?.length).toBe(6000);
  });

  it("are asked for as the merchant, with the terminal named in the schema's nesting", async () => {
    const { books: own, sent } = await canned((operation) =>
      operation === "markTransactionPeriod" ? `${code(0)}<transactionPeriodId>18</transactionPeriodId>` : code(2),
    );
    expect(await own.markPeriod("1")).toEqual({ kind: "done", value: { periodId: "18" } });
    expect(await own.transactions("1", "18")).toEqual({ kind: "done", value: null });
    const entry = (key: string, value: string) => `<entry><key>${key}</key><value>${value}</value></entry>`;
    const terminal = entry("TERMINALID", DEMO_TERMINAL.id);
    expect(sent[0]).toContain(`<parameters><parameter>${terminal}</parameter></parameters>`);
    expect(sent[1]).toContain("<reportId>Reconciliation/STD_RECON_007.xml</reportId>");
    expect(sent[1]).toContain(`<parameter>${entry("transactionPeriodId", "18")}${terminal}</parameter>`);
    for (const message of sent) expect(message).toContain("<type>RESELLERUSER</type><userId>9900</userId>");
  });

  it.each([
    ["an answer without a period", code(0), "unknown"],
    ["a period under its other name", `${code(0)}<ersReference>19</ersReference>`, "done"],
    ["a wrong password", code(20), "declined"],
    ["a busy service", code(93), "unknown"],
  ])("%s", async (_name, answer, kind) => {
    const { books: own } = await canned(() => answer);
    expect((await own.markPeriod("1")).kind).toBe(kind);
  });

  it("stay closed without the merchant's account, and for a position without a terminal", async () => {
    const { books: own, sent } = await canned(() => code(0), { reseller: null });
    const rejected = { kind: "declined", reason: "rejected" };
    expect(await own.markPeriod("1")).toMatchObject(rejected);
    expect(await own.transactions("1", "18")).toMatchObject(rejected);
    expect(await own.report("x", {}, null)).toMatchObject(rejected);
    expect(await own.markPeriod("9")).toMatchObject(rejected);
    expect(await own.transactions("9", "18")).toMatchObject(rejected);
    expect(await own.refund(refundOf("1", { position: "9" }))).toMatchObject(rejected);
    expect(await own.submitReceipt({ ...RECORD, position: "9" })).toMatchObject(rejected);
    expect(sent).toEqual([]);
  });

  it("no answer is unknown, and tells no secrets", async () => {
    server = await rawServer((request) => void request.socket.destroy());
    const log = memoryLog();
    books = await createSeqrBooks(booksSettings(server.endpoint), CLOCK, log);
    for (const outcome of [
      await books.refund(refundOf("1")),
      await books.submitReceipt(RECORD),
      await books.markPeriod("1"),
      await books.transactions("1", "18"),
    ])
      expect(outcome.kind).toBe("unknown");
    expect(log.text()).not.toContain(PASSWORD);
  });
});
