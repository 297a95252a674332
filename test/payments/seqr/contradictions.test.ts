import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../../../src/core/sale/resolve.ts";
import { RESULT_CODES } from "../../../src/payments/seqr/codes.ts";
import { createSeqrProvider } from "../../../src/payments/seqr/provider.ts";
import type { PaymentProvider } from "../../../src/ports/payment.ts";
import { CONTRACT_DELIVERY, contractSale } from "../../contract/payment.ts";
import { ALWAYS, CAPTURE, OFFER } from "../../support/sale-fixtures.ts";
import { CLOCK, envelope, memoryLog, type RawServer, rawServer, settingsFor } from "./rig.ts";

const SALE = contractSale();
const REFERENCE = "1700000000001";
const RECEIPT =
  "<receipt><paymentReference>7</paymentReference><invoice><totalAmount><currency>SEK</currency><value>99.45</value></totalAmount></invoice></receipt>";
const FAULT = "<s:Fault><faultcode>x</faultcode></s:Fault>";

/** What is answered to each operation; success where nothing is said. */
let said: Readonly<Record<string, string>> = {};
let server: RawServer;
let provider: PaymentProvider;

beforeAll(async () => {
  server = await rawServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const operation = /Body>\s*<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? "";
    response.setHeader("Content-Type", "text/xml");
    response.end(said[operation] ?? envelope(operation, "<resultCode>0</resultCode>"));
  });
  provider = await createSeqrProvider(settingsFor(server.endpoint), CLOCK, memoryLog());
});

afterAll(async () => {
  await provider.close();
  await server.close();
});

const status = (code: number, name: string, more = ""): string =>
  envelope(
    "getPaymentStatus",
    `<resultCode>${code}</resultCode>${name === "" ? "" : `<status>${name}</status>`}${more}<version>1</version>`,
  );
const inBody = (xml: string, more: string): string => xml.replace("<s:Body>", `<s:Body>${more}`);

const NOES = [...RESULT_CODES.values()].filter(({ treatment }) => treatment !== "success").map(({ code }) => code);
const CONTRADICTIONS: readonly (readonly [what: string, xml: string])[] = [
  ...NOES.flatMap((code) =>
    ["PAID", "RESERVED", "ISSUED", "PARTIALLY_PAID"].map(
      (name) => [`code ${code} with status ${name}`, status(code, name)] as const,
    ),
  ),
  ...[54, 55, 58, 95].map((code) => [`code ${code} with a receipt`, status(code, "", RECEIPT)] as const),
  ...[54, 55, 58, 95].map((code) => [`code ${code}, paid with a receipt`, status(code, "PAID", RECEIPT)] as const),
  ...["CANCELED", "FAILED", "EXPIRED"].map((name) => [`${name} with a receipt`, status(0, name, RECEIPT)] as const),
  ["a fault before the end", inBody(status(0, "CANCELED"), FAULT)],
  ["a fault after the end", status(0, "CANCELED").replace("</s:Body>", `${FAULT}</s:Body>`)],
  ["two answers", inBody(status(0, "CANCELED"), "<getPaymentStatusResponse/>")],
  ["another operation's answer before it", inBody(status(58, ""), "<cancelInvoiceResponse/>")],
];

describe("an answer that contradicts itself is no end", () => {
  it.each(CONTRADICTIONS)("%s", async (_what, xml) => {
    said = { getPaymentStatus: xml };
    const outcome = await provider.query(SALE, REFERENCE);
    if (outcome.kind === "done") expect(judge("commit", outcome.value)).toBe("wait");
    else expect(outcome.kind).toBe("unknown");
  });

  it.each(CONTRADICTIONS.filter(([what]) => !what.startsWith("code") || /^code (54|55|58|95)/.test(what)))(
    "nor after a commit, done or refused: %s",
    async (_what, xml) => {
      for (const code of [0, 11]) {
        said = {
          getPaymentStatus: xml,
          commitReservation: envelope("commitReservation", `<resultCode>${code}</resultCode>`),
        };
        const outcome = await provider.settle(SALE, REFERENCE, CONTRACT_DELIVERY, ALWAYS, CAPTURE);
        if (outcome.kind === "done") expect(judge("commit", outcome.value)).toBe("wait");
        else expect(outcome.kind).toBe("unknown");
      }
    },
  );

  it("a refused bill that has a reference may be there", async () => {
    const bill = "<invoiceReference>17</invoiceReference>";
    said = { sendInvoice: envelope("sendInvoice", `<resultCode>49</resultCode>${bill}`) };
    expect((await provider.offer(SALE, ALWAYS, OFFER)).kind).toBe("unknown");
    said = { sendInvoice: envelope("sendInvoice", "<resultCode>49</resultCode>") };
    expect((await provider.offer(SALE, ALWAYS, OFFER)).kind).toBe("declined");
  });
});

describe("an answer that agrees with itself is an end", () => {
  it.each([
    ["58 alone", status(58, ""), "expired"],
    ["58 with its status", status(58, "EXPIRED"), "expired"],
    ["55 with its status", status(55, "CANCELED"), "canceled"],
    ["95 with an empty receipt", status(95, "CANCELED", "<receipt/>"), "canceled"],
    ["success", status(0, "FAILED"), "failed"],
  ])("%s", async (_what, xml, how) => {
    said = { getPaymentStatus: xml };
    expect(await provider.query(SALE, REFERENCE)).toEqual({ kind: "done", value: { state: "ended", how } });
  });
});
