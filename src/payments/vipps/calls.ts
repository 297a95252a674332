import {
  type JsonAnswer,
  JsonCalls,
  type JsonCallsSettings,
  type JsonRequest,
} from "../../platform/http/json-calls.ts";
import { version } from "../../platform/version.ts";
import { done, type Outcome, type Unknown } from "../../ports/outcome.ts";
import type { MayGoOn, ServiceTime } from "../../ports/payment.ts";
import { type Declined, type No, noOf } from "./problems.ts";
import { accessToken, created, type Events, events, type Payment, payment } from "./wire.ts";

export interface VippsSettings extends Omit<JsonCallsSettings, "causes" | "secrets"> {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly merchantSerialNumber: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
}

/** A yes with what it says, or what else came. */
export type Reply<T> = { readonly kind: "yes"; readonly value: T } | No;

interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

interface Change {
  readonly path: string;
  readonly key: string;
  readonly body: object;
}

/** A token is renewed so long before its end, or at half of its life where it is short. */
const RENEW_MS = 5 * 60_000;
/** At the service each name and version has at most 30 characters. */
const SYSTEM = {
  "Vipps-System-Name": "kioskd",
  "Vipps-System-Version": version.slice(0, 30),
  "Vipps-System-Plugin-Name": "kioskd-vipps",
  "Vipps-System-Plugin-Version": version.slice(0, 30),
};
const NOT_SENT: Unknown = { kind: "unknown", detail: "not sent: the sale has gone on without it" };

/** Calls in the name of one sales unit. Each is at most two requests, and two for a new token. */
export class VippsCalls {
  readonly #settings: VippsSettings;
  readonly #calls: JsonCalls;
  #token: { readonly value: string; readonly renewMs: number } | null = null;
  #asking: Promise<Outcome<string>> | null = null;

  constructor(settings: VippsSettings) {
    this.#settings = settings;
    this.#calls = new JsonCalls({
      ...settings,
      causes: { endpoint: "payment.vipps", authority: null },
      secrets: () => [
        settings.clientSecret,
        settings.subscriptionKey,
        ...(this.#token === null ? [] : [this.#token.value]),
      ],
    });
  }

  get serviceTime(): ServiceTime | null {
    return this.#calls.serviceTime;
  }

  create(
    key: string,
    body: object,
    mayGoOn: MayGoOn,
  ): Promise<Reply<{ reference: string; redirectUrl?: string | undefined }>> {
    return this.#sent("create", created, { path: "", key, body }, mayGoOn);
  }

  payment(reference: string): Promise<Reply<Payment>> {
    return this.#sent("payment", payment, `/${encodeURIComponent(reference)}`);
  }

  events(reference: string): Promise<Reply<Events>> {
    return this.#sent("events", events, `/${encodeURIComponent(reference)}/events`);
  }

  change(
    operation: "capture" | "cancel" | "refund",
    reference: string,
    key: string,
    body: object,
    mayGoOn: MayGoOn,
  ): Promise<Reply<Payment>> {
    const path = `/${encodeURIComponent(reference)}/${operation}`;
    return this.#sent(operation, payment, { path, key, body }, mayGoOn);
  }

  close(): void {
    this.#calls.close();
  }

  /** With a token that is good by its own account; and once more with a new one when the service takes it no longer. */
  async #sent<T>(
    operation: string,
    schema: Schema<T>,
    what: string | Change,
    mayGoOn: MayGoOn = () => true,
  ): Promise<Reply<T>> {
    for (let isRenewed = false; ; isRenewed = true) {
      const token = await this.#goodToken();
      if (token.kind !== "done") return token;
      if (!mayGoOn()) return NOT_SENT;
      const request = this.#request(operation, what, token.value);
      const judge = (answer: JsonAnswer) =>
        answer.status === 401 ? { kind: "stale" as const, answer } : replyOf(operation, schema, answer);
      const reply = await this.#calls.call(request, judge);
      if (reply.kind !== "stale") return reply;
      if (this.#token?.value === token.value) this.#token = null;
      if (isRenewed) return noOf(operation, reply.answer);
    }
  }

  #request(operation: string, what: string | Change, token: string): JsonRequest {
    const { origin, merchantSerialNumber, subscriptionKey } = this.#settings;
    const common = {
      Authorization: `Bearer ${token}`,
      "Ocp-Apim-Subscription-Key": subscriptionKey,
      "Merchant-Serial-Number": merchantSerialNumber,
      ...SYSTEM,
    };
    const path = typeof what === "string" ? what : what.path;
    const url = new URL(`/epayment/v1/payments${path}`, origin);
    if (typeof what === "string") return { operation, method: "GET", url, headers: common, body: null };
    const headers = { ...common, "Content-Type": "application/json", "Idempotency-Key": what.key };
    return { operation, method: "POST", url, headers, body: JSON.stringify(what.body), named: { key: what.key } };
  }

  /** One question for it at a time, whoever waits. */
  async #goodToken(): Promise<Outcome<string>> {
    if (this.#token !== null && this.#settings.clock.monotonicMs() < this.#token.renewMs)
      return done(this.#token.value);
    this.#asking ??= this.#newToken().finally(() => {
      this.#asking = null;
    });
    return await this.#asking;
  }

  async #newToken(): Promise<Outcome<string>> {
    const { origin, clientId, clientSecret, subscriptionKey, merchantSerialNumber, clock } = this.#settings;
    const headers = {
      client_id: clientId,
      client_secret: clientSecret,
      "Ocp-Apim-Subscription-Key": subscriptionKey,
      "Merchant-Serial-Number": merchantSerialNumber,
      ...SYSTEM,
    };
    const url = new URL("/accesstoken/get", origin);
    const request: JsonRequest = {
      operation: "token",
      method: "POST",
      url,
      headers,
      body: null,
      onlyAsks: true,
      hidesAnswer: true,
    };
    const askedMs = clock.monotonicMs();
    const reply = await this.#calls.call(request, (answer): Reply<{ access_token: string; expires_in: number }> => {
      // Nothing but the keys is in this request.
      const isRefused = answer.status === 400;
      return isRefused ? noOf("token", { ...answer, status: 401 }) : replyOf("token", accessToken, answer);
    });
    if (reply.kind !== "yes") return asOutcome(reply);
    const lifeMs = reply.value.expires_in * 1_000;
    this.#token = { value: reply.value.access_token, renewMs: askedMs + Math.max(lifeMs - RENEW_MS, lifeMs / 2) };
    return done(reply.value.access_token);
  }
}

/** What the service shows of the payment decides: until then such a no is none. */
export function asOutcome(no: No): Declined | Unknown {
  return no.kind === "declined" || no.kind === "unknown" ? no : { kind: "unknown", detail: no.detail };
}

function replyOf<T>(operation: string, schema: Schema<T>, answer: JsonAnswer): Reply<T> {
  if (answer.status >= 400) return noOf(operation, answer);
  const read = schema.safeParse(answer.json);
  if (read.success) return { kind: "yes", value: read.data };
  return { kind: "unknown", detail: `${operation}: answer not understood (HTTP ${answer.status})` };
}
