import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DEMO_RESELLER,
  DEMO_TERMINAL,
  type SeqrSimulator,
  startSeqrSimulator,
} from "../../../../src/payments/seqr/simulator/server.ts";
import { SoapSchema } from "../../../../src/payments/seqr/simulator/validation.ts";
import { WSDL_PATH } from "../../../../src/payments/seqr/soap.ts";

const schema = new SoapSchema(readFileSync(WSDL_PATH, "utf8"));
const ERS = "http://external.interfaces.ers.seamless.com/";
const AMOUNT = "<currency>SEK</currency><value>80.00</value>";
const ROWS = `<invoiceRows><invoiceRow><itemQuantity>1</itemQuantity><itemTotalAmount>${AMOUNT}</itemTotalAmount></invoiceRow></invoiceRows>`;
const INVOICE = `<title>x</title>${ROWS}<totalAmount>${AMOUNT}</totalAmount>`;

let simulator: SeqrSimulator;

beforeAll(async () => {
  simulator = await startSeqrSimulator({ host: "127.0.0.1", port: 0, reportDelayMs: 0 });
});

afterAll(() => simulator.close());

function enveloped(content: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:e="${ERS}"><s:Body>${content}</s:Body></s:Envelope>`;
}

async function send(xml: string): Promise<{ status: number; text: string }> {
  const headers = { "Content-Type": "text/xml", SOAPAction: '""' };
  const response = await fetch(simulator.endpoint, { method: "POST", headers, body: xml });
  return { status: response.status, text: await response.text() };
}

function context(id: string, type: string, password: string, userId = ""): string {
  const user = userId && `<userId>${userId}</userId>`;
  return `<context><clientRequestTimeout>0</clientRequestTimeout><initiatorPrincipalId><id>${id}</id><type>${type}</type>${user}</initiatorPrincipalId><password>${password}</password></context>`;
}

const TILL = context(DEMO_TERMINAL.id, "TERMINALID", DEMO_TERMINAL.password);
const SHOP = context(DEMO_RESELLER.id, "RESELLERUSER", DEMO_RESELLER.password, DEMO_RESELLER.userId);

const ask = (operation: string, content: string) => send(enveloped(`<e:${operation}>${content}</e:${operation}>`));
const field = (text: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

describe("a request that the schema does not allow is a fault that names the element", () => {
  const invoice = (content: string) => `${TILL}<invoice>${content}</invoice>`;
  it.each([
    ["an unknown element", "sendInvoice", invoice("<colour>red</colour>"), "colour"],
    ["a qualified element", "cancelInvoice", "<e:invoiceReference>1</e:invoiceReference>", "invoiceReference"],
    ["an element of elsewhere", "cancelInvoice", `${TILL}<seqrId>1</seqrId>`, "seqrId"],
    [
      "elements out of order",
      "registerTerminal",
      "<password>x</password><externalTerminalId>x</externalTerminalId>",
      "externalTerminalId",
    ],
    [
      "the value before the currency",
      "sendInvoice",
      invoice("<totalAmount><value>1</value><currency>SEK</currency></totalAmount>"),
      "currency",
    ],
    ["an element twice", "sendInvoice", invoice("<title>x</title><title>x</title>"), "title"],
    ["a missing element", "sendInvoice", "<context><password>x</password></context>", "clientRequestTimeout"],
    [
      "no whole number",
      "getPaymentStatus",
      `${TILL}<invoiceReference>1</invoiceReference><invoiceVersion>1.5</invoiceVersion>`,
      "invoiceVersion",
    ],
    ["too large a number", "getPaymentStatus", `${TILL}<invoiceVersion>2147483648</invoiceVersion>`, "invoiceVersion"],
    [
      "no decimal",
      "sendInvoice",
      invoice("<totalAmount><currency>SEK</currency><value>1,50</value></totalAmount>"),
      "value",
    ],
    ["no date", "sendInvoice", invoice("<issueDate>2026-11-22</issueDate>"), "issueDate"],
    ["a thirteenth month", "sendInvoice", invoice("<issueDate>2026-13-22T09:30:00Z</issueDate>"), "issueDate"],
    ["an unknown mode", "sendInvoice", invoice("<paymentMode>LATER</paymentMode>"), "paymentMode"],
    [
      "no base64",
      "submitPaymentReceipt",
      `${TILL}<receiptDocument><receiptData>&lt;p></receiptData></receiptDocument>`,
      "receiptData",
    ],
    ["text among elements", "sendInvoice", `${TILL}loose`, "sendInvoice"],
    ["elements in a text", "sendInvoice", invoice("<title><b>x</b></title>"), "title"],
    ["an attribute", "sendInvoice", invoice('<title lang="en">x</title>'), "lang"],
    [
      "a nil",
      "cancelInvoice",
      '<invoiceReference xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>',
      "nil",
    ],
    ["an unknown operation", "surprise", "", "surprise"],
    ["an answer", "sendInvoiceResponse", "", "sendInvoiceResponse"],
  ])("%s", async (_name, operation, content, named) => {
    const { status, text } = await ask(operation, content);
    expect(status).toBe(500);
    expect(field(text, "faultcode")).toBe("soap:Client");
    expect(field(text, "faultstring")).toContain(named);
  });

  it.each([
    ["no XML", "x"],
    ["nothing", ""],
    ["an open element", enveloped("<e:sendInvoice>")],
    ["crossed elements", enveloped("<e:sendInvoice><context></e:sendInvoice></context>")],
    ["a document type", `<!DOCTYPE x [<!ENTITY y "z">]>${enveloped("<e:sendInvoice/>")}`],
    ["no namespace", enveloped("<sendInvoice/>")],
    ["an empty body", enveloped("")],
    ["two bodies", enveloped("<e:sendInvoice/><e:cancelInvoice/>")],
    ["another SOAP", enveloped("<e:sendInvoice/>").replace("http://schemas.xmlsoap.org/soap/envelope/", "urn:x")],
    ["a deep nest", enveloped("<a>".repeat(5000) + "</a>".repeat(5000))],
  ])("%s", async (_name, xml) => {
    const { status, text } = await send(xml);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain("<resultCode>");
  });
});

describe("what clients may write in more than one way", () => {
  it.each([
    [
      "a status, version first",
      "getPaymentStatus",
      `${TILL}<invoiceVersion>0</invoiceVersion><invoiceReference>1</invoiceReference>`,
      "54",
    ],
    ["a status without version", "getPaymentStatus", `${TILL}<invoiceReference>1</invoiceReference>`, "54"],
    [
      "entries one level up",
      "markTransactionPeriod",
      `${SHOP}<parameters><entry><key>TERMINALID</key><value>t-9</value></entry></parameters>`,
      "10",
    ],
    [
      "entries as in the schema",
      "markTransactionPeriod",
      `${SHOP}<parameters><parameter><entry><key>TERMINALID</key><value>t-9</value></entry></parameter></parameters>`,
      "10",
    ],
    ["no parameters", "markTransactionPeriod", SHOP, "0"],
    [
      "comments, CDATA and own prefixes",
      "cancelInvoice",
      `<!-- x -->${TILL}<invoiceReference><![CDATA[1]]></invoiceReference>`,
      "54",
    ],
    [
      "a type said aloud",
      "cancelInvoice",
      `${TILL}<invoiceReference xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="string">1</invoiceReference>`,
      "54",
    ],
    ["a long decimal", "sendInvoice", `${TILL}<invoice>${INVOICE.replaceAll("80.00", " +80.0000 ")}</invoice>`, "0"],
    [
      "an empty receipt",
      "submitPaymentReceipt",
      `${TILL}<ersReference>1</ersReference><receiptDocument><mimeType/><receiptData/><receiptType/></receiptDocument>`,
      "23",
    ],
  ])("%s", async (_name, operation, content, code) => {
    const { status, text } = await ask(operation, content);
    expect([status, field(text, "resultCode")]).toEqual([200, code]);
  });
});

describe("every answer", () => {
  it("is as the schema says, through a whole sale", async () => {
    const step = async (operation: string, content: string) => {
      const { text } = await ask(operation, content);
      expect(schema.check(text)).toEqual({ operation: `${operation}Response`, problem: undefined });
      expect(field(text, "resultCode")).toBe("0");
      return text;
    };
    await step("registerTerminal", `${SHOP}<externalTerminalId>x</externalTerminalId><password>12345678</password>`);
    await step("assignSeqrId", `${TILL}<seqrId>VALID1</seqrId>`);
    const sent = await step("sendInvoice", `${TILL}<invoice>${INVOICE}</invoice>`);
    const reference = `<invoiceReference>${field(sent, "invoiceReference")}</invoiceReference>`;
    const status = `${TILL}${reference}<invoiceVersion>0</invoiceVersion>`;
    expect(field(await step("getPaymentStatus", status), "status")).toBe("ISSUED");
    simulator.book.confirm(Date.now(), field(sent, "invoiceReference") ?? "");
    await step("updateInvoice", `${TILL}${reference}<invoice>${INVOICE}</invoice>`);
    await step("commitReservation", `${TILL}<amount>${AMOUNT}</amount>${reference}`);
    const paid = await step("getPaymentStatus", status);
    const payment = `<ersReference>${field(paid, "ersReference")}</ersReference>`;
    const document = "<mimeType>text/plain</mimeType><receiptData/><receiptType>OTHER</receiptType>";
    await step("submitPaymentReceipt", `${TILL}${payment}<receiptDocument>${document}</receiptDocument>`);
    const refund = await step(
      "refundPayment",
      `${TILL}${payment}<invoice><totalAmount>${AMOUNT}</totalAmount></invoice>`,
    );
    expect(field(refund, "ersReference")).toMatch(/^\d+$/);
    const period = field(await step("markTransactionPeriod", SHOP), "transactionPeriodId");
    const entry = `<entry><key>transactionPeriodId</key><value>${period}</value></entry>`;
    const parameters = `<parameters><parameter>${entry}</parameter></parameters>`;
    const report = await step("executeReport", `${SHOP}<reportId>Reconciliation/Shop.xml</reportId>${parameters}`);
    expect(field(report, "mimeType")).toBe("text/html");
    const content = Buffer.from(field(report, "content") ?? "", "base64").toString();
    expect(content).toContain("<ResellerTransactionSummary>");
    const other = field(await step("sendInvoice", `${TILL}<invoice>${INVOICE}</invoice>`), "invoiceReference");
    await step("cancelInvoice", `${TILL}<invoiceReference>${other}</invoiceReference>`);
    await step("unregisterTerminal", TILL);
  });
});
