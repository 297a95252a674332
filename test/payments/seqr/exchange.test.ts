import { afterEach, describe, expect, it } from "vitest";
import { createSeqrClient } from "../../../src/payments/seqr/client.ts";
import { RESULT_CODES } from "../../../src/payments/seqr/codes.ts";
import { type Exchange, withoutPasswords } from "../../../src/payments/seqr/exchange.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import { DEMO_RESELLER, DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import { createSeqrTerminals } from "../../../src/payments/seqr/terminals.ts";
import { contractSale } from "../../contract/payment.ts";
import { ALWAYS, OFFER } from "../../support/sale-fixtures.ts";
import { CLOCK, envelope, memoryLog, PASSWORD, type RawServer, rawServer, settingsFor } from "./rig.ts";

const MB = 1024 * 1024;

let server: RawServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function serving(inside: string, status = 200): Promise<string> {
  server = await rawServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const operation = /Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? "";
    response.writeHead(status, { "Content-Type": "text/xml" }).end(envelope(operation, inside));
  });
  return server.endpoint;
}

describe("whoever listens to the exchanges", () => {
  it("gets requests and answers as they were, but for the passwords", async () => {
    const heard: Exchange[] = [];
    const endpoint = await serving("<resultCode>0</resultCode><terminalId>t-1</terminalId>");
    const onExchange = (exchange: Exchange) => void heard.push(exchange);
    const terminals = await createSeqrTerminals({
      endpoint,
      requestTimeoutMs: 5000,
      clientId: "kioskd",
      reseller: { ...DEMO_RESELLER, password: "resellers-own" },
      onExchange,
    });
    await terminals.register({ externalTerminalId: "a/b", password: "te<rm&inals-own", name: "Pump" });
    terminals.close();
    expect(heard).toHaveLength(1);
    const [exchange] = heard;
    expect(exchange).toMatchObject({ operation: "registerTerminal", durationMs: expect.any(Number) });
    expect(exchange?.request).toContain("<externalTerminalId>a/b</externalTerminalId>");
    expect(exchange?.request.match(/<password>\*\*\*<\/password>/g)).toHaveLength(2);
    expect(exchange?.request).not.toMatch(/resellers-own|inals-own/);
    expect(exchange?.answer).toBe(
      envelope("registerTerminal", "<resultCode>0</resultCode><terminalId>t-1</terminalId>"),
    );
  });

  it("gets what came with a fault, and null when nothing came", async () => {
    const heard: Exchange[] = [];
    const endpoint = await serving(`<password>${PASSWORD}</password>`, 500);
    const settings = settingsFor(endpoint, { onExchange: (exchange) => void heard.push(exchange) });
    const provider = await createSeqrProvider(settings, CLOCK, memoryLog());
    await provider.probe("1");
    await server?.close();
    await provider.probe("1");
    await provider.close();
    expect(heard.map(({ operation }) => operation)).toEqual(["getPaymentStatus", "getPaymentStatus"]);
    expect(heard[0]?.answer).toContain("<password>***</password>");
    expect(heard[1]?.answer).toBeNull();
    expect(JSON.stringify(heard)).not.toContain(PASSWORD);
  });

  it("cannot spoil a call", async () => {
    const onExchange = () => {
      throw new Error("disk full");
    };
    const endpoint = await serving("<resultCode>0</resultCode>");
    const client = await createSeqrClient({ endpoint, requestTimeoutMs: 5000, clientId: "kioskd", onExchange });
    const principal = { id: "t", type: "TERMINALID", password: PASSWORD } as const;
    expect(await client.call("cancelInvoice", principal, "r", { invoiceReference: "1" })).toMatchObject({
      kind: "answer",
      result: { code: 0 },
    });
    client.close();
  });
});

