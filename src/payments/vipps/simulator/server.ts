import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { urlOf } from "../../../devices/bench/address.ts";
import { phoneOn } from "../../../devices/bench/phone-address.ts";
import { FAULT, type Fault, Faults, falsified, refusesRequest } from "./faults.ts";
import { addPhone } from "./phone.ts";
import { type Answer, type Call, no, type SalesUnit, type Switches, VippsService } from "./service.ts";

const PHONE_PATHS = /^\/phone\b/;

export interface VippsSimulatorOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Where a phone that is not on this machine finds its page; `host` alone unless given. */
  readonly phoneHost?: string | undefined;
  /** Wall clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
  readonly unit?: Partial<SalesUnit>;
  readonly switches?: Partial<Switches>;
  /** Hears of every exchange with the service's own calls, as it went over the wire. */
  readonly onExchange?: (exchange: SeenExchange) => void;
}

export interface SeenExchange {
  readonly call: Call | "token";
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly status: number;
  readonly answer: string;
}

export interface VippsSimulator {
  readonly origin: string;
  readonly phoneUrl: string;
  readonly service: VippsService;
  readonly faults: Faults;
  /** No token is good any more. */
  revokeTokens(): void;
  close(): Promise<void>;
}

export const DEMO_UNIT: SalesUnit = {
  merchantSerialNumber: "123456",
  clientId: "00000000-0000-4000-8000-000000000001",
  clientSecret: "demo-client-secret",
  subscriptionKey: "demo-subscription-key",
  currency: "NOK",
};

/** In the test environment; production's live a day. */
const TOKEN_MS = 3_600_000;
const TOKENS_MAX = 1_000;
const JSON_TYPE = "application/json; charset=utf-8";
const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

const SWITCHES = z.strictObject({
  partialCapture: z.boolean().optional(),
  holdMs: z.int().min(0).optional(),
  clockAheadMs: z.int().optional(),
  changesAreProblemJson: z.boolean().optional(),
});

/** The payment service with its customer's phone, on one port. Rejects when the port is taken. */
export async function startVippsSimulator(options: VippsSimulatorOptions): Promise<VippsSimulator> {
  const now = options.now ?? Date.now;
  const switches: Switches = {
    ...{ partialCapture: true, holdMs: 180 * 86_400_000, clockAheadMs: 0, changesAreProblemJson: true },
    ...options.switches,
  };
  const service = new VippsService({ ...DEMO_UNIT, ...options.unit }, switches, now);
  const faults = new Faults();
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  const front = new Front(service, faults, now, options.onExchange);
  addCalls(app, front);
  app.register((own, _options, done) => {
    own.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, heard) =>
      heard(null, parsed(body)),
    );
    addPhone(own, service);
    addControl(own, service, faults);
    done();
  });
  await app.listen({ host: options.host, port: options.port });
  const origin = urlOf(options.host, app.server);
  const outside = options.phoneHost === undefined ? null : await phoneOn(app, options.phoneHost, PHONE_PATHS);
  const phoneUrl = `${outside?.base ?? origin}/phone`;
  service.codeBase = phoneUrl;
  const close = async (): Promise<void> => {
    await outside?.close();
    await app.close();
  };
  return { origin, phoneUrl, service, faults, revokeTokens: () => front.revokeTokens(), close };
}

function parsed(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}

/** What stands before the rules: keys, tokens, headers, and mishaps on demand. */
class Front {
  readonly service: VippsService;
  readonly #faults: Faults;
  readonly #now: () => number;
  readonly #onExchange: (exchange: SeenExchange) => void;
  readonly #tokens = new Map<string, number>();
  #tokensMade = 0;

  constructor(
    service: VippsService,
    faults: Faults,
    now: () => number,
    onExchange: VippsSimulatorOptions["onExchange"],
  ) {
    this.service = service;
    this.#faults = faults;
    this.#now = now;
    this.#onExchange = onExchange ?? (() => undefined);
  }

  revokeTokens(): void {
    this.#tokens.clear();
  }

