import { X509Certificate } from "node:crypto";
import http from "node:http";
import https from "node:https";

/** An idle connection is not kept for longer. Servers and what stands before them may well be quicker to drop it. */
const IDLE_CONNECTION_MS = 4000;

/**
 * `kept`: a connection that an earlier call has left, if there is one. It may be dead without anybody having said so;
 * then the call goes out once more, at once, on a new one. Only for calls that may be repeated freely.
 * `fresh`: a new connection for this call alone, so that what becomes of the call hangs on no earlier one.
 */
export type Connection = "kept" | "fresh";

/** No usable answer came; what was asked may or may not have been done. The message carries no foreign text. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** What came instead of an answer, when it came whole. */
  readonly answer: string | null;

  constructor(message: string, answer: string | null = null) {
    super(message);
    this.answer = answer;
  }
}

export interface Transport {
  /** Resolves with the body of an answer with status 200; rejects with `NoAnswer` in every other case. */
  post(
    body: string,
    headers: Readonly<Record<string, string>>,
    limitBytes: number,
    connection: Connection,
  ): Promise<string>;
  close(): void;
}

type Send = (connection: Connection) => http.ClientRequest;

/**
 * Connections to one endpoint. The time-out covers the whole exchange, a repetition included, so a server that sends
 * a byte now and then gains nothing by it. Redirects are not followed and no proxy is taken from the environment.
 * With `ca` (PEM) only certificates of that authority are taken, otherwise those the machine trusts. `onDate` hears the
 * service's own time with each whole answer. Throws when the endpoint is no address or not a safe one, and when `ca`
 * is no certificate.
 */
export function createTransport(
  endpoint: string,
  timeoutMs: number,
  ca: string | null = null,
  onDate: (atMs: number) => void = () => undefined,
): Transport {
  const url = safeUrl(endpoint);
  const protocol = url.protocol === "https:" ? https : http;
  const common = {
    maxSockets: 16,
    // Said explicitly, so that no environment variable can turn it off.
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca: certificatesIn(ca) }),
  };
  const agents = {
    kept: new protocol.Agent({ ...common, keepAlive: true, maxFreeSockets: 4, timeout: IDLE_CONNECTION_MS }),
    fresh: new protocol.Agent({ ...common, keepAlive: false }),
  };

  function post(
    body: string,
    headers: Readonly<Record<string, string>>,
    limitBytes: number,
    connection: Connection,
  ): Promise<string> {
    const length = { "Content-Length": Buffer.byteLength(body) };
    const send: Send = (way) => {
      const request = protocol.request(url, { method: "POST", agent: agents[way], headers: { ...headers, ...length } });
      request.end(body);
      return request;
    };
    return exchange({ send, connection, timeoutMs, limitBytes, dropKept: () => dropIdle(agents.kept), onDate });
  }

  function close(): void {
    agents.kept.destroy();
    agents.fresh.destroy();
  }

  return { post, close };
}

interface ExchangeTerms {
  readonly send: Send;
  readonly connection: Connection;
  readonly timeoutMs: number;
  readonly limitBytes: number;
  /** Lets go of every connection that waits for its next use. */
  dropKept(): void;
  onDate(atMs: number): void;
}

function exchange({ send, connection, timeoutMs, limitBytes, dropKept, onDate }: ExchangeTerms): Promise<string> {
  return new Promise((resolve, reject) => {
    let request: http.ClientRequest;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
    };
    const fail = (detail: string, answer: string | null = null): void => {
      if (isOver) return;
      end();
      reject(new NoAnswer(detail, answer));
      request.destroy();
    };
    const timer = setTimeout(() => {
      // What stands between here and there may have forgotten all of them: where one is silent, the others are as dead.
      dropKept();
      fail(`no complete answer within ${timeoutMs} ms`);
    }, timeoutMs);
    const start = (way: Connection): void => {
      const sent = send(way);
      let isAnswered = false;
      request = sent;
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (isOver) return;
        if (sent.reusedSocket) dropKept();
        if (sent.reusedSocket && !isAnswered) start("fresh");
        else fail(`connection failed (${error.code ?? "no code"})`);
      });
      sent.on("response", (response) => {
        isAnswered = true;
        readWhole(response, limitBytes, fail, (answer) => {
          if (response.statusCode !== 200) return fail(describeRefusal(response.statusCode, answer), answer);
          const atMs = Date.parse(response.headers.date ?? "");
          if (Number.isFinite(atMs)) onDate(atMs);
          end();
          resolve(answer);
        });
      });
    };
    start(connection);
  });
}

function readWhole(
  response: http.IncomingMessage,
  limitBytes: number,
  fail: (detail: string) => void,
  done: (answer: string) => void,
): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  response.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) fail(`answer larger than ${limitBytes} bytes`);
    else chunks.push(chunk);
  });
  response.on("error", () => fail("connection cut during the answer"));
  response.on("close", () => {
    if (!response.complete) fail("connection cut during the answer");
  });
  response.on("end", () => done(Buffer.concat(chunks).toString("utf8")));
}

function dropIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/** Passwords travel in every call, so what is not encrypted must not leave the machine. */
function safeUrl(endpoint: string): URL {
  if (!URL.canParse(endpoint)) throw new Error("the payment service's endpoint is no address");
  const url = new URL(endpoint);
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback)) return url;
  throw new Error(
    `the payment service's endpoint must begin with https: - ${url.protocol}//${url.host} would carry passwords unencrypted, which is taken on loopback only`,
  );
}

/** Node takes a text without any certificate as an authority that has signed nothing, and says so nowhere. */
function certificatesIn(pem: string): string {
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new Error("the certificate authority's file holds no certificate in PEM form");
  }
}

function describeRefusal(status: number | undefined, answer: string): string {
  const kind = /<(?:\w+:)?Fault[\s>]/.test(answer) ? "SOAP fault" : "no SOAP answer";
  return `${kind} (HTTP ${status ?? "without status"})`;
}
