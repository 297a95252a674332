import { fileURLToPath } from "node:url";
import { createClientAsync, type IHttpClient, type IOptions, type SoapMethodAsync } from "soap";
import { type ResultCode, resultCode } from "./codes.ts";
import { type Exchange, listened, operationIn } from "./exchange.ts";
import { assertPlainXml } from "./plain-xml.ts";
import { ANSWERS, type AnswerOf, ENVELOPED, type Operation } from "./schema.ts";
import { type Connection, createTransport, NoAnswer, type Transport } from "./transport.ts";

export const WSDL_PATH = fileURLToPath(new URL("./wsdl/cashregister.wsdl", import.meta.url));

/** Floats would lose öre and dates would lose their zone, so these stay as they were sent. */
export const TEXT_DESERIALIZER: Readonly<Record<string, (text: string) => string>> = {
  int: (text) => text,
  long: (text) => text,
  decimal: (text) => text,
  dateTime: (text) => text,
};

/** Who calls, by which password; it travels in every call (manual, part "context"). */
export interface Principal {
  readonly id: string;
  readonly type: "TERMINALID" | "RESELLERUSER";
  readonly userId?: string;
  readonly password: string;
}

/** An answer with its result code, or none that could be understood. Details are short and carry no secrets. */
export type Reply<T> =
  | { readonly kind: "answer"; readonly result: ResultCode; readonly body: T }
  | { readonly kind: "unknown"; readonly detail: string };

export interface SeqrClientSettings {
  readonly endpoint: string;
  readonly requestTimeoutMs: number;
  /** Name and version of the calling software, as the service sees it. */
  readonly clientId: string;
  /** The authority (PEM) whose certificates are taken instead of those the machine trusts. */
  readonly ca?: string | null;
  /** Hears of every exchange; passwords are masked. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Hears with each answer what time it is at the service. */
  readonly onDate?: (atMs: number) => void;
}

/** Reports list every payment of a period, twice; anything else is small. */
const ANSWER_LIMIT_BYTES = 256 * 1024;
const REPORT_LIMIT_BYTES = 4 * 1024 * 1024;
const CDATA = "<![CDATA[";
const CDATA_END = "]]>";

/** Changes nothing there, so it may go out twice. Everything else goes out once, on a connection of its own. */
const ASKS: ReadonlySet<Operation> = new Set<Operation>(["getPaymentStatus", "executeReport"]);

/** How a call goes out. A call that only asks may be told to walk the way of those that change something. */
function connectionOf(operation: Operation, wanted: Connection): Connection {
  return ASKS.has(operation) ? wanted : "fresh";
}

export interface SeqrClient {
  /** Never rejects. `reference` is at most 32 characters and serves troubleshooting only. */
  call<K extends Operation>(
    operation: K,
    principal: Principal,
    reference: string,
    parameters: Readonly<Record<string, unknown>>,
    connection?: Connection,
  ): Promise<Reply<AnswerOf<K>>>;
  close(): void;
}

/** Rejects only when endpoint or authority are not acceptable or the interface description cannot be read. */
export async function createSeqrClient(settings: SeqrClientSettings): Promise<SeqrClient> {
  const { endpoint, requestTimeoutMs, ca, onDate } = settings;
  const bare = createTransport(endpoint, requestTimeoutMs, ca ?? null, onDate);
  const transport = settings.onExchange === undefined ? bare : listened(bare, settings.onExchange);
  const options: IOptions = {
    endpoint: settings.endpoint,
    // The package's cache would share one description, and its options, between clients and simulator.
    disableCache: true,
    customDeserializer: TEXT_DESERIALIZER,
    httpClient: httpClientOn(transport),
  };
  const soap = await createClientAsync(WSDL_PATH, options);

  async function call<K extends Operation>(
    operation: K,
    principal: Principal,
    reference: string,
    parameters: Readonly<Record<string, unknown>>,
    connection: Connection = "kept",
  ): Promise<Reply<AnswerOf<K>>> {
    const invoke: SoapMethodAsync = soap[`${operation}Async`];
    const context = contextOf(settings.clientId, principal, reference);
    try {
      const [answer] = await invoke({ context, ...parameters }, { connection: connectionOf(operation, connection) });
      return understand(operation, answer);
    } catch (error) {
      return { kind: "unknown", detail: `${operation}: ${describe(error)}` };
    }
  }

  return { call, close: () => transport.close() };
}

function contextOf(clientId: string, principal: Principal, reference: string): Readonly<Record<string, unknown>> {
  const { id, type, userId } = principal;
  return {
    channel: "WS",
    clientId,
    clientReference: reference,
    clientRequestTimeout: 0,
    initiatorPrincipalId: userId === undefined ? { id, type } : { id, type, userId },
    password: principal.password,
  };
}

function understand<K extends Operation>(operation: K, answer: unknown): Reply<AnswerOf<K>> {
  const enveloped = ENVELOPED.safeParse(answer);
  const parsed = ANSWERS[operation].safeParse(enveloped.data?.return);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "answer").slice(0, 3);
    return { kind: "unknown", detail: `${operation}: answer not understood (${fields.join(", ")})` };
  }
  // The schema was looked up by the operation's own name; TypeScript does not follow the correlation.
  const body = parsed.data as AnswerOf<K>;
  return { kind: "answer", result: resultCode(body.resultCode), body };
}

/** The package's errors quote what was sent, passwords included, so only our own texts are passed on. */
function describe(error: unknown): string {
  return error instanceof NoAnswer ? error.message : "the answer is no valid SOAP message";
}

/** The package would read a document inside a CDATA section, as reports are, as a part of the answer itself. */
function withoutCdata(xml: string): string {
  let plain = "";
  let at = 0;
  for (;;) {
    const from = xml.indexOf(CDATA, at);
    const to = xml.indexOf(CDATA_END, from);
    if (from === -1 || to === -1) return plain + xml.slice(at);
    const text = xml.slice(from + CDATA.length, to);
    plain += xml.slice(at, from) + text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
    at = to + CDATA_END.length;
  }
}

/** An answer as the package can be trusted with it. Throws when it cannot. */
function readable(xml: string): string {
  assertPlainXml(xml);
  return withoutCdata(xml);
}

function httpClientOn(transport: Transport): IHttpClient {
  return {
    request(_url: string, data: string, callback, headers = {}, options = {}) {
      const connection = options["connection"] === "kept" ? "kept" : "fresh";
      const limitBytes = operationIn(data) === "executeReport" ? REPORT_LIMIT_BYTES : ANSWER_LIMIT_BYTES;
      const exchange = transport
        .post(data, headers, limitBytes, connection)
        .then((body) => callback(null, { status: 200, headers: {} }, readable(body)))
        // What the package throws on a strange answer must end the call too, else it would never end.
        .catch((error: unknown) => callback(error));
      return exchange as unknown as ReturnType<IHttpClient["request"]>;
    },
  };
}
