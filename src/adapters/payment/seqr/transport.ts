import http from "node:http";
import https from "node:https";

const ANSWER_LIMIT_BYTES = 256 * 1024;
/** Shorter than what servers usually keep an idle connection, so that none is used while it is being closed. */
const IDLE_CONNECTION_MS = 4000;

/** No usable answer came; what was asked may or may not have been done. The message carries no foreign text. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

export interface Transport {
  /** Resolves with the body of an answer with status 200; rejects with `NoAnswer` in every other case. */
  post(body: string, headers: Readonly<Record<string, string>>): Promise<string>;
  close(): void;
}

/**
 * One HTTP connection pool to one endpoint. The time-out covers the whole exchange, so a server that sends
 * a byte now and then gains nothing by it. Redirects are not followed and no proxy is taken from the environment.
 */
export function createTransport(endpoint: string, timeoutMs: number): Transport {
  const url = new URL(endpoint);
  const protocol = url.protocol === "https:" ? https : http;
  const agent = new protocol.Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: IDLE_CONNECTION_MS });

  function post(body: string, headers: Readonly<Record<string, string>>): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = protocol.request(url, {
        method: "POST",
        agent,
        headers: { ...headers, "Content-Length": Buffer.byteLength(body) },
      });
      const timer = setTimeout(() => fail(`no complete answer within ${timeoutMs} ms`), timeoutMs);
      function fail(detail: string): void {
        clearTimeout(timer);
        reject(new NoAnswer(detail));
        request.destroy();
      }
      request.on("error", (error: NodeJS.ErrnoException) => fail(`connection failed (${error.code ?? "no code"})`));
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        response.on("data", (chunk: Buffer) => {
          sizeBytes += chunk.length;
          if (sizeBytes > ANSWER_LIMIT_BYTES) fail(`answer larger than ${ANSWER_LIMIT_BYTES} bytes`);
          else chunks.push(chunk);
        });
        response.on("error", () => fail("connection cut during the answer"));
        response.on("close", () => {
          if (!response.complete) fail("connection cut during the answer");
        });
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200) return fail(describeRefusal(response.statusCode, answer));
          clearTimeout(timer);
          resolve(answer);
        });
      });
      request.end(body);
    });
  }

  return { post, close: () => agent.destroy() };
}

function describeRefusal(status: number | undefined, answer: string): string {
  const kind = /<(?:\w+:)?Fault[\s>]/.test(answer) ? "SOAP fault" : "no SOAP answer";
  return `${kind} (HTTP ${status ?? "without status"})`;
}
