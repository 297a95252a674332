import { readFile } from "node:fs/promises";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type IServerOptions, Server, WSDL } from "soap";
import { urlOf } from "../../../devices/bench/address.ts";
import { phoneOn } from "../../../devices/bench/phone-address.ts";
import { TEXT_DESERIALIZER, WSDL_PATH } from "../soap.ts";
import type { TerminalAccount } from "./accounts.ts";
import type { AmbiguitiesChange } from "./ambiguities.ts";
import { addControl } from "./control.ts";
import { dressed, isWay } from "./dressing.ts";
import { type Fault, Faults, refusesRequest } from "./faults.ts";
import { answerWith, OPERATIONS, perform } from "./operations.ts";
import { addPhone } from "./phone.ts";
import { BillBook } from "./rules.ts";
import { SoapSchema } from "./validation.ts";
import { escapeXml } from "./xml.ts";

const PHONE_PATHS = /^\/phone\b/;

export interface SeqrSimulatorOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Where a phone that is not on this machine finds its page; `host` alone unless given. */
  readonly phoneHost?: string | undefined;
  /** Wall clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
  /** Besides the demonstration terminal. */
  readonly terminals?: readonly TerminalAccount[];
  /** What the documentation leaves open; may also be changed at run time. */
  readonly ambiguities?: AmbiguitiesChange;
  /** How long after a mark its reports become ready; 3 s unless told. */
  readonly reportDelayMs?: number;
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

/** The payment service with its customer's phone, on one port. Rejects when the port is taken. */
export async function startSeqrSimulator(options: SeqrSimulatorOptions): Promise<SeqrSimulator> {
  const now = options.now ?? Date.now;
  const book = new BillBook([DEMO_RESELLER], [DEMO_TERMINAL, ...(options.terminals ?? [])], {
    ambiguities: options.ambiguities,
    reportDelayMs: options.reportDelayMs,
  });
  const faults = new Faults();
  const app = fastify({ forceCloseConnections: true, bodyLimit: 256 * 1024 });
  await addSoap(app, book, faults, now);
  addPhone(app, book, now);
  addControl(app, book, faults);
  await app.listen({ host: options.host, port: options.port });
  const base = urlOf(options.host, app.server);
  const { phoneHost } = options;
  const outside = phoneHost === undefined ? null : await phoneOn(app, phoneHost, PHONE_PATHS);
  const close = async (): Promise<void> => {
    await outside?.close();
    await app.close();
  };
  return { endpoint: base + SOAP_PATH, phoneUrl: `${outside?.base ?? base}/phone`, book, close };
}

/** The SOAP package parses and writes the envelopes; the HTTP side stays ours, so that faults can have their way. */
async function addSoap(app: FastifyInstance, book: BillBook, faults: Faults, now: () => number): Promise<void> {
  const { text, schema, wsdl } = await description();
  const forced: { code: number | null } = { code: null };
  const soap = soapOn(wsdl, (operation, parameters) =>
    forced.code === null ? perform(book, now(), operation, parameters) : answerWith(operation, forced.code),
  );
  app.addContentTypeParser(["text/xml", "application/xml"], { parseAs: "string" }, (_request, body, done) => {
    done(null, body);
  });
  app.get(SOAP_PATH, (request, reply) => {
    const address = escapeXml(`${request.protocol}://${request.host}${SOAP_PATH}`);
    return reply.type(XML).send(text.replace(/(<soap:address location=")[^"]*/, (_match, start) => start + address));
  });
  app.post(SOAP_PATH, async (request, reply) => {
    const xml = String(request.body);
    const { operation, problem } = schema.check(xml);
    const fault = faults.take(operation);
    if (fault !== null && refusesRequest(fault)) return refuse(fault, request, reply);
    const unfit = problem ?? (OPERATIONS.includes(operation) ? undefined : `${operation} is no operation`);
    if (unfit !== undefined) return reply.code(500).type(XML).send(soapFault("Client", unfit));
    forced.code = fault?.mode === "result-code" ? fault.resultCode : null;
    // Parsing and the rules run before the first wait, so the forced code concerns this request only.
    const answer = await soap.processRequest(xml, { url: SOAP_PATH });
    if (fault?.mode === "drop-response") return cut(request, reply);
    if (fault?.mode === "delay") await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault !== null && isWay(fault.mode)) {
      const { contentType, packing, body } = dressed(fault.mode, answer.body);
      const headed = packing === null ? reply : reply.header("Content-Encoding", packing);
      return headed.code(answer.statusCode).header("Content-Type", contentType).send(body);
    }
    const body = fault?.mode === "truncate" ? answer.body.slice(0, answer.body.length / 2) : answer.body;
    return reply.code(answer.statusCode).type(XML).send(body);
  });
}

interface Description {
  readonly text: string;
  readonly schema: SoapSchema;
  readonly wsdl: WSDL;
}

let read: Promise<Description> | null = null;

/** The interface's description, read once for all simulators of the process; none of them changes it. */
function description(): Promise<Description> {
  read ??= readDescription().catch((error) => {
    read = null;
    throw error;
  });
  return read;
}

async function readDescription(): Promise<Description> {
  const text = await readFile(WSDL_PATH, "utf8");
  const wsdl = new WSDL(text, "", READING);
  await new Promise<void>((resolve, reject) => wsdl.onReady((error) => (error ? reject(error) : resolve())));
  return { text, schema: new SoapSchema(text), wsdl };
}

const READING = { customDeserializer: TEXT_DESERIALIZER };

function soapOn(wsdl: WSDL, answer: (operation: string, parameters: unknown) => object): Server {
  const handlers = OPERATIONS.map((name) => [name, (parameters: unknown) => ({ return: answer(name, parameters) })]);
  const services = {
    ERSWSExternalClientServiceImplService: { ERSWSExternalClientServiceImplPort: Object.fromEntries(handlers) },
  };
  const options: IServerOptions = { path: SOAP_PATH, services, suppressStack: true };
  return new Server(null, SOAP_PATH, services, wsdl, options);
}

function refuse(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.mode === "html") {
    return reply.code(502).type("text/html").send("<html><body><h1>502 Bad Gateway</h1></body></html>");
  }
  if (fault.mode === "portal") return reply.type("text/html").send("<!DOCTYPE html><html><body>Log in</body></html>");
  if (fault.mode === "redirect") return reply.redirect("http://portal.invalid/login", 302);
  if (fault.mode === "busy") {
    const asking = fault.retryAfter === undefined ? reply : reply.header("Retry-After", fault.retryAfter);
    return asking.code(fault.status).type("text/plain").send("busy");
  }
  if (fault.mode === "drop-request") return cut(request, reply);
  return reply.code(500).type(XML).send(soapFault("Server", "internal error"));
}

function soapFault(side: "Client" | "Server", text: string): string {
  const envelope = "http://schemas.xmlsoap.org/soap/envelope/";
  const fault = `<faultcode>soap:${side}</faultcode><faultstring>${escapeXml(text)}</faultstring>`;
  return `<soap:Envelope xmlns:soap="${envelope}"><soap:Body><soap:Fault>${fault}</soap:Fault></soap:Body></soap:Envelope>`;
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}
