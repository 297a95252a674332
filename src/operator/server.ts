import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { TlsPair } from "../platform/certificates/pair.ts";
import { urlOf } from "../platform/http/address.ts";
import { readAssets } from "../platform/http/assets.ts";
import { readOnlyJson, refuse } from "../platform/http/bodies.ts";
import { Listener } from "../platform/http/listener.ts";
import type { PlaceLimits } from "../platform/http/places.ts";
import type { Log } from "../ports/log.ts";
import { OneTimeCode } from "./account/code.ts";
import { Guesses } from "./account/guesses.ts";
import { isCsrfOf, Sessions } from "./account/sessions.ts";
import { mayAct, Users } from "./account/users.ts";
import type { Context, OperatorDeps } from "./context.ts";
import { assertEncrypted, isOwnHost, isOwnOrigin, tokenOf, type Who } from "./guard.ts";
import { addAccount, addOwnAccount } from "./routes/account.ts";
import { addNow } from "./routes/now.ts";
import { addOrders } from "./routes/orders.ts";
import { addSales } from "./routes/sales.ts";
import type { OperatorSettings } from "./settings.ts";

export interface OperatorServer {
  readonly url: string;
  /** For connections from now on. Throws when the pair cannot be used; then the one before stays in use. */
  renew(tls: TlsPair): void;
  close(): Promise<void>;
}

const PLACES: PlaceLimits = { most: 64, mostOfOrigin: 24, keptForLoopback: 8 };
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
};
/** With it the page says that it only looks by itself. */
const LOOKING = "x-kioskd-looking";
const CSRF = "x-kioskd-csrf";

/** Beside the built module; run from its source, where the last build has put it. */
const BUILT_PAGE = new URL(import.meta.url.endsWith(".ts") ? "../../dist/operator/page/" : "./page/", import.meta.url);

/** Serves the operator's page; rejects when the address is taken or passwords would go unencrypted. */
export async function startOperatorServer(settings: OperatorSettings, deps: OperatorDeps): Promise<OperatorServer> {
  assertEncrypted(settings);
  const { log } = deps;
  const { host, port, tls } = settings;
  const isTls = tls !== null;
  const assets = await readAssets(settings.pageRoot ?? BUILT_PAGE);
  const listener = new Listener({ name: "operator", tls, places: PLACES }, deps);
  const app = fastify(listener.options);
  app.addHook("preClose", async () => listener.close());
  const known = new WeakMap<IncomingMessage, Who>();
  const context: Context = {
    ...deps,
    isTls,
    users: new Users(settings.usersFile),
    code: new OneTimeCode(settings.codeFile),
    sessions: new Sessions(settings.idleMs),
    guesses: new Guesses(),
    whoOf: ({ raw }) => {
      const who = known.get(raw);
      if (who === undefined) throw new Error("a route without its guard");
      return who;
    },
    only: (role) => ({
      preHandler: async (request, reply) => {
        const { user } = context.whoOf(request);
        if (!mayAct(user.role, role)) await refuse(reply, 403, `only for: ${role}`);
      },
    }),
  };
  addGuards(app, settings);
  addErrors(app, log);
  readOnlyJson(app);
  for (const { name, type, content } of assets) {
    app.get(name === "index.html" ? "/" : `/${name}`, (_request, reply) =>
      content === null ? refuse(reply, 404, `${name} is not built`) : reply.type(type).send(content),
    );
  }
  addAccount(app, context);
  await app.register((scope, _options, done) => {
    scope.addHook("onRequest", async (request, reply) => {
      const who = whoAsks(context, request);
      if (who === null) return await refuse(reply, 401, "sign in first");
      if (request.method === "POST" && !isCsrfOf(who.session, request.headers[CSRF])) {
        return await refuse(reply, 403, "the page is not of this session: load it again");
      }
      known.set(request.raw, who);
      listener.trust(request.raw);
    });
    addOwnAccount(scope, context);
    addNow(scope, context);
    addOrders(scope, context);
    addSales(scope, context);
    done();
  });
  await app.listen({ host, port });
  const url = urlOf(isTls ? "https" : "http", host, app.server.address() as AddressInfo);
  log.info({ url }, "The operator's page listens.");
  let closing: Promise<void> | undefined;
  return {
    url,
    renew: (pair) => listener.renew(pair),
    close: () => {
      closing ??= app.close();
      return closing;
    },
  };
}

function addGuards(app: FastifyInstance, settings: OperatorSettings): void {
  const isTls = settings.tls !== null;
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const { host, origin } = request.headers;
    if (!isOwnHost(host, settings)) await refuse(reply, 403, "unknown host: add its name to operator.names");
    else if (request.method === "POST" && !isOwnOrigin(origin, host, isTls)) {
      await refuse(reply, 403, "requests from other origins are refused");
    }
  });
}

function addErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => refuse(reply, 404, `no ${request.method} here`));
  app.setErrorHandler((error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(reply, status, error.message);
    log.error({ err: error, route: request.routeOptions.url }, "A request to the operator's page failed.");
    // What the journal says tells what to do.
    return refuse(reply, 500, error.name === "JournalError" ? error.message : "internal error: the log says more");
  });
}

/** Null for whoever is not signed in, whose password was changed since, or who was removed. */
function whoAsks({ sessions, users, clock, isTls }: Context, request: FastifyRequest): Who | null {
  const token = tokenOf(request, isTls);
  const isUse = request.headers[LOOKING] === undefined;
  const session = token === null ? null : sessions.find(token, clock.monotonicMs(), isUse);
  if (token === null || session === null) return null;
  const user = users.named(session.user);
  if (user !== null && user.hash === session.passwordHash) return { user, session, token };
  sessions.end(token);
  return null;
}
