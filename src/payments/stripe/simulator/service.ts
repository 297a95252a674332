import { randomBytes } from "node:crypto";
import { decodeForm } from "../form.ts";
import type { Book } from "./book.ts";
import { callOf, perform, rightOf } from "./calls.ts";
import { type Call, type Fault, type FaultMode, type Faults, isLie, isOnTheWay } from "./faults.ts";
import { type Answer, inUse, Keys } from "./keys.ts";
import { falsified } from "./lies.ts";
import { checkParameters } from "./parameters.ts";
import { Refusal } from "./refusal.ts";
import type { Owner } from "./state.ts";

/** A key of the service, whose it is, and what it may do. */
export interface ServiceKey extends Owner {
  readonly key: string;
  /** Of a restricted one, such as `refunds:write`; null may do everything. */
  readonly rights: readonly string[] | null;
}

export interface Incoming {
  readonly method: string;
  /** Without what stands behind the question mark. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
  header(name: string): string | undefined;
}

export interface Outgoing extends Answer {
  readonly headers: Readonly<Record<string, string>>;
  /** What becomes of it on its way; null when it is sent as it is. */
  readonly fault: Fault | null;
}

/** A call as it came and as it was answered, for whoever holds both against the published schema. */
export interface Exchange {
  readonly call: Call;
  readonly method: string;
  readonly path: string;
  readonly form: ReadonlyMap<string, string>;
  readonly key: string | null;
  readonly answer: Answer;
}

/** Of a request that did not arrive. */
const NOTHING: Answer = { status: 500, body: {} };
const EXCHANGES_KEPT = 1000;
const DEFAULT_VERSION = "2026-10-28.endive";

/** The service's interface without its wires: who asks, what is asked, and whether it was asked before. */
export class Service {
  readonly keys = new Keys();
  readonly exchanges: Exchange[] = [];
  readonly #book: Book;
  readonly #faults: Faults;
  readonly #accounts: readonly ServiceKey[];

  constructor(book: Book, faults: Faults, accounts: readonly ServiceKey[]) {
    this.#book = book;
    this.#faults = faults;
    this.#accounts = accounts;
  }

  answer(incoming: Incoming, nowS: number): Outgoing {
    const found = callOf(incoming.method, incoming.path);
    const fault = found === null ? null : this.#faults.take(found.call);
    const { answer, form, isReplay } = this.#answered(incoming, found, fault, nowS);
    const key = incoming.method === "POST" ? (incoming.header("idempotency-key") ?? null) : null;
    if (found !== null) {
      const { method, path } = incoming;
      this.exchanges.push({ call: found.call, method, path, form, key, answer });
      if (this.exchanges.length > EXCHANGES_KEPT) this.exchanges.shift();
    }
    const headers = {
      "request-id": `req_${randomBytes(7).toString("hex")}`,
      "stripe-version": incoming.header("stripe-version") ?? DEFAULT_VERSION,
      ...(key === null ? {} : { "idempotency-key": key }),
      ...(isReplay ? { "idempotent-replayed": "true" } : {}),
      ...(fault?.retryAfter === undefined ? {} : { "retry-after": fault.retryAfter }),
    };
    return { ...answer, headers, fault };
  }

