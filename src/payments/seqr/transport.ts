import http from "node:http";
import https from "node:https";
import { staysPrivate } from "../../core/loopback.ts";
import { type Cause, causeOfSilence } from "../../platform/http/causes.ts";
import { retryAfterMs } from "../../platform/http/retry-after.ts";
import type { Authority } from "./authority.ts";
import { type Body, readWhole } from "./body.ts";
import { causeOfConnection, causeOfStatus, HTML_PAGE } from "./causes.ts";

/** An idle connection is not kept for longer. Servers and what stands before them may well be quicker to drop it. */
const IDLE_CONNECTION_MS = 4000;
/** Answers before the answer, such as "go on". */
const INTERIM_MAX = 16;
/** A fault says so at its beginning. */
const LOOKED_AT_CHARS = 4 * 1024;

/**
 * `kept`: a connection that an earlier call has left, if there is one. It may be dead without anybody having said so;
 * then the call goes out once more, at once, on a new one. Only for calls that may be repeated freely.
 * `fresh`: a new connection for this call alone, so that what becomes of the call hangs on no earlier one.
 */
export type Connection = "kept" | "fresh";

/** No usable answer came; what was asked may or may not have been done. The message carries no foreign text. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  /** What a person can do about it. */
  readonly advice: string | null;
  /** What came instead of an answer, when it came whole. */
  readonly answer: string | null;
  /** How long the service asks to be left alone. */
  readonly retryAfterMs: number | null;

  constructor({ detail, advice }: Cause, answer: string | null = null, retryAfterMs: number | null = null) {
    super(detail);
    this.advice = advice;
    this.answer = answer;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The body of an answer with status 200, and the sender's own time where the answer tells it. */
interface Answer {
  readonly text: string;
  readonly atMs: number | null;
}

export interface Transport {
  /** Rejects with `NoAnswer` in every case but an answer. */
  post(
    body: string,
    headers: Readonly<Record<string, string>>,
    limitBytes: number,
    connection: Connection,
  ): Promise<Answer>;
  close(): void;
}

type Send = (connection: Connection) => http.ClientRequest;

export interface TransportSettings {
  readonly endpoint: string;
  readonly timeoutMs: number;
  /** Whose certificates are taken instead of those the machine trusts. */
  readonly authority: Authority | null;
  wallMs(): number;
}

/**
 * Connections to one endpoint. The time-out covers the whole exchange, a repetition included, so a server that sends
 * a byte now and then gains nothing by it. Redirects are not followed and no proxy is taken from the environment.
 * Throws when the endpoint is no address or not a safe one.
 */
export function createTransport(settings: TransportSettings): Transport {
  const url = safeUrl(settings.endpoint);
  const protocol = url.protocol === "https:" ? https : http;
  const common = {
    maxSockets: 16,
    // Said explicitly, so that no environment variable can turn it off.
    rejectUnauthorized: true,
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
  ): Promise<Answer> {
    const fixed = { "Content-Length": Buffer.byteLength(body), "Accept-Encoding": "identity" };
    const send: Send = (way) => {
      const pem = settings.authority?.pem ?? null;
      // Connections are kept apart by the authority that they were made with.
      const tls = pem === null ? {} : { ca: pem };
      const options = { method: "POST", agent: agents[way], headers: { ...headers, ...fixed }, ...tls };
      const request = protocol.request(url, options);
      request.end(body);
      return request;
    };
    return exchange({ send, connection, limitBytes, dropKept: () => dropIdle(agents.kept), settings });
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
  readonly limitBytes: number;
  /** Lets go of every connection that waits for its next use. */
  dropKept(): void;
  readonly settings: TransportSettings;
}

function exchange({ send, connection, limitBytes, dropKept, settings }: ExchangeTerms): Promise<Answer> {
  const { timeoutMs, wallMs } = settings;
  return new Promise((resolve, reject) => {
    let request: http.ClientRequest;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      clearTimeout(timer);
    };
    const fail = (reason: NoAnswer): void => {
      if (isOver) return;
      end();
      reject(reason);
      request.destroy();
    };
    const timer = setTimeout(() => {
      // What stands between here and there may have forgotten all of them: where one is silent, the others are as dead.
      dropKept();
      fail(new NoAnswer(causeOfSilence(timeoutMs)));
    }, timeoutMs);
    const start = (way: Connection): void => {
      const sent = send(way);
      let isAnswered = false;
      request = sent;
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (isOver) return;
        if (sent.reusedSocket) dropKept();
        if (sent.reusedSocket && !isAnswered) start("fresh");
        else fail(new NoAnswer(causeOfConnection(error.code, wallMs())));
      });
      let interim = 0;
      sent.on("information", () => {
        interim += 1;
        if (interim > INTERIM_MAX) fail(new NoAnswer({ detail: "interim answers without end", advice: null }));
      });
      // Without this one Node ends the connection, and tells nobody.
      sent.on("upgrade", ({ statusCode = 0 }, socket) => {
        socket.destroy();
        fail(new NoAnswer(causeOfStatus(statusCode, "other")));
      });
      sent.on("response", (response) => {
        isAnswered = true;
        readWhole(response, limitBytes, (body) => {
          if (isOver) return;
          const answer = answerIn(response, body, wallMs());
          if (answer instanceof NoAnswer) return fail(answer);
          const atMs = Date.parse(response.headers.date ?? "");
          end();
          resolve({ text: answer, atMs: Number.isFinite(atMs) ? atMs : null });
        });
      });
    };
    start(connection);
  });
}

const FAULT = /<(?:\w{1,40}:)?Fault[\s>]/;
const HTML = /^\s{0,100}(?:<!doctype\s+html|<html)[\s>]/i;

/** Only a 200 whose whole body can be read, and that is no web page, is an answer. */
function answerIn({ statusCode = 0, headers }: http.IncomingMessage, body: Body, wallMs: number): string | NoAnswer {
  const text = "text" in body ? body.text : null;
  const isHtml = /^\s*text\/html\b/i.test(headers["content-type"] ?? "") || HTML.test(text?.slice(0, 400) ?? "");
  if (statusCode !== 200) {
    const looks = FAULT.test(text?.slice(0, LOOKED_AT_CHARS) ?? "") ? "fault" : isHtml ? "html" : "other";
    const asksToWait = statusCode === 429 || statusCode === 503;
    const waitMs = asksToWait ? retryAfterMs(headers["retry-after"], headers.date, wallMs) : null;
    return new NoAnswer(causeOfStatus(statusCode, looks), text, waitMs);
  }
  if ("problem" in body) return new NoAnswer(isHtml ? HTML_PAGE : { detail: body.problem, advice: null });
  return HTML.test(body.text.slice(0, 400)) ? new NoAnswer(HTML_PAGE, text) : body.text;
}

function dropIdle(agent: http.Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/** Passwords travel in every call, so what is not encrypted must not leave the machine. */
function safeUrl(endpoint: string): URL {
  if (!URL.canParse(endpoint)) throw new Error("the payment service's endpoint is no address");
  const url = new URL(endpoint);
  if (staysPrivate(url)) return url;
  throw new Error(
    `the payment service's endpoint must begin with https: - ${url.protocol}//${url.host} would carry passwords unencrypted, which is taken on loopback only`,
  );
}
