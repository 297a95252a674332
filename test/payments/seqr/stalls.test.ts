import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createSeqrBooks, type SeqrBooks } from "../../../src/payments/seqr/books.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { contractSale } from "../../contract/payment.ts";
import { longestStall } from "../../support/stall.ts";
import { CLOCK, envelope, memoryLog, type RawServer, rawServer, settingsFor } from "./rig.ts";

const MB = 1024 * 1024;

let server: RawServer;
let provider: PaymentProvider;
let books: SeqrBooks;
let sent: { readonly body: Buffer; readonly packing: string } = { body: Buffer.alloc(0), packing: "identity" };
/** All that is sent, instead of those. */
let raw: Buffer | null = null;

beforeAll(async () => {
  server = await rawServer((request, response) => {
    request.resume();
    request.on("end", () => {
      if (raw !== null) return void request.socket.write(raw);
      response.writeHead(200, { "Content-Type": "text/xml", "Content-Encoding": sent.packing }).end(sent.body);
    });
  });
  const settings = settingsFor(server.endpoint, { requestTimeoutMs: 60_000 });
  const reseller = { id: "shop", userId: "1", password: "1234" };
  provider = await createSeqrProvider(settings, CLOCK, memoryLog());
  books = await createSeqrBooks({ ...settings, currency: "SEK", reseller, receipt: null }, CLOCK, memoryLog());
});

afterAll(async () => {
  await provider.close();
  books.close();
  await server.close();
});

const status = (inside: string): string => envelope("getPaymentStatus", inside);
const answer = (inside: string): string => envelope("executeReport", inside);
const report = (inside: string): string => answer(`<resultCode>0</resultCode><report>${inside}</report>`);
const row = (index: number): string =>
  `<Row><TerminalId>${DEMO_TERMINAL.id}</TerminalId><SalesAmount>93.31000</SalesAmount><ErsReference>${index}</ErsReference></Row>`;
const details = (inside: string): string => `<TransactionDetails>${inside}</TransactionDetails>`;
const rows = (chars: number): string => {
  const count = Math.floor(chars / row(10_000).length);
  return details(Array.from({ length: count }, (_, index) => row(10_000 + index)).join(""));
};
const escaped = (text: string): string => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const section = (text: string): string => `<contentString><![CDATA[${text}]]></contentString>`;
const attributes = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ");

describe("a large report is read", () => {
  it.each([
    ["in a section", report(section(rows(3.8 * MB))), 27_000],
    ["escaped", report(`<contentString>${escaped(rows(2.4 * MB))}</contentString>`), 16_000],
    ["in base64", report(`<content>${Buffer.from(rows(2.9 * MB)).toString("base64")}</content>`), 20_000],
  ])("%s, and holds nobody up", async (_what, xml, leastRows) => {
    sent = { body: Buffer.from(xml), packing: "identity" };
    let read = 0;
    const stalled = await longestStall(async () => {
      const outcome = await books.transactions("1", "9");
      if (outcome.kind !== "done") throw new Error(outcome.detail);
      read = outcome.value?.length ?? 0;
    });
    expect(read).toBeGreaterThan(leastRows);
    expect(stalled).toBeLessThan(1);
  });
});

