import { Repeats } from "../../core/repeats.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log, LogFields } from "../../ports/log.ts";
import type { Observer } from "../../ports/metrics.ts";
import type { Unknown } from "../../ports/outcome.ts";
import type { ServiceTime } from "../../ports/payment.ts";
import { type Cause, type CauseKeys, causeOfConnection, causeOfSilence, PORTAL_ADVICE } from "./causes.ts";
import { retryAfterMs } from "./retry-after.ts";

/** Of an answer. What services send for one sale or one page of a list is far smaller. */
const LIMIT_BYTES = 256 * 1024;
const HTML = /^\s{0,100}(?:<!doctype\s+html|<html)[\s>]/i;
/** A shorter text is in too many others by chance. */
const SECRET_LEAST_CHARS = 8;

export interface JsonRequest {
  /** By this name logs and figures know it. */
  readonly operation: string;
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Of a POST that changes nothing for anybody: its failures are counted, as those of each GET. */
  readonly onlyAsks?: true;
  /** Its answer is a secret itself, which nobody knows before: a listener hears its status alone. */
  readonly hidesAnswer?: true;
  /** Logged with it. */
  readonly named?: LogFields;
}

/** A whole answer of JSON, of any status but a redirect; or a "no" (status 400 and above) by its status alone. */
export interface JsonAnswer {
  readonly kind: "answer";
  readonly status: number;
  /** Undefined where there is no body, and in a "no" where it is no JSON: what stands before a service refuses so. */
  readonly json: unknown;
  readonly headers: Headers;
  /** How long it asks not to be asked again; null where it does not. */
  readonly retryAfterMs: number | null;
}

/** One request with its answer as they went over the wire, but for secrets. */
export interface HttpExchange {
  readonly operation: string;
  readonly request: string;
  /** Null when none came, or none that was complete. */
  readonly answer: string | null;
  readonly durationMs: number;
}

export interface JsonCallsSettings {
  /** For the whole exchange, so that a server that sends a byte now and then gains nothing by it. */
  readonly timeoutMs: number;
  readonly causes: CauseKeys;
  readonly clock: Clock;
  readonly log: Log;
  readonly observe?: Observer["paymentCall"] | undefined;
  /** Hears of every exchange; its failures concern nobody else. */
  readonly onExchange?: ((exchange: HttpExchange) => void) | undefined;
  /** What must stand in no exchange: keys, and what they have given. */
  readonly secrets: () => readonly string[];
}

/**
 * Calls of JSON over HTTP to a payment service. Each takes a connection of its own, so that a repetition never meets the
 * broken one of the call before. Redirects are not followed, and no proxy is taken from the environment. Nothing throws.
 */
export class JsonCalls {
  readonly #settings: JsonCallsSettings;
  readonly #failing = new Map<string, Repeats>();
  readonly #underWay = new Set<AbortController>();
  #serviceTime: ServiceTime | null = null;
  #heardCount = 0;

  constructor(settings: JsonCallsSettings) {
    this.#settings = settings;
  }

  /** By the newest answer that was understood: a network's log-in page has a clock too, and maybe a wrong one. */
  get serviceTime(): ServiceTime | null {
    return this.#serviceTime;
  }

  /** How many whole answers came, of whatever kind: who counts questions counts those too that it answers with an error. */
  get answersHeard(): number {
    return this.#heardCount;
  }

  /** @param judge what an answer means; `unknown` where it has no meaning */
  async call<R extends { readonly kind: string }>(
    request: JsonRequest,
    judge: (answer: JsonAnswer) => R | Unknown,
  ): Promise<R | Unknown> {
    const { clock, observe } = this.#settings;
    const startedMs = clock.monotonicMs();
    const answer = await this.#exchanged(request);
    const judged = answer.kind === "unknown" ? answer : judge(answer);
    const durationMs = clock.monotonicMs() - startedMs;
    const { kind } = judged;
    observe?.(request.operation, kind === "unknown" || kind === "declined" ? kind : "done", durationMs);
    if (answer.kind === "answer" && judged.kind !== "unknown") this.#noteTime(answer.headers.get("date"));
    this.#tell(request, answer, judged, durationMs);
    return judged;
  }

  /** Calls under way end as unknown. */
  close(): void {
    for (const each of this.#underWay) each.abort();
  }

  #noteTime(date: string | null): void {
    const atMs = Date.parse(date ?? "");
    if (Number.isFinite(atMs)) this.#serviceTime = { atMs, heardMs: this.#settings.clock.monotonicMs() };
  }

