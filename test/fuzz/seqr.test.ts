import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import {
  brotliCompressSync,
  brotliDecompressSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
} from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Truth } from "../../src/core/sale/resolve.ts";
import { codeOf } from "../../src/displays/code.ts";
import { createSeqrProvider } from "../../src/payments/seqr/provider.ts";
import { bookedPayments } from "../../src/payments/seqr/report.ts";
import { childNamed, readXml, type XmlElement } from "../../src/payments/seqr/simulator/xml.ts";
import type { Outcome } from "../../src/ports/outcome.ts";
import type { PaymentProvider } from "../../src/ports/payment.ts";
import { CONTRACT_DELIVERY, contractSale } from "../contract/payment.ts";
import { CLOCK, envelope, memoryLog, type RawServer, rawServer, settingsFor } from "../payments/seqr/rig.ts";
import { ALWAYS, CAPTURE, FREE, OFFER, OURS } from "../support/sale-fixtures.ts";
import { damaged, mutated, runs } from "./arbitraries.ts";

const SALE = contractSale();
const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/seqr/${name}-response.xml`, import.meta.url), "utf8");

const STATUSES = ["ISSUED", "RESERVED", "PAID", "CANCELED", "FAILED", "EXPIRED", "PENDING_ISSUER_ACKNOWLEDGE"];
const status = (name: string): string =>
  envelope("getPaymentStatus", `<resultCode>0</resultCode><status>${name}</status><version>1</version>`);
const STATUS_ANSWERS = [...STATUSES.map(status), fixture("getPaymentStatus-paid"), fixture("getPaymentStatus-expired")];
const OTHER_ANSWERS = ["updateInvoice", "commitReservation", "cancelInvoice"].map((operation) =>
  envelope(operation, "<resultCode>0</resultCode><ersReference>77</ersReference>"),
);

/** What XML gives a meaning to, what the reader's own objects do, and what money hangs on. */
const PARTS = [
  ...["<", ">", "&", "]]>", "<![CDATA[", "<!--", "-->", "<?xml ?>", "\u0000", "\uFEFF", "\uD800", "\r\n", " "],
  ...["<!DOCTYPE s [<!ENTITY a 'RESERVED'><!ENTITY b '&a;&a;&a;&a;'>]>", "&a;", "&b;", "&#82;", "&amp;", "&lt;"],
  ...["<status>RESERVED</status>", "<status>PAID</status>", "<resultCode>0</resultCode>", "</status>", "<status>"],
  ...["<return>", "</return>", "<s:Body>", "</s:Body>", "<s:Fault/>", "<x:status xmlns:x='urn:x'>PAID</x:status>"],
  ...[' id="__proto__"', ' id="a"', ' href="#a"', ' xmlns="urn:x"', ' xmlns:s="urn:x"', ' a="b"', " attributes='1'"],
  ...["<__proto__><status>PAID</status></__proto__>", "<constructor>1</constructor>", "<hasOwnProperty/>", "$value"],
  ...["RESERVED", "PAID", "SEK", "EUR", "0", "-", "1e3", "NaN", "9".repeat(300), "<a>".repeat(60), "</a>".repeat(60)],
];
const part = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PARTS) }, fc.string({ unit: "binary" }));
const mutatedOf = (answers: readonly string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...answers).chain((answer) => mutated(answer, part));
/** Each field there, missing, doubled or strange, in any order. */
const composed = fc
  .tuple(
    fc.subarray(["<resultCode>0</resultCode>", "<resultCode>54</resultCode>", "<resultCode>58</resultCode>"]),
    fc.subarray(STATUSES.map((name) => `<status>${name}</status>`)),
    fc.subarray([
      "<ersReference>7</ersReference>",
      "<version>9999999999</version>",
      "<receipt/>",
      "<receipt>x</receipt>",
    ]),
    fc.array(part, { maxLength: 2 }),
  )
  .chain((fields) => fc.shuffledSubarray(fields.flat()))
  .map((fields) => envelope("getPaymentStatus", fields.join("")));
const statusAnswer = fc.oneof(mutatedOf(STATUS_ANSWERS), composed);

let server: RawServer;
let provider: PaymentProvider;
let listener: RequestListener = () => undefined;

beforeAll(async () => {
  server = await rawServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  provider = await createSeqrProvider(settingsFor(server.endpoint, { pollIntervalMs: 0 }), CLOCK, memoryLog());
});

afterAll(async () => {
  await provider.close();
  await server.close();
});

function answering(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(200, { "Content-Type": "text/xml", ...headers });
    response.end(body);
  };
}

/** The answer's fields as another reader sees them, blanks aside; null when it is no XML, or has no answer in it. */
function saidBy(xml: string): ((...path: readonly string[]) => string) | null {
  // As it goes over the wire, where half a character is another.
  const sent = Buffer.from(xml).toString();
  const answer = childNamed(childNamed(readXml(sent), "Body")?.children[0], "return");
  if (answer === undefined) return null;
  return (...path) => {
    const found = path.reduce<XmlElement | undefined>((element, name) => childNamed(element, name), answer);
    return (found?.text ?? "").replaceAll(/\s/g, "");
  };
}

/** The total in the answer's receipt; without one it is no bound. */
function shownMinor(said: (...path: readonly string[]) => string): number {
  const value = said("receipt", "invoice", "totalAmount", "value");
  return value === "" ? Number.POSITIVE_INFINITY : Math.round(Number(value) * 100);
}

/** Money may follow only from what was truly said. */
function expectTrue(outcome: Outcome<Truth>, xml: string): void {
  if (outcome.kind !== "done") return;
  const said = saidBy(xml);
  const truth = outcome.value;
  if (said === null) throw new Error(`${truth.state} was read from what says nothing`);
  const code = Number(said("resultCode"));
  switch (truth.state) {
    case "held":
      expect([code, said("status")]).toEqual([0, "RESERVED"]);
      expect(truth.authorisedMinor).toBe(Math.min(shownMinor(said), SALE.terms.maximumMinor));
      return;
    case "captured":
      expect([code, said("status")]).toEqual([0, "PAID"]);
      if (truth.capturedMinor === null) return;
      expect(said("receipt", "invoice", "totalAmount", "currency")).toBe("SEK");
      expect(truth.capturedMinor).toBe(Math.round(Number(said("receipt", "invoice", "totalAmount", "value")) * 100));
      return;
    case "ended":
      if (code === 0) expect(["CANCELED", "FAILED", "EXPIRED"]).toContain(said("status"));
      else expect([55, 58, 95]).toContain(code);
      return;
    case "unclear":
      // A "no" is unclear only where the rest of the answer contradicts it.
      if (code === 0 || said("receipt", "invoice", "totalAmount", "value") !== "" || xml.includes("<receipt")) return;
      expect(["", "CANCELED", "FAILED", "EXPIRED"]).not.toContain(said("status"));
      return;
    case "open":
    case "different":
      expect(code).toBe(0);
  }
}

describe("an answer of the payment service, whatever it is", () => {
  /** Nothing that was answered may change how the next answer is read. */
  afterEach(async () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    listener = answering(status("RESERVED"));
    expect(await provider.query(SALE, "1")).toMatchObject({ kind: "done", value: { state: "held" } });
  });

  it("says held, paid or ended only where another reader reads the same", async () => {
    await fc.assert(
      fc.asyncProperty(statusAnswer, async (xml) => {
        listener = answering(xml);
        expectTrue(await provider.query(SALE, "1"), xml);
      }),
      runs(600),
    );
  });

  it("says nothing at all in random bytes, or in the wrong encoding", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom<BufferEncoding>("utf16le", "base64", "hex").map((name) => Buffer.from(status("PAID"), name)),
      fc.constantFrom(...STATUS_ANSWERS).map((xml) => Buffer.from(xml, "utf16le")),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        listener = answering(body);
        expect((await provider.query(SALE, "1")).kind).toBe("unknown");
      }),
      runs(100),
    );
  });

  it("counts only as the whole body of a 200, however the server speaks HTTP", async () => {
    const line = fc.oneof(
      fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.1 500 Oh", "HTTP/1.1 302 Go", "ICY 200"),
      fc.string(),
    );
    const header = fc.constantFrom(
      ...["Content-Length: 5", "Content-Length: -1", "Content-Length: 99999999999", "Transfer-Encoding: chunked"],
      ...["Content-Type: text/html", "Content-Encoding: gzip", "Location: http://127.0.0.1:1/", "Connection: Upgrade"],
      ...["X: \u0001", "HTTP/1.1 100 Continue\r\n", `X: ${"y".repeat(20_000)}`, "", ":"],
    );
    const speech = fc.tuple(line, fc.array(header, { maxLength: 3 }), fc.constantFrom(...STATUS_ANSWERS));
    await fc.assert(
      fc.asyncProperty(speech, async ([first, headers, xml]) => {
        listener = (request) => request.socket.end(`${[first, ...headers].join("\r\n")}\r\n\r\n${xml}`);
        const outcome = await provider.query(SALE, "1");
        if (first !== "HTTP/1.1 200 OK") expect(outcome.kind).toBe("unknown");
        else expectTrue(outcome, xml);
      }),
      runs(120),
    );
  });

  it("says what is packed or coded in another way only where another reader unpacks the same", async () => {
    const packed = fc
      .constantFrom(...STATUS_ANSWERS)
      .chain((xml) =>
        fc
          .constantFrom<readonly [string, (bytes: Buffer) => Buffer, (bytes: Uint8Array) => Buffer]>(
            ["gzip", gzipSync, gunzipSync],
            ["deflate", deflateSync, inflated],
            ["br", brotliCompressSync, brotliDecompressSync],
          )
          .chain(([packing, pack, unpack]) =>
            damaged(fc.constant(pack(Buffer.from(xml)))).map((body) => ({ packing, body, unpack })),
          ),
      );
    await fc.assert(
      fc.asyncProperty(packed, async ({ packing, body, unpack }) => {
        listener = answering(body, { "Content-Encoding": packing });
        const outcome = await provider.query(SALE, "1");
        if (outcome.kind === "done") expectTrue(outcome, unpack(body).toString());
      }),
      runs(150),
    );
  });

  it("reads no character set into bytes that nobody named", async () => {
    const name = fc.oneof(
      fc.constantFrom(...["utf-16", "utf-16le", "UTF-16BE", "constructor", "__proto__", "utf-7", "utf-32", "'", '""']),
      fc.constantFrom(...["iso-8859-1", "windows-1252", "us-ascii", "utf-8;x", "utf-8 utf-16", "\t", "utf8"]),
      fc.stringMatching(/^[ -~]{0,30}$/),
    );
    await fc.assert(
      fc.asyncProperty(name, fc.constantFrom(...STATUS_ANSWERS), async (charset, xml) => {
        listener = answering(xml, { "Content-Type": `text/xml; charset=${charset}` });
        const outcome = await provider.query(SALE, "1");
        expectTrue(outcome, xml);
        // None of the others has a name of which one of these is a part.
        const mayBeRead = charset.trim() === "" || /utf-?8|ascii|latin|1252|8859|;|utf-16[lb]e/i.test(charset);
        if (!mayBeRead && /^[\w-]/.test(charset)) expect(outcome.kind).toBe("unknown");
      }),
      runs(150),
    );
  });

  it("makes an offer only with a reference and a code that can be drawn", async () => {
    await fc.assert(
      fc.asyncProperty(mutatedOf([fixture("sendInvoice"), ...STATUS_ANSWERS]), async (xml) => {
        listener = answering(xml);
        const offer = await provider.offer(SALE, ALWAYS, OFFER);
        if (offer.kind !== "done") return;
        const said = saidBy(xml);
        expect(said?.("resultCode")).toMatch(/^0+$/);
        expect(offer.value.reference.replaceAll(/\s/g, "")).toBe(said?.("invoiceReference"));
        expect(codeOf(offer.value.qrText).modules).toBeGreaterThan(0);
      }),
      runs(200),
    );
  });

  it("settles and releases only where a status truly says so, in however many answers", async () => {
    const answers = fc.array(fc.oneof(statusAnswer, mutatedOf(OTHER_ANSWERS), fc.constantFrom(...OTHER_ANSWERS)), {
      minLength: 3,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(answers, fc.boolean(), async (all, settles) => {
        let asked = 0;
        let last = "";
        listener = (request, response) => {
          last = all[asked++ % all.length] ?? "";
          answering(last)(request, response);
        };
        expectTrue(
          await (settles
            ? provider.settle(SALE, "1", CONTRACT_DELIVERY, ALWAYS, CAPTURE)
            : provider.release(SALE, "1", ALWAYS, OURS, FREE)),
          last,
        );
        expect(asked).toBeLessThanOrEqual(12);
      }),
      runs(150),
    );
  });

  const held = status("RESERVED");
  it.each([
    ["one element for another's text", held.replace("<status>RESERVED", "<x id='a'>RESERVED</x><status href='#a'>")],
    ["a document type", held.replace("?>", "?><!DOCTYPE x [<!ENTITY a 'RESERVED'>]>")],
    ["an id that all objects inherit", held.replace("<return>", "<return><x id='__proto__'>y</x>")],
    ["an element that all objects inherit", held.replace("<return>", "<return><constructor>y</constructor>")],
    ["an element after its end", `${held}<return/>`],
    ["an element after its end that does not end", `${held}<return>`],
    ["no end of elements", held.replace("<return>", "<a>".repeat(80_000))],
    ["no end of sections", held.replace("<return>", "<![CDATA[".repeat(25_000))],
  ])("is refused where it has %s", async (_what, xml) => {
    listener = answering(xml);
    expect(await provider.query(SALE, "1")).toMatchObject({ kind: "unknown" });
  });
});

describe("a report of the payment service, whatever it is", () => {
  const row = (amount: string, reference: string): string =>
    `<Row><TerminalId>t</TerminalId><SalesAmount>${amount}</SalesAmount><ErsReference>${reference}</ErsReference></Row>`;
  const report = `<TransactionDetails>${row("93.31000", "101")}${row("-30.00000", "104")}</TransactionDetails>`;
  const parts = fc.oneof(
    fc.constantFrom(...["<Row>", "</Row>", row("1.00", "9"), "<SalesAmount>2</SalesAmount>", "</TransactionDetails>"]),
    part,
  );

  it("lists the rows that another reader finds, or none", async () => {
    await fc.assert(
      fc.asyncProperty(mutated(report, parts), async (text) => {
        const booked = await bookedPayments(text, "t", "SEK");
        const root = readXml(text);
        if (booked.kind !== "done" || root === undefined) return;
        // Adding nothing turns the zero that has a sign into the one that has none.
        expect(booked.value.map(({ amountMinor }) => amountMinor / 100)).toEqual(
          rowsIn(root).map((each) => Number(childNamed(each, "SalesAmount")?.text) + 0),
        );
      }),
      runs(1_000),
    );
  });

  it.each([
    ["an amount of many zeros", report.replace("93.31", `93.31${"0".repeat(1_000_000)}1`)],
    ["no end of elements", "<a>".repeat(1_000_000)],
    ["no end of wrong ends", "<TransactionDetails>".repeat(100_000) + "</Row>".repeat(100_000)],
  ])("ends soon with %s", async (_what, text) => {
    expect((await bookedPayments(text, "t", "SEK")).kind).toBe("unknown");
  });

  /** Rows end in the order of their ends, those inside another before it. */
  function rowsIn(element: XmlElement): XmlElement[] {
    return [...element.children.flatMap(rowsIn), ...(element.name === "Row" ? [element] : [])];
  }
});

/** As browsers read it: with the header that belongs to it, or without. */
function inflated(bytes: Uint8Array): Buffer {
  try {
    return inflateSync(bytes);
  } catch {
    return inflateRawSync(bytes);
  }
}
