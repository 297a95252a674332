import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { isLoopback } from "../../core/loopback.ts";
import { urlOf } from "../../platform/http/address.ts";
import { type Asset, readAssets } from "../../platform/http/assets.ts";
import { readOnlyJson, refuse } from "../../platform/http/bodies.ts";
import { Listener } from "../../platform/http/listener.ts";
import type { PlaceLimits } from "../../platform/http/places.ts";
import type { Clock } from "../../ports/clock.ts";
import type { CustomerInput, Display, Health, KioskView } from "../../ports/display.ts";
import type { Log } from "../../ports/log.ts";
import type { Observer } from "../../ports/metrics.ts";
import { assertGuarded, isAuthorised, isLocalHostHeader, isOwnOrigin, isToken, setCookie } from "./access.ts";
import { eventHub } from "./event-hub.ts";
import { Presence } from "./presence.ts";
import { addGuardedRoutes, addOpenRoutes } from "./routes.ts";
import type { WebDisplaySettings } from "./settings.ts";
import { addSlides, findLogo, findSlides } from "./slides.ts";

interface WebDisplayDeps {
  readonly input: CustomerInput;
  readonly health: () => Health;
  readonly metrics: () => Promise<string>;
  readonly dropped: Observer["connectionDropped"];
  readonly clock: Clock;
  readonly log: Log;
}

const PLACES: PlaceLimits = { most: 128, mostOfOrigin: 32, keptForLoopback: 16 };
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Beside the built module; run from its source, where the last build has put it. */
const BUILT_PAGE = new URL(
  import.meta.url.endsWith(".ts") ? "../../../dist/displays/web/page/" : "./page/",
  import.meta.url,
);

/** Serves the kiosk page, its state and its buttons; rejects when the address is taken or not guarded. */
export async function startWebDisplay(
  settings: WebDisplaySettings,
  deps: WebDisplayDeps,
): Promise<Display & { readonly url: string }> {
  const { host, port, token } = settings;
  assertGuarded(host, token);
  const assets = await readAssets(settings.pageRoot ?? BUILT_PAGE);
  const missing = assets.filter(({ content }) => content === null).map(({ name }) => name);
  if (missing.length > 0) deps.log.warn({ missing }, "The display page is not built; only its HTTP interface works.");

  const slides = await findSlides(settings.slides, deps.log);
  const logo = await findLogo(settings.logo, deps.log);
  let lastView: KioskView = { positions: [] };
  const presence = new Presence(deps.clock);
  const listener = new Listener({ name: "display", tls: null, places: PLACES }, deps);
  const hub = eventHub(JSON.stringify(lastView), hashOf(assets), deps.clock, (reason) => listener.dropped(reason));
  const app = fastify(listener.options);
  app.addHook("preClose", async () => listener.close());
  const known = new WeakSet<IncomingMessage>();
  addGuards(app, isLoopback(host), (request) => {
    if (token !== null && !isAuthorised(request, token)) return;
    known.add(request.raw);
    listener.trust(request.raw);
  });
  addErrors(app, deps.log);
  readOnlyJson(app);
  addPage(app, assets, token);
  addSlides(app, [...slides, ...(logo === null ? [] : [logo])]);
  addOpenRoutes(app, deps);
  await app.register((scope, _options, done) => {
    const isKnown = (request: FastifyRequest): boolean => known.has(request.raw);
    addGuardedRoutes(scope, {
      ...deps,
      settings,
      slides,
      logo,
      hub,
      listener,
      presence,
      isKnown,
      lastView: () => lastView,
    });
    done();
  });

  try {
    await app.listen({ host, port });
  } catch (error) {
    hub.close();
    throw error;
  }
  const url = urlOf("http", host, app.server.address() as AddressInfo);
  deps.log.info({ url }, "The web display listens.");

  let closing: Promise<void> | undefined;
  return {
    url,
    show: (view) => {
      lastView = view;
      hub.push(JSON.stringify(view));
    },
    watch: (listener) => presence.watch(listener),
    close: () => {
      hub.close();
      presence.close();
      closing ??= app.close();
      return closing;
    },
  };
}

/** What passes is held against the token; without one it is known at once. */
function addGuards(app: FastifyInstance, localOnly: boolean, passed: (request: FastifyRequest) => void): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const { host, origin } = request.headers;
    if (localOnly && !isLocalHostHeader(host)) {
      await refuse(reply, 403, "unknown host: use localhost, 127.0.0.1 or [::1]");
    } else if (request.method === "POST" && !isOwnOrigin(origin, host)) {
      await refuse(reply, 403, "requests from other origins are refused");
    } else {
      passed(request);
    }
  });
}

function addErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => refuse(reply, 404, `no ${request.method} here`));
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(reply, status, error.message);
    log.error({ err: error, route: request.routeOptions.url }, "A request to the display failed.");
    return refuse(reply, 500, "internal error");
  });
}

function addPage(app: FastifyInstance, assets: readonly Asset[], token: string | null): void {
  for (const { name, type, content } of assets) {
    const path = name === "index.html" ? "/" : `/${name}`;
    app.get<{ Querystring: { token?: string | string[] } }>(path, (request, reply) => {
      const given = path === "/" && token !== null ? request.query.token : undefined;
      if (given !== undefined && token !== null) {
        if (typeof given !== "string" || !isToken(given, token)) return refuse(reply, 401, "this token is not valid");
        // The token leaves the address bar and the history.
        setCookie(reply, token);
        return reply.redirect("/", 303);
      }
      if (content === null) return refuse(reply, 404, `${name} is not built`);
      return reply.type(type).send(content);
    });
  }
}

/** Changes with the page itself, so that a page knows whether the kiosk still serves what it is. */
function hashOf(assets: readonly Asset[]): string {
  const hash = createHash("sha256");
  for (const { name, content } of assets) hash.update(name).update(content ?? "");
  return hash.digest("hex").slice(0, 16);
}
