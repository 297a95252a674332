import type { AddressInfo } from "node:net";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { TlsPair } from "../../../platform/certificates/pair.ts";
import { urlOf } from "../../../platform/http/address.ts";
import { Listener } from "../../../platform/http/listener.ts";
import type { PlaceLimits } from "../../../platform/http/places.ts";
import { within } from "../../../platform/time/wait.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { Observer } from "../../../ports/metrics.ts";
import type { RemoteOffer, RemoteOffers } from "../../../ports/remote-offers.ts";
import { assertGuarded, targetOf } from "./access.ts";
import { spaced, tokenBucket } from "./limits.ts";
import { type Answer, answerOf, parseObject, readOfferRequest } from "./offer-request.ts";

interface RemoteOffersSettings {
  readonly host: string;
  /** 0 takes any free port; `url` tells which. */
  readonly port: number;
  readonly merchantId: string;
  /** The first part of every path, by which the payment service proves itself. */
  readonly secret: string;
  /** Required when `host` is not a loopback address. */
  readonly tls: TlsPair | null;
  readonly requestsPerMinute: number;
  /** Where this listener's root is reached from the internet; null when the service shall not notify. */
  readonly publicUrl: string | null;
  readonly currency: string;
  readonly positions: readonly string[];
}

export interface RemoteOffersListener {
  readonly url: string;
  /** Carries the secret: for the payment service only, never for a log. Null when it could not be reached. */
  notificationUrl(position: string): string | null;
  /** What the position's printed code holds. */
  stickerText(position: string): string;
  /** For connections from now on. Throws when the pair cannot be used; then the one before stays in use. */
  renew(tls: TlsPair): void;
  close(): Promise<void>;
}

export interface RemoteOffersDeps {
  readonly dropped: Observer["connectionDropped"];
  readonly clock: Clock;
  readonly log: Log;
}

interface Context {
  readonly settings: RemoteOffersSettings;
  readonly positions: ReadonlySet<string>;
  readonly offers: RemoteOffers;
  readonly clock: Clock;
  readonly log: Log;
  readonly listener: Listener;
}

/** The service waits 5 s; the answer needs its way back. */
const ANSWER_WITHIN_MS = 4_500;
const WAKE_EVERY_MS = 1_000;
const COMPLAIN_EVERY_MS = 60_000;
const PLACES: PlaceLimits = { most: 64, mostOfOrigin: 16, keptForLoopback: 8 };
const HEADERS: Readonly<Record<string, string>> = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
const LATE: RemoteOffer = { kind: "late" };

/**
 * Takes the payment service's calls for customers who scanned a machine's printed code. Rejects when the address
 * is taken or not guarded, or the certificate and key are none. Nothing here sells: it asks for an offer.
 */
export async function startRemoteOffersListener(
  settings: RemoteOffersSettings,
  offers: RemoteOffers,
  deps: RemoteOffersDeps,
): Promise<RemoteOffersListener> {
  const { clock, log } = deps;
  const { host, port, secret, tls, merchantId } = settings;
  assertGuarded(host, tls !== null, secret);
  const listener = new Listener({ name: "remote-offers", tls, places: PLACES }, deps);
  const context: Context = { settings, positions: new Set(settings.positions), offers, clock, log, listener };
  const app = makeServer(listener);
  app.addHook("preClose", async () => listener.close());
  const arrivals = new WeakMap<FastifyRequest, number>();
  addGuard(app, context, arrivals);
  addErrors(app, log);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.post<{ Body: string | undefined }>("/*", async (request, reply) => {
    const raw = parseObject(request.body ?? "");
    if (raw === undefined) return refuse(reply, 400, "expected a JSON object");
    return reply.send(await createPurchase(context, raw, arrivals.get(request) ?? clock.monotonicMs()));
  });

  await app.listen({ host, port });
  const url = urlOf(tls === null ? "http" : "https", host, app.server.address() as AddressInfo);
  log.info({ url }, "The unattended service listens.");
  const publicRoot = settings.publicUrl?.replace(/\/+$/, "") ?? null;
  let closing: Promise<void> | undefined;
  return {
    url,
    notificationUrl: (position) => (publicRoot === null ? null : `${publicRoot}/${secret}/notify/${position}`),
    stickerText: (position) => `HTTP://SEQR.SE/000/ups?w=${merchantId}&t=${position}`,
    renew: (pair) => listener.renew(pair),
    close: () => {
      closing ??= app.close();
      return closing;
    },
  };
}

