import type { RequestListener } from "node:http";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { WAY_NAMES } from "../../../src/payments/seqr/simulator/dressing.ts";
import { retryAfterMs } from "../../../src/platform/http/retry-after.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, OFFER } from "../../support/sale-fixtures.ts";
import { CLOCK, envelope, memoryLog, type RawServer, rawServer, seqrRig, settingsFor } from "./rig.ts";

let server: RawServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function asked(listener: RequestListener, log = memoryLog(), times = 1) {
  server = await rawServer((request, response) => {
    request.resume();
    listener(request, response);
  });
  const provider = await createSeqrProvider(settingsFor(server.endpoint), CLOCK, log);
  let outcome = await provider.query(contractSale(), "1");
  for (let more = 1; more < times; more++) outcome = await provider.query(contractSale(), "1");
  await provider.close();
  return outcome;
}

function answering(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): RequestListener {
  return (_request, response) => void response.writeHead(status, { "Content-Type": "text/xml", ...headers }).end(body);
}

const receipt = (value: string, receiver = "Kiosk"): string =>
  `<receipt><receiverName>${receiver}</receiverName><invoice><totalAmount><currency>SEK</currency><value>${value}</value></totalAmount></invoice></receipt>`;
const paid = (value: string, receiver?: string): string =>
  envelope(
    "getPaymentStatus",
    `<ersReference>7</ersReference><resultCode>0</resultCode><status>PAID</status><version>1</version>${receipt(value, receiver)}`,
  );
const captured = (capturedMinor: number, receiverName = "Kiosk") => ({
  kind: "done",
  value: { state: "captured", capturedMinor, receipt: { details: { receiverName } } },
});

describe("a packed answer", () => {
  it("is not asked for", async () => {
    const seen: unknown[] = [];
    await asked((request, response) => {
      seen.push(request.headers["accept-encoding"]);
      answering(paid("1.00"))(request, response);
    });
    expect(seen).toEqual(["identity"]);
  });

  it.each([
    ["gzip", gzipSync(paid("52.50"))],
    ["x-gzip", gzipSync(paid("52.50"))],
    ["GZIP", gzipSync(paid("52.50"))],
    ["deflate", deflateSync(paid("52.50"))],
    ["deflate", deflateRawSync(paid("52.50"))],
    ["br", brotliCompressSync(paid("52.50"))],
    ["identity", Buffer.from(paid("52.50"))],
  ])("by %s is read all the same", async (packing, body) => {
    expect(await asked(answering(body, { "Content-Encoding": packing }))).toMatchObject(captured(5250));
  });

  const bomb = Buffer.alloc(64 * 1024 * 1024, " ");
  it.each([
    ["a bomb", "gzip", gzipSync(bomb), "larger than"],
    ["another bomb", "br", brotliCompressSync(bomb), "larger than"],
    ["half of one", "gzip", gzipSync(paid("1.00")).subarray(0, 60), "cannot be unpacked"],
    ["one that is not packed", "gzip", Buffer.from(paid("1.00")), "cannot be unpacked"],
    ["one packed twice", "gzip, br", gzipSync(paid("1.00")), "packed in a way"],
    ["one packed in an unknown way", "zstd", Buffer.from(paid("1.00")), "packed in a way"],
    ["one packed by what all objects have", "constructor", Buffer.from(paid("1.00")), "packed in a way"],
  ])("that is %s is unknown", async (_what, packing, body, detail) => {
    const outcome = await asked(answering(body, { "Content-Encoding": packing }));
    expect(outcome).toMatchObject({ kind: "unknown", detail: expect.stringContaining(detail) });
  });
});

describe("the character set", () => {
  const said = (charset: string): string => paid("52.50", "Sjö €").replace("?>", ` encoding="${charset}"?>`);
  const plain = (charset: string): string => said(charset).replace(" €", "");
  const utf16 = (text: string): Buffer => Buffer.from(`\uFEFF${text}`, "utf16le");
  const swapped = (text: string): Buffer => utf16(text).swap16();
  const cp1252 = (text: string): Buffer => Buffer.from(text.replace("€", "\u0080"), "latin1");
  it.each<[string, string, Buffer, string]>([
    ["UTF-8 unless told", "text/xml", Buffer.from(paid("52.50", "Sjö €")), "Sjö €"],
    ["UTF-8 by header", "text/xml; charset=utf-8", Buffer.from(said("UTF-8")), "Sjö €"],
    ["UTF-8 with a mark", "text/xml", Buffer.from(`\uFEFF${said("UTF-8")}`), "Sjö €"],
    ["a mark before a wrong name", "text/xml; charset=iso-8859-1", Buffer.from(`\uFEFF${said("UTF-8")}`), "Sjö €"],
    ["ISO-8859-1 by header", 'text/xml; charset="ISO-8859-1"', Buffer.from(plain("utf-8"), "latin1"), "Sjö"],
    ["ISO-8859-1 by declaration", "text/xml", Buffer.from(plain("ISO-8859-1"), "latin1"), "Sjö"],
    ["windows-1252", "text/xml; charset=windows-1252", cp1252(said("x")), "Sjö €"],
    ["windows-1252 by declaration", "text/xml", cp1252(said("windows-1252")), "Sjö €"],
    ["UTF-16", "text/xml; charset=utf-16", utf16(said("UTF-16")), "Sjö €"],
    ["UTF-16 the other way", "text/xml", swapped(said("UTF-16")), "Sjö €"],
    ["UTF-16 by its full name", "text/xml; charset=utf-16le", utf16(said("UTF-16")).subarray(2), "Sjö €"],
  ])("is %s", async (_what, type, body, receiver) => {
    expect(await asked(answering(body, { "Content-Type": type }))).toMatchObject(captured(5250, receiver));
  });

  it.each([
    ["unheard of", "text/xml; charset=x-klingon", paid("1.00")],
    ["one that is not read", "text/xml; charset=shift_jis", paid("1.00")],
    ["what all objects have", "text/xml; charset=constructor", paid("1.00")],
    ["unheard of by declaration", "text/xml", said("x-klingon")],
    ["UTF-16 that does not say which", "text/xml; charset=utf-16", paid("1.00")],
  ])("that is %s is refused in words", async (_what, type, body) => {
    const outcome = await asked(answering(body, { "Content-Type": type }));
    expect(outcome).toMatchObject({ kind: "unknown", detail: expect.stringMatching(/character set|UTF-16/) });
  });
});