  /** Each failure where something was to be done; what only asks may ask each second, so then it is counted. */
  #tell(
    request: JsonRequest,
    answer: JsonAnswer | Unknown,
    judged: { readonly kind: string },
    durationMs: number,
  ): void {
    const { log, clock } = this.#settings;
    const { operation, method, named, onlyAsks } = request;
    const fields = { operation, ...named, durationMs: Math.round(durationMs) };
    const repeats = this.#failing.get(operation) ?? new Repeats();
    this.#failing.set(operation, repeats);
    if (judged.kind === "unknown") {
      const { detail } = judged as Unknown;
      const times = repeats.failed(detail, clock.monotonicMs());
      const isTold = times !== null || (method !== "GET" && onlyAsks !== true);
      log[isTold ? "warn" : "debug"]({ ...fields, detail, times: times ?? 1 }, "payment service gave no answer");
      return;
    }
    const status = answer.kind === "answer" ? answer.status : 0;
    log.debug({ ...fields, status }, "payment service answered");
    const failures = repeats.well();
    if (failures > 0) log.info({ operation, failures }, "payment service answers again");
  }

  async #exchanged(request: JsonRequest): Promise<JsonAnswer | Unknown> {
    const { clock } = this.#settings;
    const startedMs = clock.monotonicMs();
    const heard = await this.#heard(request);
    if ("text" in heard) this.#heardCount++;
    this.#listen(request, "text" in heard ? heard : null, clock.monotonicMs() - startedMs);
    return "text" in heard ? answerIn(heard, clock.wallMs()) : noAnswer(request.operation, heard);
  }

  /** A whole answer of whatever kind, or why none came. */
  async #heard({ method, url, headers, body }: JsonRequest): Promise<Heard | Cause> {
    const { timeoutMs, clock, causes } = this.#settings;
    const giveUp = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      giveUp.abort();
    }, timeoutMs);
    this.#underWay.add(giveUp);
    try {
      const response = await fetch(url, {
        ...{ method, body, redirect: "manual" },
        headers: { ...headers, accept: "application/json", "accept-encoding": "identity", connection: "close" },
        signal: giveUp.signal,
      });
      const text = await wholeText(response);
      if (text === null) return { detail: `an answer of more than ${LIMIT_BYTES} bytes`, advice: null };
      return { status: response.status, headers: response.headers, text };
    } catch (error) {
      if (isLate) return causeOfSilence(timeoutMs);
      if (giveUp.signal.aborted) return { detail: "ended before an answer came", advice: null };
      return causeOfConnection(codeOf(error), clock.wallMs(), causes);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(giveUp);
    }
  }

  #listen(request: JsonRequest, heard: Heard | null, durationMs: number): void {
    const { onExchange, secrets } = this.#settings;
    if (onExchange === undefined) return;
    const { operation, method, url, headers, body, hidesAnswer } = request;
    const hidden = secrets().filter((each) => each.length >= SECRET_LEAST_CHARS);
    const masked = (text: string): string => hidden.reduce((shown, each) => shown.replaceAll(each, "***"), text);
    const sent = [`${method} ${url.pathname}${url.search}`, ...Object.entries(headers).map((each) => each.join(": "))];
    const answer =
      heard === null ? null : masked(`HTTP ${heard.status}\n\n${hidesAnswer === true ? "***" : heard.text}`);
    try {
      onExchange({
        ...{ operation, answer, durationMs: Math.round(durationMs) },
        request: masked(`${sent.join("\n")}\n\n${body ?? ""}`),
      });
    } catch {
      // A call must end as the service answered it, whatever becomes of the report about it.
    }
  }
}

interface Heard {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

function answerIn({ status, headers, text }: Heard, wallMs: number): JsonAnswer | Unknown {
  const shown = `(HTTP ${status})`;
  const asksToWait = status === 429 || status === 503;
  const waitMs = asksToWait
    ? retryAfterMs(headers.get("retry-after") ?? undefined, headers.get("date") ?? undefined, wallMs)
    : null;
  const asked = waitMs === null ? {} : { retryAfterMs: waitMs };
  if (status >= 300 && status < 400) {
    const advice =
      "Redirects are not followed, because keys travel in every call. The network may want a log-in: let the kiosk through to the payment service.";
    return { kind: "unknown", detail: `redirected to another address ${shown}`, advice };
  }
  if (/^\s*text\/html\b/i.test(headers.get("content-type") ?? "") || HTML.test(text.slice(0, 400))) {
    return {
      ...{ kind: "unknown", detail: `a web page came instead of an answer ${shown}` },
      advice: PORTAL_ADVICE,
      ...asked,
    };
  }
  try {
    const json: unknown = text.trim() === "" ? undefined : JSON.parse(text);
    return { kind: "answer", status, json, headers, retryAfterMs: waitMs };
  } catch {
    if (status >= 400) return { kind: "answer", status, json: undefined, headers, retryAfterMs: waitMs };
    return unknownOf(`an answer that is no JSON ${shown}`, asked);
  }
}

function unknownOf(detail: string, beyond: object): Unknown {
  return { kind: "unknown", detail, ...beyond };
}

function noAnswer(operation: string, { detail, advice }: Cause): Unknown {
  return unknownOf(`${operation}: ${detail}`, advice === null ? {} : { advice });
}

/** Null when it is too long. What is not UTF-8 becomes a sign that no JSON has outside its texts. */
async function wholeText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function codeOf(error: unknown): string | undefined {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  return typeof cause?.code === "string" ? cause.code : undefined;
}