  async answer(call: Call | "token", request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const fault = this.#faults.take(call);
    const body = typeof request.body === "string" ? request.body : "";
    reply.header("date", new Date(this.#now() + this.service.switches.clockAheadMs).toUTCString());
    if (fault !== null && refusesRequest(fault)) return refuse(fault, request, reply);
    const { Reference: reference = referenceIn(body) } = request.params as { readonly Reference?: string };
    if (fault?.mode === "confirm-before") this.service.choose("confirm", reference);
    if (fault?.mode === "lapse-before") this.service.lapse(reference);
    const answer = call === "token" ? this.#token(request) : this.#called(call, reference, request, body);
    if (fault?.mode === "confirm-after") this.service.choose("confirm", reference);
    const text = answer.body === null ? "" : JSON.stringify(answer.body);
    if (fault === null) this.#onExchange({ call, headers: request.headers, body, status: answer.status, answer: text });
    if (fault?.mode === "drop-answer") return cut(request, reply);
    if (fault?.mode === "status-afterwards") return problemOf(fault, reply);
    if (fault?.mode === "delay") await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    const isChange = call === "capture" || call === "cancel" || call === "refund";
    const isProblem = answer.status >= 400 || (isChange && this.service.switches.changesAreProblemJson);
    return reply
      .code(answer.status)
      .type(isProblem ? PROBLEM_TYPE : JSON_TYPE)
      .send(fault === null ? text : falsified(fault.mode, text));
  }

  #token({ headers }: FastifyRequest): Answer {
    const { unit } = this.service;
    const isRight =
      headers["client_id"] === unit.clientId &&
      headers["client_secret"] === unit.clientSecret &&
      headers["ocp-apim-subscription-key"] === unit.subscriptionKey;
    if (!isRight) return gateway("Access denied due to invalid keys");
    this.#tokensMade += 1;
    const value = `simulated-token-${this.#tokensMade}`;
    if (this.#tokens.size >= TOKENS_MAX) this.#tokens.clear();
    this.#tokens.set(value, this.#now() + TOKEN_MS);
    const endsS = Math.floor((this.#now() + TOKEN_MS) / 1_000);
    const text = String(TOKEN_MS / 1_000);
    return {
      status: 200,
      body: {
        ...{ token_type: "Bearer", expires_in: text, ext_expires_in: text, expires_on: String(endsS) },
        ...{ not_before: String(endsS - TOKEN_MS / 1_000), resource: "00000002-0000-0000-c000-000000000000" },
        access_token: value,
      },
    };
  }

  #called(call: Call, reference: string, { headers }: FastifyRequest, body: string): Answer {
    const { unit } = this.service;
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    if (headers["ocp-apim-subscription-key"] !== unit.subscriptionKey) return gateway("Access denied");
    if ((this.#tokens.get(token) ?? 0) <= this.#now()) return gateway("Unauthorized");
    if (headers["merchant-serial-number"] !== unit.merchantSerialNumber) return no(403, null, "Forbidden");
    const isPost = call !== "payment" && call !== "events";
    if (isPost && !/^application\/json\b/.test(headers["content-type"] ?? "")) return no(415, null, "Unsupported");
    const key = headers["idempotency-key"];
    return this.service.answer({ call, reference, key: typeof key === "string" ? key : null, body });
  }
}

function gateway(message: string): Answer {
  return { status: 401, body: { statusCode: 401, message } };
}

function addCalls(app: FastifyInstance, front: Front): void {
  const payments = "/epayment/v1/payments";
  const one = `${payments}/:Reference`;
  app.post("/accesstoken/get", (request, reply) => front.answer("token", request, reply));
  app.post(payments, (request, reply) => front.answer("create", request, reply));
  app.get(one, (request, reply) => front.answer("payment", request, reply));
  app.get(`${one}/events`, (request, reply) => front.answer("events", request, reply));
  for (const call of ["capture", "cancel", "refund"] as const)
    app.post(`${one}/${call}`, (request, reply) => front.answer(call, request, reply));
  app.post("/epayment/v1/test/payments/:Reference/approve", (request, reply) =>
    front.answer("approve", request, reply),
  );
}

/** What a test program may do to the service over HTTP. */
function addControl(app: FastifyInstance, service: VippsService, faults: Faults): void {
  app.post("/faults", (request, reply) => {
    const fault = FAULT.safeParse(request.body);
    if (!fault.success) return reply.code(400).send({ error: fault.error.issues.map(({ message }) => message) });
    if (!faults.add(fault.data)) return reply.code(409).send({ error: "too many faults are waiting" });
    return reply.send({ ok: true });
  });
  app.delete("/faults", (_request, reply) => {
    faults.clear();
    return reply.send({ ok: true });
  });
  app.post("/switches", (request, reply) => {
    const change = SWITCHES.safeParse(request.body);
    if (!change.success) return reply.code(400).send({ error: change.error.issues.map(({ message }) => message) });
    return reply.send(Object.assign(service.switches, change.data));
  });
  app.post("/forget-keys", (_request, reply) => {
    service.forgetKeys();
    return reply.send({ ok: true });
  });
  app.post("/lapse/:reference", (request, reply) => {
    service.lapse((request.params as { readonly reference: string }).reference);
    return reply.send({ ok: true });
  });
  app.get("/audit", () => ({ payments: service.payments() }));
}

function refuse(fault: Fault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.mode === "html") return reply.code(502).type("text/html").send("<html><body><h1>502</h1></body></html>");
  if (fault.mode === "portal") return reply.type("text/html").send("<!DOCTYPE html><html><body>Log in</body></html>");
  if (fault.mode === "redirect") return reply.redirect("http://portal.invalid/login", 302);
  return fault.mode === "drop-request" ? cut(request, reply) : problemOf(fault, reply);
}

function problemOf({ status, code, retryAfter }: Fault, reply: FastifyReply): FastifyReply {
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(no(status, code ?? null, "Ordered").body));
}

function cut(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function referenceIn(body: string): string {
  return /"reference":"([^"]{1,64})"/.exec(body)?.[1] ?? "";
}
