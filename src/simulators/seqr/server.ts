import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type IServerOptions, listen, type Server } from "soap";
import { TEXT_DESERIALIZER, WSDL_PATH } from "../../adapters/payment/seqr/client.ts";
import type { TerminalAccount } from "./accounts.ts";
import { FAULT, type Fault, Faults } from "./faults.ts";
import { answerWith, perform } from "./operations.ts";
import { addPhone } from "./phone.ts";
import { BillBook } from "./rules.ts";

export interface SeqrSimulatorOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Wall clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
  /** Besides the demonstration terminal. */
  readonly terminals?: readonly TerminalAccount[];
}

export interface SeqrSimulator {
  readonly endpoint: string;
  readonly phoneUrl: string;
  readonly book: BillBook;
  close(): Promise<void>;
}

export const DEMO_TERMINAL: TerminalAccount = { id: "demo-terminal", password: "12345678" };
export const DEMO_RESELLER = { id: "demo-shop", userId: "9900", password: "1234" } as const;

const SOAP_PATH = "/soap/merchant/cashregister-2";
const XML = "text/xml; charset=utf-8";
const OPERATIONS = [
  "registerTerminal",
  "unregisterTerminal",
  "assignSeqrId",
  "sendInvoice",
  "updateInvoice",
  "getPaymentStatus",
  "commitReservation",
  "cancelInvoice",
  "refundPayment",
  "submitPaymentReceipt",
  "markTransactionPeriod",
  "executeReport",
];

/** The payment service with its customer's phone, on one port. Rejects when the port is taken. */
export async function startSeqrSimulator(options: SeqrSimulatorOptions): Promise<SeqrSimulator> {
  const now = options.now ?? Date.now;
  const book = new BillBook([DEMO_RESELLER], [DEMO_TERMINAL, ...(options.terminals ?? [])]);
  const faults = new Faults();
  const app = fastify({ forceCloseConnections: true, bodyLimit: 256 * 1024 });
  await addSoap(app, book, faults, now);
  addPhone(app, book, now);
  addFaults(app, faults);
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  const base = `http://${options.host}:${port}`;
  return { endpoint: base + SOAP_PATH, phoneUrl: `${base}/phone`, book, close: () => app.close() };
}

/** The SOAP package parses and writes the envelopes; the HTTP side stays ours, so that faults can have their way. */
async function addSoap(app: FastifyInstance, book: BillBook, faults: Faults, now: () => number): Promise<void> {
  const wsdl = await readFile(WSDL_PATH, "utf8");
  const forced: { code: number | null } = { code: null };
  const soap = await soapOn(wsdl, (operation, parameters) =>
    forced.code === null ? perform(book, now(), operation, parameters) : answerWith(operation, forced.code),
  );
  app.addContentTypeParser(["text/xml", "application/xml"], { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  app.get(SOAP_PATH, (_request, reply) => reply.type(XML).send(wsdl));
  app.post(SOAP_PATH, async (request, reply) => {
    const xml = String(request.body);
    const fault = faults.take(operationIn(xml));
    if (fault !== null && refusesRequest(fault)) return refuse(fault, request, reply);
    forced.code = fault?.mode === "result-code" ? fault.resultCode : null;
    // Parsing and the rules run before the first wait, so the forced code concerns this request only.
    const answer = await soap.processRequest(xml, { url: SOAP_PATH });
    if (fault?.mode === "drop-response") return cut(request, reply);
    if (fault?.mode === "delay") await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const body = fault?.mode === "truncate" ? answer.body.slice(0, answer.body.length / 2) : answer.body;
    return reply.code(answer.statusCode).type(XML).send(body);
  });
}

function soapOn(wsdl: string, answer: (operation: string, parameters: unknown) => object): Promise<Server> {
  const handlers = OPERATIONS.map((name) => [name, (parameters: unknown) => ({ return: answer(name, parameters) })]);
  return new Promise((resolve, reject) => {
    const options: IServerOptions & { customDeserializer: typeof TEXT_DESERIALIZER } = {
      path: SOAP_PATH,
      services: {
        ERSWSExternalClientServiceImplService: { ERSWSExternalClientServiceImplPort: Object.fromEntries(handlers) },
      },
      xml: wsdl,
      suppressStack: true,
      customDeserializer: TEXT_DESERIALIZER,
      callback: (error: unknown) => (error ? reject(error) : resolve(server)),
    };
    const server = listen(null, options);
  });
}

function addFaults(app: FastifyInstance, faults: Faults): void {
  app.post("/faults", (request, reply) => {
    const fault = FAULT.safeParse(request.body);
    if (!fault.success) return reply.code(400).send({ error: fault.error.issues.map((issue) => issue.message) });
    if (!faults.add(fault.data)) return reply.code(409).send({ error: "too many faults are waiting" });
    return reply.send({ ok: true });
  });
  app.delete("/faults", (_request, reply) => {
    faults.clear();
    return reply.send({ ok: true });
  });
}

function operationIn(xml: string): string {
  return /<(?:[\w.-]+:)?Body[^>]*>\s*<(?:[\w.-]+:)?(\w+)/.exec(xml)?.[1] ?? "";
}

function refusesRequest(fault: Fault): boolean {
  return fault.mode === "drop-request" || fault.mode === "soap-fault" || fault.mode === "html";
}

function refuse(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.mode === "html") {
    return reply.code(502).type("text/html").send("<html><body><h1>502 Bad Gateway</h1></body></html>");
  }
  if (fault.mode === "drop-request") return cut(request, reply);
  const envelope = "http://schemas.xmlsoap.org/soap/envelope/";
  const text = "<faultcode>soap:Server</faultcode><faultstring>internal error</faultstring>";
  const body = `<soap:Envelope xmlns:soap="${envelope}"><soap:Body><soap:Fault>${text}</soap:Fault></soap:Body></soap:Envelope>`;
  return reply.code(500).type(XML).send(body);
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