describe("an answer that holds nobody up, and says nothing, has", () => {
  it.each<[string, () => string]>([
    ["an element too many", () => status("<a/>".repeat(60_000))],
    ["900,000 elements", () => answer("<a/>".repeat(900_000))],
    ["22,000 attributes", () => status(`<a ${attributes(20_000)}/>`)],
    ["300,000 attributes", () => answer(`<a ${attributes(300_000)}/>`)],
    ["many elements with many namespaces", () => answer(`<a ${'xmlns:n="u" '.repeat(60)}/>`.repeat(3_000))],
    ["many entities", () => answer(`<status>${"&amp;".repeat(800_000)}</status>`)],
    ["many comments", () => answer(`<status>${"<!---->".repeat(550_000)}</status>`)],
    ["many sections", () => answer(`<status>${"<![CDATA[]]>".repeat(330_000)}</status>`)],
    ["many instructions", () => answer(`<status>${"<?a?>".repeat(780_000)}</status>`)],
    ["a long name", () => answer(`<${"a".repeat(3.9 * MB)}/>`)],
    ["a long value", () => answer(`<a b="${"a".repeat(3.9 * MB)}"/>`)],
    ["nothing but blanks", () => answer(" ".repeat(3.9 * MB))],
    ["blanks before a page", () => `${" ".repeat(3.9 * MB)}<html>`],
    ["letters that take two bytes", () => "\u00e9".repeat(1.9 * MB)],
    ["a report of empty rows", () => report(section(details("<Row/>".repeat(600_000))))],
    ["a report of empty elements", () => report(section(details(`<Row>${"<a/>".repeat(900_000)}</Row>`)))],
    ["a report of attributes", () => report(section(details(`<Row ${attributes(300_000)}/>`)))],
    ["a report of one long text", () => report(section(details(`<Row><a>${"1".repeat(3.8 * MB)}</a></Row>`)))],
    ["a report of wrong ends", () => report(section(details("<Row>".repeat(30) + "</a>".repeat(900_000))))],
  ])("%s", async (_what, xml) => {
    const text = xml();
    const isStatus = text.includes("getPaymentStatus");
    const sale = contractSale();
    sent = { body: Buffer.from(text), packing: "identity" };
    const stalled = await longestStall(async () => {
      const outcome = isStatus ? await provider.query(sale, "1") : await books.transactions("1", "9");
      expect(outcome.kind).toBe("unknown");
    });
    expect(stalled).toBeLessThan(1);
  });

  it("a bomb in it", async () => {
    sent = { body: gzipSync(Buffer.alloc(200 * MB)), packing: "gzip" };
    const stalled = await longestStall(async () => {
      expect((await provider.query(contractSale(), "1")).kind).toBe("unknown");
    });
    expect(stalled).toBeLessThan(1);
  });
});

describe("an answer that comes in crumbs holds nobody up", () => {
  const HEADERS = "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n";
  const paid = status("<status>PAID</status><resultCode>0</resultCode><ersReference>7</ersReference>");
  const whole = `${HEADERS}Content-Length: ${paid.length}\r\n\r\n${paid}`;
  const interim = (line: string): string => `HTTP/1.1 ${line}\r\n\r\n`.repeat(200_000) + whole;
  const chunked = (text: string, chars: number): string => {
    const pieces = text.match(new RegExp(`.{1,${chars}}`, "gs")) ?? [];
    const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join("");
    return `${HEADERS}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  };

  afterEach(() => {
    raw = null;
  });

  it.each<[string, () => string]>([
    ["with hints before it", () => interim("103 Early Hints")],
    ["that tells to go on without end", () => interim("100 Continue")],
    ["that changes to no other protocol", () => interim("101 Switching Protocols")],
    ["of single bytes", () => chunked(status("a".repeat(255_000)), 1)],
    ["of single bytes, and large", () => chunked(answer("a".repeat(1 * MB)), 1)],
    ["of a hundred bytes, and large", () => chunked(answer("a".repeat(3.9 * MB)), 100)],
    ["of pieces just large enough", () => chunked(answer("a".repeat(3.9 * MB)), 260)],
  ])("%s", async (_what, bytes) => {
    raw = Buffer.from(bytes());
    const isStatus = !bytes().includes("executeReport");
    const stalled = await longestStall(async () => {
      const outcome = isStatus ? await provider.query(contractSale(), "1") : await books.transactions("1", "9");
      expect(outcome.kind).toBe("unknown");
    });
    expect(stalled).toBeLessThan(1);
  });

  it("and is read when the crumbs are few", async () => {
    raw = Buffer.from(`HTTP/1.1 100 Continue\r\n\r\n${chunked(paid, 1)}`);
    expect(await provider.query(contractSale(), "1")).toMatchObject({ kind: "done", value: { state: "captured" } });
  });
});
