import type { z } from "zod";
import { type JsonAnswer, JsonCalls, type JsonCallsSettings } from "../../platform/http/json-calls.ts";
import type { Unknown } from "../../ports/outcome.ts";
import type { ServiceTime } from "../../ports/payment.ts";
import { encodeForm, type Form } from "./form.ts";
import { refusal } from "./schema.ts";

/** The interface's version that requests and answers are written for: without one the account's own would count. */
const API_VERSION = "2026-10-28.endive";

/** A definite no: of what was asked nothing was done, or the state is another already. */
export interface No {
  readonly kind: "no";
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
  readonly detail: string;
}

/** A failure at the service that is its answer to this key for good: another key is needed to try once more. */
interface Stuck {
  readonly kind: "stuck";
  readonly detail: string;
}

/** The service does not let the key in, or not to this call. */
interface ShutOut {
  readonly kind: "declined";
  readonly reason: "rejected";
  readonly detail: string;
  readonly advice: string;
}

export type Reply<T> = { readonly kind: "answer"; readonly value: T } | No | Stuck | ShutOut | Unknown;

export interface ApiSettings extends Omit<JsonCallsSettings, "causes" | "secrets"> {
  readonly endpoint: string;
  readonly key: string;
}

const CAUSES = { endpoint: "payment.stripe.endpoint", authority: null };
/** While a request with the same key is under way. */
const KEY_IN_USE_MS = 1000;

/** The service's calls: what they send, and what an answer means before anybody knows the sale. */
export class Api {
  readonly #settings: ApiSettings;
  readonly #calls: JsonCalls;

  constructor(settings: ApiSettings) {
    this.#settings = settings;
    this.#calls = new JsonCalls({ ...settings, causes: CAUSES, secrets: () => [settings.key] });
  }

  get serviceTime(): ServiceTime | null {
    return this.#calls.serviceTime;
  }

  /** How many answers came, errors too. */
  get answersHeard(): number {
    return this.#calls.answersHeard;
  }

  get<T extends z.ZodType>(operation: string, path: string, query: Form, schema: T): Promise<Reply<z.output<T>>> {
    const text = encodeForm(query);
    const url = this.#url(text === "" ? path : `${path}?${text}`);
    return this.#call({ operation, method: "GET", url, headers: {}, body: null }, schema);
  }

  /** @param key the same for each repetition, whose body is then the same to the last byte */
  post<T extends z.ZodType>(
    operation: string,
    path: string,
    body: Form,
    key: string,
    schema: T,
  ): Promise<Reply<z.output<T>>> {
    const headers = { "content-type": "application/x-www-form-urlencoded", "idempotency-key": key };
    const request = { operation, url: this.#url(path), headers, body: encodeForm(body) };
    return this.#call({ ...request, method: "POST" }, schema);
  }

  close(): void {
    this.#calls.close();
  }

  #url(path: string): URL {
    return new URL(path, this.#settings.endpoint);
  }

  #call<T extends z.ZodType>(request: Parameters<JsonCalls["call"]>[0], schema: T): Promise<Reply<z.output<T>>> {
    const authorization = `Bearer ${this.#settings.key}`;
    const headers = { ...request.headers, authorization, "stripe-version": API_VERSION };
    return this.#calls.call({ ...request, headers }, (answer) => replyOf(request.operation, answer, schema));
  }
}

function replyOf<T extends z.ZodType>(operation: string, answer: JsonAnswer, schema: T): Reply<z.output<T>> {
  const { status, json, headers, retryAfterMs } = answer;
  if (status === 200) {
    const parsed = schema.safeParse(json);
    if (parsed.success) return { kind: "answer", value: parsed.data };
    const fields = parsed.error.issues.map(({ path }) => path.join(".") || "answer").slice(0, 3);
    return unknownOf(`${operation}: answer not understood (${fields.join(", ")})`);
  }
  const parsed = refusal.safeParse(json);
  // A proxy or a network's log-in page may say no too, but not in the service's words.
  if (!parsed.success) return unknownOf(`${operation}: HTTP ${status} without the service's own error`, retryAfterMs);
  const { type, code = null, param = null } = parsed.data.error;
  const named = [type, code, param].filter((each) => each !== null).join(", ");
  const detail = `${operation}: HTTP ${status} (${named.slice(0, 200)})`;
  if (status === 401 || status === 403) return shutOut(status, detail);
  if (NO.has(status)) return { kind: "no", status, type, code, param, detail };
  if (status >= 500 && headers.get("idempotent-replayed") === "true") return { kind: "stuck", detail };
  return unknownOf(detail, retryAfterMs ?? (status === 409 ? KEY_IN_USE_MS : null));
}

const NO: ReadonlySet<number> = new Set([400, 402, 404]);

function unknownOf(detail: string, retryAfterMs: number | null = null): Unknown {
  return { kind: "unknown", detail, ...(retryAfterMs === null ? {} : { retryAfterMs }) };
}

/** For an operator to mend. */
function shutOut(status: 401 | 403, detail: string): ShutOut {
  const advice =
    status === 401
      ? "Stripe does not know the key of payment.stripe.apiKeyFile: it may have been revoked or have expired. Make another restricted key in the dashboard."
      : "The key of payment.stripe.apiKeyFile lacks a right: give it Checkout Sessions, PaymentIntents and Refunds to write and Charges to read.";
  return { kind: "declined", reason: "rejected", detail, advice };
}

/** What is no definite answer to what was asked is unknown; only that the key is not let in is known. */
export function notKnown(reply: No | Stuck | ShutOut | Unknown): ShutOut | Unknown {
  return reply.kind === "unknown" || reply.kind === "declined" ? reply : { kind: "unknown", detail: reply.detail };
}
