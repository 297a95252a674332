import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { originOf } from "../../platform/http/address.ts";
import { parseBody, refuse } from "../../platform/http/bodies.ts";
import type { Listener } from "../../platform/http/listener.ts";
import type { CustomerInput, Health, InputAnswer, KioskView } from "../../ports/display.ts";
import { isForwarded } from "./access.ts";
import type { EventHub, Who } from "./event-hub.ts";
import type { Presence } from "./presence.ts";
import { emptyBody, pageName, selectBody } from "./request-bodies.ts";
import type { WebDisplaySettings } from "./settings.ts";
import type { Slide } from "./slides.ts";

interface RouteDeps {
  readonly input: CustomerInput;
  readonly health: () => Health;
  readonly metrics: () => Promise<string>;
  readonly settings: WebDisplaySettings;
  readonly slides: readonly Slide[];
  readonly logo: Slide | null;
  readonly hub: EventHub;
  readonly listener: Listener;
  readonly isKnown: (request: FastifyRequest) => boolean;
  readonly presence: Presence;
  readonly lastView: () => KioskView;
}

interface ById {
  Params: { id: string };
}

const STATUS: Readonly<Record<Exclude<InputAnswer["kind"], "taken">, number>> = {
  invalid: 400,
  "unknown-position": 404,
  conflict: 409,
  "other-price": 409,
};

export function addOpenRoutes(app: FastifyInstance, { health }: Pick<RouteDeps, "health">): void {
  app.get("/health", (_request, reply) => {
    const { ok, reasons, advice, positions } = health();
    return reply.code(ok ? 200 : 503).send({ ok, reasons, advice, positions });
  });
}

/** Everything that tells of a sale or changes one; asks for the token when there is one. */
export function addGuardedRoutes(app: FastifyInstance, deps: RouteDeps): void {
  app.addHook("onRequest", async (request, reply) => {
    if (deps.isKnown(request)) return;
    await refuse(reply.header("www-authenticate", "Bearer"), 401, "a valid token is required");
  });
  addReads(app, deps);
  addEvents(app, deps);
  addInputs(app, deps.input);
  addPresence(app, deps);
}

function addReads(app: FastifyInstance, { settings, slides, logo, metrics, lastView }: RouteDeps): void {
  const { kioskName, locales, support, panel, readingDistanceMm, dim, look, timezone } = settings;
  const page = {
    ...{ kioskName, locales, support, panel, readingDistanceMm, dim, look, timezone },
    ...{ slides: slides.map(({ url }) => url), logo: logo?.url ?? null },
  };
  app.get("/api/settings", () => page);
  app.get("/api/state", () => lastView());
  app.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await metrics()),
  );
}

/** The page tells that a customer can read it; whoever keeps the browser alive asks. */
function addPresence(app: FastifyInstance, { presence, hub }: RouteDeps): void {
  app.get("/api/display", () => ({ heartbeatAgeMs: presence.ageMs }));
  app.post("/api/display/heartbeat", async (request, reply) => {
    const body = parseBody(emptyBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    presence.heard();
    const { page } = whoOf(request);
    if (page !== null) hub.heard(page);
    return reply.code(204).send();
  });
}

function addEvents(app: FastifyInstance, { hub, listener }: RouteDeps): void {
  app.get("/api/events", (request, reply) => {
    const who = whoOf(request);
    if (!hub.makeRoom(who)) {
      void refuse(reply, 503, "too many clients follow the events");
      return;
    }
    const headers = { ...reply.getHeaders(), "content-type": "text/event-stream; charset=utf-8" };
    reply.hijack();
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.writeHead(200);
    listener.follow(request.raw);
    hub.add(reply.raw, who);
  });
}

function whoOf(request: FastifyRequest): Who {
  const query = pageName.safeParse(request.query);
  const origin = originOf(request.raw.socket.remoteAddress ?? "");
  const isOwn = origin.isLoopback && !isForwarded(request.headers);
  return { page: query.success ? query.data.page : null, origin: origin.name, isOwn };
}

function addInputs(app: FastifyInstance, input: CustomerInput): void {
  app.post<ById>("/api/positions/:id/select", async (request, reply) => {
    const body = parseBody(selectBody, request.body);
    if (!body.ok) return refuse(reply, 400, body.reason);
    return answer(reply, await input.select(request.params.id, body.value.reserve, body.value.unitPrice ?? null));
  });
  for (const action of ["stop", "cancel", "extend"] as const) {
    app.post<ById>(`/api/positions/:id/${action}`, async (request, reply) => {
      const body = parseBody(emptyBody, request.body);
      if (!body.ok) return refuse(reply, 400, body.reason);
      return answer(reply, await input[action](request.params.id));
    });
  }
}

function answer(reply: FastifyReply, given: InputAnswer): FastifyReply {
  if (given.kind === "taken") return reply.code(202).send({ ok: true });
  if (given.kind === "other-price") {
    return reply.code(STATUS[given.kind]).send({ error: given.reason, unitPrice: given.unitPrice });
  }
  return refuse(reply, STATUS[given.kind], given.reason);
}