describe("all of an element's text counts", () => {
  it.each([
    ["9<!-- -->9.45", 9945],
    ["<!-- -->99.45<!-- -->", 9945],
    ["9<![CDATA[9.4]]>5", 9945],
    ["<![CDATA[99]]><![CDATA[.45]]>", 9945],
    ["9<?pause?>9.45", 9945],
    ["&#57;9&#x2e;45", 9945],
    [`9${"<!-- -->".repeat(3_000)}9.45`, 9945],
  ])("%s", async (value, capturedMinor) => {
    expect(await asked(answering(paid(value)))).toMatchObject(captured(capturedMinor));
  });

  it.each(["9 <!-- -->9.45", "9<b/>9.45", "9<b>9</b>.45"])("%s is no amount", async (value) => {
    const outcome = await asked(answering(paid(value)));
    expect(outcome.kind === "done" ? outcome.value.state : outcome.kind).toMatch(/^un(clear|known)$/);
  });
});

describe("what asks to wait", () => {
  const nowMs = Date.UTC(2026, 10, 30, 12);
  const inAMinute = "Mon, 30 Nov 2026 12:01:00 GMT";
  it.each<[string | undefined, string | undefined, number | null]>([
    ["7", undefined, 7_000],
    [" 7 ", undefined, 7_000],
    ["0", undefined, 0],
    ["86400", undefined, 300_000],
    ["999999999", undefined, 300_000],
    [inAMinute, undefined, 60_000],
    // The kiosk's clock does not count where the answer says what time it is there.
    [inAMinute, "Mon, 30 Nov 2026 12:00:50 GMT", 10_000],
    [inAMinute, "nonsense", 60_000],
    ["Mon, 30 Nov 2026 11:00:00 GMT", undefined, 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", undefined, 300_000],
    ["-5", undefined, null],
    ["1e3", undefined, null],
    ["soon", undefined, null],
    ["", undefined, null],
    [undefined, undefined, null],
    ["99999999999", undefined, 300_000],
    ["9".repeat(400), undefined, 300_000],
  ])("%s, answered at %s", (header, date, waitMs) => {
    expect(retryAfterMs(header, date, nowMs)).toBe(waitMs);
  });

  it.each([429, 503])("is heard with status %i", async (status) => {
    const outcome = await asked(answering("busy", { "Retry-After": "20" }, status));
    expect(outcome).toMatchObject({
      kind: "unknown",
      retryAfterMs: 20_000,
      detail: expect.stringContaining(`${status}`),
    });
  });

  it.each([200, 500, 302])("is not heard with status %i", async (status) => {
    expect(await asked(answering("busy", { "Retry-After": "20" }, status))).not.toHaveProperty("retryAfterMs");
  });
});

describe("a poll that goes on failing", () => {
  it("is told once, and once more when it is well again", async () => {
    const log = memoryLog();
    let left = 20;
    const outcome = await asked(
      (request, response) => answering(left-- > 0 ? "oh" : paid("1.00"))(request, response),
      log,
      21,
    );
    expect(outcome.kind).toBe("done");
    const lines = log.warned();
    expect(lines).toHaveLength(1);
    expect(log.text()).toMatch(/answers again .*"failures":20/);
  });
});

describe("whatever the way in which the service answers", () => {
  const TRUE_WAYS = ["gzip", "deflate", "br", "latin-1", "latin-1-declared", "utf-16", "comments", "sections"];

  it.each(WAY_NAMES)("a sale is settled to the öre, or it is not known: %s", async (mode) => {
    const rig = await seqrRig();
    const sale = contractSale();
    const offered = await rig.provider.offer(sale, ALWAYS, OFFER);
    if (offered.kind !== "done") throw new Error(offered.detail);
    const { reference } = offered.value;
    await rig.confirm(reference);
    await rig.fault({ op: "*", mode, count: 50 });
    const settled = await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
    const isTrue = TRUE_WAYS.includes(mode);
    expect(settled.kind).toBe(isTrue ? "done" : "unknown");
    await rig.noFaults();
    if (!isTrue)
      expect((await rig.provider.settle(sale, reference, CONTRACT_DELIVERY, ALWAYS, CAPTURE)).kind).toBe("done");
    expect(await rig.charged(sale.id)).toBe(CONTRACT_DELIVERY.amountMinor);
    await rig.provider.close();
    await rig.close();
  });
});
