import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface Sent {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  /** Taken as they are; null leaves out what a browser would send. */
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly localAddress?: string;
}

/** Sends what a browser would, unless told otherwise. A connection of its own each time. */
export function send(url: string, path: string, sent: Sent = {}): Promise<Reply> {
  const { method = sent.body === undefined ? "GET" : "POST", localAddress } = sent;
  const { origin, host, protocol } = new URL(url);
  const text = typeof sent.body === "string" ? sent.body : sent.body === undefined ? "" : JSON.stringify(sent.body);
  const usual = method === "POST" ? { origin, "content-type": "application/json" } : {};
  const headers = Object.entries({ host, ...usual, ...sent.headers }).filter(([, value]) => value !== null);
  const begin = protocol === "https:" ? tlsRequest : plainRequest;
  const options = {
    ...{ method, agent: false, headers: { ...Object.fromEntries(headers), "content-length": Buffer.byteLength(text) } },
    ...(localAddress === undefined ? {} : { localAddress }),
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const asked = begin(new URL(path, url), options as object, (answer) => {
      let read = "";
      answer.on("data", (part: Buffer) => {
        read += part.toString();
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: parsed(read) }));
    });
    asked.on("error", reject);
    asked.end(text);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Somebody who is signed in, as their browser. */
export class Person {
  readonly url: string;
  readonly cookie: string;
  readonly csrf: string;

  constructor(url: string, reply: Reply) {
    this.url = url;
    this.cookie = String(reply.headers["set-cookie"]).split(";", 1)[0] ?? "";
    this.csrf = (reply.body as { csrf: string }).csrf;
  }

  send(path: string, sent: Sent = {}): Promise<Reply> {
    const headers = { cookie: this.cookie, "x-kioskd-csrf": this.csrf, ...sent.headers };
    return send(this.url, path, { ...sent, headers });
  }
}
