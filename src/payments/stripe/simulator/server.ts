import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { z } from "zod";
import { urlOf } from "../../../devices/bench/address.ts";
import { phoneOn } from "../../../devices/bench/phone-address.ts";
import { Book, type BookOptions } from "./book.ts";
import { FAULT, Faults } from "./faults.ts";
import { addPhone } from "./phone.ts";
import { type Outgoing, Service, type ServiceKey } from "./service.ts";

const PHONE_PATHS = /^\/(phone|c\/pay)\b/;

export interface StripeSimulatorOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Where a phone that is not on this machine finds its page; `host` alone unless given. */
  readonly phoneHost?: string | undefined;
  /** Wall clock in milliseconds; a test gives its own. */
  readonly now?: () => number;
  /** Besides the demonstration's. */
  readonly keys?: readonly ServiceKey[];
  readonly holdS?: number;
  readonly captureBelowLeast?: BookOptions["captureBelowLeast"];
}

export interface StripeSimulator {
  readonly endpoint: string;
  readonly phoneUrl: string;
  readonly book: Book;
  readonly faults: Faults;
  readonly service: Service;
  close(): Promise<void>;
}

export const DEMO_KEY: ServiceKey = {
  key: "rk_test_kioskdDemo0000000000000000",
  account: "acct_1kioskdDemo00000",
  livemode: false,
  rights: ["sessions:write", "intents:write", "refunds:write"],
};

const HOLD_S = 7 * 24 * 3600;
const BODY_MOST_BYTES = 64 * 1024;
/** More than anybody reads of an answer. */
const HUGE_CHARS = 4 * 1024 * 1024;
const JSON_TYPE = "application/json";

/** The payment service with its customer's phone, on one port. Rejects when the port is taken. */
export async function startStripeSimulator(options: StripeSimulatorOptions): Promise<StripeSimulator> {
  const now = options.now ?? Date.now;
  const nowS = (): number => Math.floor(now() / 1000);
  let phone = "";
  const { holdS = HOLD_S, captureBelowLeast = "refuses" } = options;
  const book = new Book({ holdS, captureBelowLeast, page: () => phone });
  const faults = new Faults();
  const service = new Service(book, faults, [DEMO_KEY, ...(options.keys ?? [])]);
  const app = fastify({ forceCloseConnections: true, bodyLimit: BODY_MOST_BYTES });
  addService(app, service, now);
  addPhone(app, book, nowS);
  addControl(app, { book, faults, service });
  await app.listen({ host: options.host, port: options.port });
  const base = urlOf(options.host, app.server);
  const { phoneHost } = options;
  const outside = phoneHost === undefined ? null : await phoneOn(app, phoneHost, PHONE_PATHS);
  phone = outside?.base ?? base;
  const close = async (): Promise<void> => {
    await outside?.close();
    await app.close();
  };
  return { endpoint: base, phoneUrl: `${phone}/phone`, book, faults, service, close };
}

function addService(app: FastifyInstance, service: Service, now: () => number): void {
  app.register((own, _options, done) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser("*", { parseAs: "string" }, (_request, body, parsed) => parsed(null, body));
    own.all("/v1/*", async (request, reply) => {
      const [path = "", query = ""] = request.url.split("?", 2);
      const { method, body, headers } = request;
      const header = (name: string): string | undefined => headers[name]?.toString();
      const incoming = { method, path, query, body: typeof body === "string" ? body : "", header };
      const answer = service.answer(incoming, Math.floor(now() / 1000));
      reply.headers({ ...answer.headers, date: new Date(now()).toUTCString() });
      return await sent(answer, request, reply);
    });
    done();
  });
}

/** The answer, or what becomes of it on its way. */
async function sent({ status, body, fault }: Outgoing, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const text = JSON.stringify(body);
  switch (fault?.mode) {
    case "lost-before":
    case "lost-after":
      return dropped(request, reply);
    case "html":
      return reply.code(502).type("text/html").send("<html><body><h1>502 Bad Gateway</h1></body></html>");
    case "portal":
      return reply.code(200).type("text/html").send("<!DOCTYPE html><html><body>Log in</body></html>");
    case "redirect":
      return reply.redirect("http://portal.invalid/login", 302);
    case "late":
      await new Promise((resolve) => setTimeout(resolve, fault.lateMs));
      return reply.code(status).type(JSON_TYPE).send(text);
    case "cut":
      return reply
        .code(status)
        .type(JSON_TYPE)
        .send(text.slice(0, text.length / 2));
    case "huge":
      return reply
        .code(status)
        .type(JSON_TYPE)
        .send(`${text.slice(0, -1)},"more":"${"x".repeat(HUGE_CHARS)}"}`);
    default:
      return reply.code(status).type(JSON_TYPE).send(text);
  }
}

function dropped(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

/** What a test may do to the service from another process. */
const CHANGE = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("forget-keys") }),
  z.strictObject({ op: z.literal("capture-below-least"), is: z.enum(["refuses", "takes"]) }),
]);

function addControl(
  app: FastifyInstance,
  { book, faults, service }: Pick<StripeSimulator, "book" | "faults" | "service">,
): void {
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
  app.post("/control", (request, reply) => {
    const change = CHANGE.safeParse(request.body);
    if (!change.success) return reply.code(400).send({ error: change.error.issues.map(({ message }) => message) });
    if (change.data.op === "forget-keys") service.keys.forgetAll();
    else book.options.captureBelowLeast = change.data.is;
    return reply.send({ ok: true });
  });
}
