import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createSeqrClient } from "../../../src/payments/seqr/client.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { contractSale } from "../../contract/payment.ts";
import { CLOCK, envelope, memoryLog, PASSWORD, type RawServer, rawServer, settingsFor } from "./rig.ts";

let server: RawServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

const TIMEOUT_MS = 200;

async function asked(listener: RequestListener, requestTimeoutMs = 5000) {
  server = await rawServer(listener);
  const settings = settingsFor(server.endpoint, { requestTimeoutMs });
  const provider = await createSeqrProvider(settings, CLOCK, memoryLog());
  const startedMs = performance.now();
  const outcome = await provider.query(contractSale(), "1");
  const durationMs = performance.now() - startedMs;
  await provider.close();
  return { outcome, durationMs };
}

function answering(body: string, status = 200): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "text/xml" });
    response.end(body);
  };
}

const PAID = envelope("getPaymentStatus", "<status>PAID</status><resultCode>0</resultCode><version>3</version>");

describe("a call ends in time", () => {
  it.each<[string, RequestListener]>([
    ["at a server that accepts and never answers", () => undefined],
    [
      "at a server that trickles",
      (_request, response) => {
        response.writeHead(200, { "Content-Type": "text/xml" });
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
      },
    ],
    [
      "at a server that sends no end of headers",
      (request) => {
        request.socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => request.socket.write("X-A: b\r\n"), 20);
        request.socket.on("close", () => clearInterval(timer));
      },
    ],
  ])("%s", async (_name, listener) => {
    const { outcome, durationMs } = await asked(listener, TIMEOUT_MS);
    expect(outcome).toMatchObject({ kind: "unknown", detail: expect.stringContaining("no complete answer within") });
    expect(durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS - 20);
    expect(durationMs).toBeLessThan(4000);
  });
});