  #answered(
    incoming: Incoming,
    found: ReturnType<typeof callOf>,
    fault: Fault | null,
    nowS: number,
  ): { answer: Answer; form: ReadonlyMap<string, string>; isReplay: boolean } {
    let form: ReadonlyMap<string, string> = new Map();
    try {
      const account = this.#accountOf(incoming);
      if (found === null) throw unknownAddress(incoming);
      mayDo(account, found.call);
      form = formOf(incoming);
      const refused = refusalOf(fault);
      if (refused !== null) throw refused;
      if (fault !== null && isOnTheWay(fault.mode)) return { answer: NOTHING, form, isReplay: false };
      checkParameters(found.call, form);
      const asked = `${incoming.method} ${incoming.path} ${[...form]
        .map(([name, value]) => `${name}=${value}`)
        .toSorted((one, other) => (one < other ? -1 : 1))
        .join("&")}`;
      const given = incoming.method === "POST" ? incoming.header("idempotency-key") : undefined;
      const key = given ?? randomBytes(8).toString("hex");
      const scoped = `${account.account} ${account.livemode} ${key}`;
      const kept = this.keys.begin(scoped, asked, nowS);
      if (kept !== null) return { answer: kept, form, isReplay: true };
      meanwhile(this.#book, found, fault?.mode, nowS);
      const answer = this.#worked(found, { owner: account, form, key, nowS }, fault);
      this.keys.end(scoped, answer);
      return { answer: fault !== null && isLie(fault.mode) ? lied(fault.mode, answer) : answer, form, isReplay: false };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { answer: answerOf(error), form, isReplay: false };
    }
  }

  /** From here on the answer is kept under its key, whatever it is. */
  #worked(
    { call, id }: { call: Call; id: string },
    asked: { owner: Owner; form: ReadonlyMap<string, string>; key: string; nowS: number },
    fault: Fault | null,
  ): Answer {
    if (fault?.mode === "error-kept") return answerOf(failed(fault.status));
    try {
      const body = perform(this.#book, call, { ...asked, id });
      return fault?.mode === "error-after" ? answerOf(failed(fault.status)) : { status: 200, body };
    } catch (error) {
      if (error instanceof Refusal) return answerOf(error);
      throw error;
    }
  }

  #accountOf(incoming: Incoming): ServiceKey {
    const [, scheme, value = ""] = /^(Bearer|Basic) (\S+)$/i.exec(incoming.header("authorization") ?? "") ?? [];
    if (scheme === undefined) {
      throw new Refusal(401, "You did not provide an API key.");
    }
    const isBasic = scheme.toLowerCase() === "basic";
    const key = isBasic ? (Buffer.from(value, "base64").toString().split(":")[0] ?? "") : value;
    const account = this.#accounts.find((each) => each.key === key);
    if (account !== undefined) return account;
    throw new Refusal(401, `Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`);
  }
}

function mayDo({ rights, key }: ServiceKey, call: Call): void {
  const right = rightOf(call);
  if (rights === null || rights.some((each) => each === right || each === right.replace(":read", ":write"))) return;
  const message = `The provided key '${key.slice(0, 8)}****' does not have the required permissions for this endpoint (${right}).`;
  throw new Refusal(403, message, { code: "more_permissions_required" });
}

function formOf(incoming: Incoming): ReadonlyMap<string, string> {
  const isPost = incoming.method === "POST";
  const type = incoming.header("content-type");
  if (isPost && incoming.body !== "" && type?.split(";")[0] !== "application/x-www-form-urlencoded") {
    throw new Refusal(400, `Invalid request: the content type must be application/x-www-form-urlencoded.`);
  }
  const form = decodeForm(isPost ? incoming.body : incoming.query);
  if (form === null) throw new Refusal(400, "Invalid request: the parameters cannot be read.");
  const version = incoming.header("stripe-version");
  if (version === undefined || /^\d{4}-\d{2}-\d{2}(\.\w+)?$/.test(version)) return form;
  throw new Refusal(400, `Invalid Stripe API version: ${version}`);
}

function unknownAddress({ method, path }: Incoming): Refusal {
  return new Refusal(404, `Unrecognized request URL (${method}: ${path}).`);
}

/** Before any work has begun, so that nothing is kept. */
function refusalOf(fault: Fault | null): Refusal | null {
  switch (fault?.mode) {
    case "error":
      return failed(fault.status);
    case "rate-limit":
      return new Refusal(429, "Too many requests.", { code: "rate_limit" });
    case "lock-timeout":
      return new Refusal(429, "This object cannot be accessed right now.", { code: "lock_timeout" });
    case "key-in-use":
      return inUse();
    default:
      return null;
  }
}

function failed(status: number): Refusal {
  const type = status >= 500 ? "api_error" : "invalid_request_error";
  return new Refusal(status, "An unknown error occurred.", { type });
}

/** Somebody else was a moment quicker. */
function meanwhile(book: Book, { id }: { id: string }, mode: FaultMode | undefined, nowS: number): void {
  const session = book.sessions(nowS).find((each) => each.id === id || each.intent?.id === id);
  if (session === undefined) return;
  if (mode === "pays") book.press(session.id, "4242424242424242", nowS);
  if (mode === "lapses") book.lapse(session, nowS);
  if (mode === "ends" && session.status === "open") book.expire(session, nowS);
}

function lied(mode: FaultMode, { status, body }: Answer): Answer {
  return { status, body: falsified(mode, body) };
}

function answerOf({ status, error }: Refusal): Answer {
  return { status, body: { error } };
}