function makeServer(listener: Listener) {
  const frameworkErrors = (_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void => {
    void notFound(reply);
  };
  try {
    return fastify({ ...listener.options, frameworkErrors });
  } catch (error) {
    throw new Error(`The unattended service's certificate and key cannot be used: ${reasonOf(error)}`);
  }
}

/**
 * Decides before any body is read, so that a stranger learns nothing from how one is taken, and what needs no body
 * is answered here. Only who knows the secret takes from the rate: nobody else can use it up.
 */
function addGuard(app: FastifyInstance, context: Context, arrivals: WeakMap<FastifyRequest, number>): void {
  const { settings, positions, offers, clock, log, listener } = context;
  const mayAsk = tokenBucket(settings.requestsPerMinute, clock);
  const mayWake = spaced(WAKE_EVERY_MS, clock);
  const mayComplain = spaced(COMPLAIN_EVERY_MS, clock);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(HEADERS);
    const target = targetOf(request.method, request.url, settings.secret, positions);
    if (target === null) return await notFound(reply);
    listener.trust(request.raw);
    if (target.kind === "notify") {
      const { position } = target;
      try {
        if (mayWake(position)) offers.wake(position);
      } catch (error) {
        log.error({ position, error: reasonOf(error) }, "A notification could not be passed on.");
      }
      return await reply.code(200).send();
    }
    if (!mayAsk()) {
      const limit = settings.requestsPerMinute;
      if (mayComplain("rate")) log.warn({ limit }, "Too many offers are asked for; some are refused.");
      return await refuse(reply.header("retry-after", Math.ceil(60 / limit)), 429, "too many requests");
    }
    arrivals.set(request, clock.monotonicMs());
  });
}

function addErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((_request, reply) => notFound(reply));
  app.setErrorHandler((error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
    const status = error.statusCode ?? 500;
    if (status === 413) return refuse(reply, 413, "the body is too large");
    if (status < 500) return refuse(reply, 400, "expected a JSON object");
    log.error({ error: error.message }, "A request to the unattended service failed.");
    return reply.code(200).send({ errorCode: "SYSTEM_ERROR" } satisfies Answer);
  });
}

async function createPurchase(context: Context, raw: object, arrivedAtMs: number): Promise<Answer> {
  const { settings, positions, offers, clock, log } = context;
  const request = readOfferRequest(raw, settings.currency, positions);
  if (!request.ok) {
    const { errorCode, why } = request;
    log.warn({ errorCode, why }, "An offer was asked for that cannot be made.");
    return { errorCode };
  }
  const { position, amountMinor, customer } = request;
  const leftMs = arrivedAtMs + ANSWER_WITHIN_MS - clock.monotonicMs();
  const offer = leftMs <= 0 ? LATE : ((await within(clock, leftMs, ask(context, offers, request))) ?? LATE);
  const answer = answerOf(offer);
  log.info({ position, amountMinor, customer, offer, answer }, "An offer was asked for.");
  return answer;
}

/** What goes wrong after the answer is logged here too. */
async function ask(
  { log }: Context,
  offers: RemoteOffers,
  { position, amountMinor }: { readonly position: string; readonly amountMinor: number },
): Promise<RemoteOffer> {
  try {
    return await offers.offerTo(position, amountMinor);
  } catch (error) {
    log.error({ position, error: reasonOf(error) }, "An offer could not be asked for.");
    return LATE;
  }
}

/** The same to the last header, also where no hook has run before. */
function notFound(reply: FastifyReply): FastifyReply {
  return refuse(reply.headers(HEADERS), 404, "not found");
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
