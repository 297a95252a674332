import { X509Certificate } from "node:crypto";
import http from "node:http";
import https from "node:https";

/** Shorter than what servers usually keep an idle connection, so that none is used while it is being closed. */
const IDLE_CONNECTION_MS = 4000;

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
  post(body: string, headers: Readonly<Record<string, string>>, limitBytes: number): Promise<string>;
  close(): void;
}

/**
 * One HTTP connection pool to one endpoint. The time-out covers the whole exchange, so a server that sends
 * a byte now and then gains nothing by it. Redirects are not followed and no proxy is taken from the environment.
 * With `ca` (PEM) only certificates of that authority are taken, otherwise those the machine trusts. Throws when
 * the endpoint is no address or not a safe one, and when `ca` is no certificate.
 */
export function createTransport(endpoint: string, timeoutMs: number, ca: string | null = null): Transport {
  const url = safeUrl(endpoint);
  const protocol = url.protocol === "https:" ? https : http;
  const agent = new protocol.Agent({
    keepAlive: true,
    maxSockets: 16,
    maxFreeSockets: 4,
    timeout: IDLE_CONNECTION_MS,
    // Said explicitly, so that no environment variable can turn it off.
    rejectUnauthorized: true,
    ...(ca === null ? {} : { ca: certificatesIn(ca) }),
  });

  function post(body: string, headers: Readonly<Record<string, string>>, limitBytes: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = protocol.request(url, {
        method: "POST",
        agent,
        headers: { ...headers, "Content-Length": Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => fail(`no complete answer within ${timeoutMs} ms`), timeoutMs);
      function fail(detail: string, answer: string | null = null): void {
        clearTimeout(timer);
        reject(new NoAnswer(detail, answer));
        request.destroy();
      }
      request.on("error", (error: NodeJS.ErrnoException) => fail(`connection failed (${error.code ?? "no code"})`));
      request.on("response", (response) => {
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
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200) return fail(describeRefusal(response.statusCode, answer), answer);
          clearTimeout(timer);
          resolve(answer);
        });
      });
      request.end(body);
    });
  }

  return { post, close: () => agent.destroy() };
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