describe("what is no clear answer is unknown", () => {
  const soap = "http://schemas.xmlsoap.org/soap/envelope/";
  it.each<[string, RequestListener]>([
    ["an empty body", answering("")],
    ["an HTML page with status 200", answering("<html><body><p>Bad<br>gateway</body></html>")],
    ["JSON", answering('{"resultCode":0}')],
    ["text", answering("OK")],
    ["a body cut in the middle", answering(PAID.slice(0, 200))],
    ["a body cut just before its end", answering(PAID.slice(0, -3))],
    ["an empty envelope", answering(`<s:Envelope xmlns:s="${soap}"/>`)],
    ["an empty SOAP body", answering(`<s:Envelope xmlns:s="${soap}"><s:Body/></s:Envelope>`)],
    ["another operation's answer", answering(PAID.replaceAll("getPaymentStatus", "cancelInvoice"))],
    ["an operation never heard of", answering(PAID.replaceAll("getPaymentStatus", "surprise"))],
    ["no result code", answering(envelope("getPaymentStatus", "<status>PAID</status>"))],
    ["a result code that only begins with a number", answering(PAID.replace(">0<", ">0x<"))],
    ["two result codes", answering(PAID.replace("<resultCode>0", "<resultCode>0</resultCode><resultCode>0"))],
    ["no return", answering(PAID.replace(/<return>.*<\/return>/, ""))],
    ["a success with status 500", answering(PAID, 500)],
    ["a redirect", (_request, response) => response.writeHead(302, { Location: "http://127.0.0.1:1/" }).end()],
    ["an answer without end", answering(" ".repeat(300 * 1024) + PAID)],
    [
      "a fault with status 200",
      answering(
        `<s:Envelope xmlns:s="${soap}"><s:Body><s:Fault><faultstring>${PASSWORD}</faultstring></s:Fault></s:Body></s:Envelope>`,
      ),
    ],
    [
      "a fault with status 500",
      answering(
        `<s:Envelope xmlns:s="${soap}"><s:Body><s:Fault><faultstring>${PASSWORD}</faultstring></s:Fault></s:Body></s:Envelope>`,
        500,
      ),
    ],
    [
      "another protocol",
      (request) =>
        void request.socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    ],
    ["a connection cut at once", (request) => void request.socket.destroy()],
    [
      "a connection cut during the answer",
      (_request, response) => {
        response.writeHead(200, { "Content-Length": "5000" });
        response.write(PAID.slice(0, 100), () => response.destroy());
      },
    ],
  ])("%s, at once", async (_name, listener) => {
    const { outcome, durationMs } = await asked(listener);
    expect(outcome.kind).toBe("unknown");
    expect(durationMs).toBeLessThan(4_000);
    if (outcome.kind === "unknown") {
      expect(outcome.detail).not.toContain(PASSWORD);
      expect(outcome.detail.length).toBeLessThan(120);
    }
  });

  it("nobody listening", async () => {
    const provider = await createSeqrProvider(settingsFor("http://127.0.0.1:1/soap"), CLOCK, memoryLog());
    expect(await provider.probe("1")).toMatchObject({
      kind: "unknown",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
    await provider.close();
  });
});

describe("answers are read whatever their order and decoration", () => {
  const amount = (value: string, currency = "SEK") =>
    `<invoice><totalAmount><value>${value}</value><currency>${currency}</currency></totalAmount></invoice>`;
  const paid = (receipt: string) =>
    answering(
      envelope(
        "getPaymentStatus",
        `<version>3</version><status>PAID</status><novelty><a>1</a></novelty><resultCode>0</resultCode><ersReference>77</ersReference><receipt>${receipt}<paymentDate>2026-11-22T09:55:12.000+01:00</paymentDate></receipt>`,
      ),
    );

  it.each([
    ["52.50", 5250],
    ["52.5", 5250],
    ["52.50000", 5250],
    ["52", 5200],
    ["0.29", 29],
    ["1.15", 115],
    ["4503599627370.49", 450359962737049],
  ])("%s kronor are %s öre", async (value, capturedMinor) => {
    const { outcome } = await asked(paid(amount(value)));
    expect(outcome).toMatchObject({ kind: "done", value: { state: "captured", capturedMinor } });
  });

  it.each(["52.505", "-52.50", "5e1", "many"])(
    "%s kronor are no amount, and what was paid is unclear",
    async (value) => {
      const { outcome } = await asked(paid(amount(value)));
      expect(outcome).toMatchObject({ kind: "done", value: { state: "unclear" } });
    },
  );

  it("keeps the payment date as it was sent", async () => {
    const { outcome } = await asked(paid(amount("1.00")));
    expect(outcome).toMatchObject({
      value: { receipt: { paymentReference: "77", paidAt: "2026-11-22T09:55:12.000+01:00" } },
    });
  });

  it("with no amount it is not known", async () => {
    const { outcome } = await asked(paid(""));
    expect(outcome).toMatchObject({ kind: "done", value: { state: "captured", capturedMinor: null } });
  });

  it("with another currency it is another payment", async () => {
    const { outcome } = await asked(paid(amount("52.50", "EUR")));
    expect(outcome).toMatchObject({ kind: "done", value: { state: "different" } });
  });

  it("paid without any reference is unclear", async () => {
    expect((await asked(answering(PAID))).outcome).toMatchObject({ kind: "done", value: { state: "unclear" } });
  });

  it.each([
    ["ISSUED", "open"],
    ["PENDING_ISSUER_ACKNOWLEDGE", "open"],
    ["RESERVED", "held"],
    ["CANCELED", "ended"],
    ["FAILED", "ended"],
    ["EXPIRED", "ended"],
    ["PARTIALLY_PAID", "unclear"],
    ["0", "unclear"],
  ])("status %s is %s", async (status, state) => {
    const { outcome } = await asked(answering(PAID.replace("PAID", status)));
    expect(outcome).toMatchObject({ kind: "done", value: { state } });
  });

  it("an answer with attributes on its elements", async () => {
    const typed = PAID.replace("<status>PAID", '<status a="b">ISSUED').replace("<resultCode>", '<resultCode c="d">');
    expect((await asked(answering(typed))).outcome).toEqual({ kind: "done", value: { state: "open" } });
  });
});

describe("on the wire", () => {
  it("goes to the configured path with an empty SOAPAction, and keeps its connection for what only asks", async () => {
    const seen: unknown[] = [];
    const sockets = new Set<unknown>();
    server = await rawServer((request, response) => {
      seen.push([request.method, request.url, request.headers["soapaction"], request.headers["content-type"]]);
      sockets.add(request.socket);
      request.resume();
      answering(envelope("cancelInvoice", "<resultCode>0</resultCode>"))(request, response);
    });
    const client = await createSeqrClient({ endpoint: server.endpoint, requestTimeoutMs: 5000, clientId: "kioskd" });
    const principal = { id: "t", type: "TERMINALID", password: PASSWORD } as const;
    await client.call("getPaymentStatus", principal, "r-1", { invoiceReference: "1" });
    await client.call("getPaymentStatus", principal, "r-2", { invoiceReference: "1" });
    expect(sockets.size).toBe(1);
    await client.call("cancelInvoice", principal, "r-3", { invoiceReference: "1" });
    client.close();
    expect(seen).toEqual(Array(3).fill(["POST", "/soap", '""', "text/xml; charset=utf-8"]));
    expect(sockets.size).toBe(2);
  });
});
