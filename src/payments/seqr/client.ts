import { type Client, createClientAsync, type IHttpClient, type SoapMethod } from "soap";
import type { Unknown } from "../../ports/outcome.ts";
import { countOf, fieldOf, type Read, readBody } from "./answer.ts";
import { ANSWERS, type AnswerOf, type Operation } from "./answer-schema.ts";
import type { Authority } from "./authority.ts";
import { type ResultCode, resultCode } from "./codes.ts";
import { type Exchange, listened } from "./exchange.ts";
import { WSDL_PATH } from "./soap.ts";
import { type Connection, createTransport, NoAnswer } from "./transport.ts";

/** Who calls, by which password; it travels in every call (manual, part "context"). */
export interface Principal {
  readonly id: string;
  readonly type: "TERMINALID" | "RESELLERUSER";
  readonly userId?: string;
  readonly password: string;
}

/** An answer with its result code, or none that could be understood. Details are short and carry no secrets. */
export type Reply<T> = { readonly kind: "answer"; readonly result: ResultCode; readonly body: T } | Unknown;

export interface SeqrClientSettings {
  readonly endpoint: string;
  readonly requestTimeoutMs: number;
  /** Name and version of the calling software, as the service sees it. */
  readonly clientId: string;
  /** Whose certificates are taken instead of those the machine trusts. */
  readonly authority?: Authority | null;
  /** The machine's wall clock. */
  readonly wallMs?: () => number;
  /** Hears of every exchange; passwords are masked. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Hears with each answer that is understood what time it is at the service. */
  readonly onDate?: (atMs: number) => void;
}

/** Reports list every payment of a period, twice; anything else is small. */
const ANSWER_LIMIT_BYTES = 256 * 1024;
const REPORT_LIMIT_BYTES = 4 * 1024 * 1024;
const HEADERS = { "Content-Type": "text/xml; charset=utf-8", SOAPAction: '""' };

/** Changes nothing there, so it may go out twice. Everything else goes out once, on a connection of its own. */
export const ASKS: ReadonlySet<Operation> = new Set<Operation>(["getPaymentStatus", "executeReport"]);

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
  const { endpoint, requestTimeoutMs, authority, onDate, wallMs } = settings;
  const bare = createTransport({
    endpoint,
    timeoutMs: requestTimeoutMs,
    authority: authority ?? null,
    wallMs: wallMs ?? Date.now,
  });
  const transport = settings.onExchange === undefined ? bare : listened(bare, settings.onExchange);
  const compose = await composer();

  async function call<K extends Operation>(
    operation: K,
    principal: Principal,
    reference: string,
    parameters: Readonly<Record<string, unknown>>,
    connection: Connection = "kept",
  ): Promise<Reply<AnswerOf<K>>> {
    const context = contextOf(settings.clientId, principal, reference);
    const limitBytes = operation === "executeReport" ? REPORT_LIMIT_BYTES : ANSWER_LIMIT_BYTES;
    try {
      const request = compose(operation, { context, ...parameters });
      const answer = await transport.post(request, HEADERS, limitBytes, connectionOf(operation, connection));
      const reply = understand(operation, await readBody(answer.text));
      // A network's log-in page has a clock too, and maybe a wrong one.
      if (reply.kind === "answer" && answer.atMs !== null) onDate?.(answer.atMs);
      return reply;
    } catch (error) {
      return noReply(operation, error);
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

function understand<K extends Operation>(operation: K, body: Read): Reply<AnswerOf<K>> {
  // One that says two things, such as an answer and a fault, says nothing.
  if (countOf(body) > 1) return { kind: "unknown", detail: `${operation}: more than one answer` };
  const response = fieldOf(body, `${operation}Response`);
  const parsed = ANSWERS[operation].safeParse(fieldOf(response, "return"));
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join(".") || "answer").slice(0, 3);
    return { kind: "unknown", detail: `${operation}: answer not understood (${fields.join(", ")})` };
  }
  // The schema was looked up by the operation's own name; TypeScript does not follow the correlation.
  const answer = parsed.data as AnswerOf<K>;
  return { kind: "answer", result: resultCode(answer.resultCode), body: answer };
}

/** Errors of packages may quote what was sent, passwords included, so only our own texts are passed on. */
function noReply(operation: Operation, error: unknown): Unknown {
  if (!(error instanceof NoAnswer))
    return { kind: "unknown", detail: `${operation}: the answer is no valid SOAP message` };
  const { message, advice, retryAfterMs } = error;
  return {
    ...{ kind: "unknown", detail: `${operation}: ${message}` },
    ...(advice === null ? {} : { advice }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

type Compose = (operation: Operation, parameters: Readonly<Record<string, unknown>>) => string;

let made: Promise<Compose> | null = null;

/** One for all clients of the process: to read the description takes long on a small machine. */
function composer(): Promise<Compose> {
  made ??= createComposer().catch((error) => {
    made = null;
    throw error;
  });
  return made;
}

/**
 * The package writes requests by the interface description. It does not get to read the answers: it reads a whole one at
 * once, without bounds, and takes the last part of a text for all of it.
 */
async function createComposer(): Promise<Compose> {
  let composed = "";
  const httpClient: IHttpClient = {
    request(_url: string, xml: string) {
      composed = xml;
      return undefined as unknown as ReturnType<IHttpClient["request"]>;
    },
  };
  // The package's cache would share one description, and its options, between clients and simulator.
  const soap: Client = await createClientAsync(WSDL_PATH, { disableCache: true, httpClient });
  return (operation, parameters) => {
    const write: SoapMethod = soap[operation];
    write(parameters, () => undefined);
    const xml = composed;
    composed = "";
    return xml;
  };
}