describe("passwords are masked", () => {
  it.each([
    ["in an element", "<a><password>geheim</password><b>1</b></a>", "<a><password>***</password><b>1</b></a>"],
    ["with a prefix", "<n:password>geheim</n:password>", "<n:password>***</n:password>"],
    ["in any case", "<Password>geheim</Password>", "<Password>***</Password>"],
    ["with attributes", '<password x="a>/b">geheim</password>', '<password x="a>/b">***</password>'],
    ["over lines", "<password>\ngeheim\n</password >", "<password>***</password >"],
    ["in CDATA", "<password><![CDATA[a</password>geheim]]></password><b/>", "<password>***</password><b/>"],
    ["cut off", "<password>gehei", "<password>***"],
    ["cut off in CDATA", "<password><![CDATA[x</password>gehei", "<password>***"],
    ["with an attribute cut off", '<password a="x>gehei', "<password***"],
    ["in a tag cut off", "<password gehei", "<password***"],
    ["after one that is empty", "<password/><password>geheim</password>", "<password/><password>***</password>"],
    ["beside another in CDATA", "<password>a<![CDATA[]]>b</password><b/>", "<password>***</password><b/>"],
    ["quoted", "&lt;password&gt;geheim&lt;/password&gt;", "&lt;password&gt;***&lt;/password&gt;"],
    ["several", "<password>a</password><password>b</password>", "<password>***</password><password>***</password>"],
  ])("%s", (_name, xml, masked) => {
    expect(withoutPasswords(xml)).toBe(masked);
  });

  it.each(["<password/><b>1</b>", '<password a="1"/><b>1</b>', "<passwordHint>a</passwordHint>"])("%s stays", (xml) => {
    expect(withoutPasswords(xml)).toBe(xml);
  });
});

describe("passwords are masked in no time, whatever comes", () => {
  it.each([
    "<password ",
    "<password>",
    '<password a="',
    "<password a='\"",
    "<password><![CDATA[",
    "<password></password ",
    "<password/>",
    '<password "</password>"',
    "<a:",
    "<a.",
    "&lt;password&gt;",
    "&lt;a:",
    "&lt;/",
    '"',
  ])("%s", (part) => {
    const text = part.repeat(MB / part.length);
    for (const xml of [text, `<password>${text}`, `<password ${text}`, `&lt;password&gt;${text}`]) {
      const startedMs = performance.now();
      withoutPasswords(xml);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    }
  });
});

describe("a position with a printed code", () => {
  const offered = async (inside: string, stickerId: string | null) => {
    const endpoint = await serving(`<resultCode>0</resultCode>${inside}`);
    const terminals = new Map([["1", { ...DEMO_TERMINAL, stickerId }]]);
    const provider = await createSeqrProvider(settingsFor(endpoint, { terminals }), CLOCK, memoryLog());
    const outcome = await provider.offer(contractSale(), ALWAYS, OFFER);
    await provider.close();
    return outcome;
  };
  const bill = "<invoiceQRCode>HTTP://SEQR.SE/R17</invoiceQRCode><invoiceReference>17</invoiceReference>";

  it.each([
    ["shows its own", bill, "K15", "HTTP://SEQR.SE/QK15"],
    ["needs no other", "<invoiceReference>17</invoiceReference>", "K15", "HTTP://SEQR.SE/QK15"],
    ["and one without shows the bill's", bill, null, "HTTP://SEQR.SE/R17"],
  ])("%s", async (_name, inside, stickerId, qrText) => {
    expect(await offered(inside, stickerId)).toEqual({
      kind: "done",
      value: { reference: "17", qrText, endsAtMs: null },
    });
  });

  it("still needs the bill's reference", async () => {
    expect((await offered("<invoiceQRCode>x</invoiceQRCode>", "K15")).kind).toBe("unknown");
  });
});

describe("client references", () => {
  it.each(["", "kioskd-1.0-", "0123456789abcdef", "x".repeat(40)])("begin with %j and stay unique", async (prefix) => {
    const heard: string[] = [];
    const endpoint = await serving("<resultCode>54</resultCode><version>0</version>");
    const onExchange = ({ request }: Exchange) =>
      void heard.push(/<clientReference>(.*)<\/clientReference>/.exec(request)?.[1] ?? "");
    const settings = settingsFor(endpoint, { clientReferencePrefix: prefix, onExchange });
    const provider = await createSeqrProvider(settings, CLOCK, memoryLog());
    for (let call = 0; call < 20; call++) await provider.query(contractSale(), "1");
    await provider.close();
    expect(new Set(heard).size).toBe(20);
    for (const reference of heard) {
      expect(reference.length).toBeLessThanOrEqual(32);
      expect(reference.startsWith(prefix.slice(0, 16))).toBe(true);
    }
  });
});

describe("what the customer is told", () => {
  it.each([
    [12, "declined"],
    [48, "try-again"],
    [94, "unavailable"],
    [29, "unavailable"],
    [0, null],
    [98, null],
  ])("after %i: %s", (code, customer) => {
    expect(RESULT_CODES.get(code)?.customer).toBe(customer);
  });

  it("after every code that can end an offer", () => {
    const silent = [...RESULT_CODES.values()].filter(
      ({ treatment, customer }) => treatment === "operator" && !customer,
    );
    expect(silent.map(({ code }) => code)).toEqual([97]);
  });
});
