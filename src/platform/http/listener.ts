import { createServer, type IncomingMessage, type RequestListener, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { DropReason, ListenerName } from "../../ports/metrics.ts";
import { checkPair, type TlsPair } from "../certificates/pair.ts";
import { originOf } from "./address.ts";
import { MOST_UNREAD, type Place, type PlaceLimits, Places, UNREAD_MS } from "./places.ts";

export interface ListenerSettings {
  readonly name: ListenerName;
  readonly tls: TlsPair | null;
  readonly places: PlaceLimits;
}

export interface ListenerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly dropped: (listener: ListenerName, reason: DropReason) => void;
}

const BODY_LIMIT_BYTES = 4096;
/** From the connection to the end of a handshake, from there to the last header, and to the body's end. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** A page sends a heartbeat every two seconds, and so keeps its connection. */
const KEEP_ALIVE_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
/** Until an answer is made and taken: a font by a stranger, a large picture over a slow line by the page. */
const STRANGER_ANSWER_MS = 10_000;
const KNOWN_ANSWER_MS = 60_000;
/** No browser sends a second request on a connection before the first is answered. */
const MOST_REQUESTS_AT_ONCE = 4;
/** In one piece of what came: more than bodies have empty lines. */
const MOST_HEADER_ENDS = 16;
const HEADER_ENDS = ["\n\r\n", "\n\n"];
const COMPLAIN_EVERY_MS = 60_000;

/** No route has a JSON schema (zod reads what comes): fastify would load two compilers of them, five megabytes. */
const noSchema = (): never => {
  throw new Error("a route has a JSON schema, and nothing reads it: parse with zod instead");
};
const NO_SCHEMAS = { compilersFactory: { buildValidator: () => noSchema, buildSerializer: () => noSchema } };

/**
 * How this program listens for HTTP, for every adapter that does: who waits gets seconds, who is not known gets one
 * answer a connection, and whatever others hold, a new connection gets a place.
 */
export class Listener {
  readonly #settings: ListenerSettings;
  readonly #deps: ListenerDeps;
  readonly #places: Places;
  readonly #byPeer = new Map<string, Place>();
  readonly #byRequest = new WeakMap<IncomingMessage, { readonly place: Place; readonly response: ServerResponse }>();
  readonly #tlsServers: TlsServer[] = [];
  readonly #counts = new Map<DropReason, number>();
  #tls: TlsPair | null;
  #complainedMs = Number.NEGATIVE_INFINITY;
  #cancelCheck: Cancel | null = null;
  #cancelTrim: Cancel | null = null;
  #willTrim = false;
  #isClosed = false;

  constructor(settings: ListenerSettings, deps: ListenerDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#tls = settings.tls;
    this.#places = new Places(settings.places, (why) => this.dropped(why));
  }

  /** What fastify is made with. A host that has two addresses gets two servers, which share their places. */
  get options() {
    return {
      logger: false as const,
      bodyLimit: BODY_LIMIT_BYTES,
      exposeHeadRoutes: false,
      schemaController: NO_SCHEMAS,
      forceCloseConnections: true,
      serverFactory: (handler: RequestListener) => this.#serve(handler),
      // Answered for all servers below; fastify knows the first one only.
      clientErrorHandler: () => {},
    };
  }

  /** The request has shown that it may ask: its connection is kept for more, and goes after those of strangers. */
  trust(request: IncomingMessage): void {
    const known = this.#byRequest.get(request);
    if (known === undefined) return;
    known.place.isKnown = true;
    known.response.removeHeader("connection");
  }

  /** The answer to the request does not end by itself. */
  follow(request: IncomingMessage): void {
    const known = this.#byRequest.get(request);
    if (known !== undefined) known.place.isFollower = true;
  }

  /** For connections from now on. Throws when the pair cannot be used; then the one before stays in use. */
  renew(tls: TlsPair): void {
    checkPair(tls);
    this.#tls = tls;
    for (const server of this.#tlsServers) server.setSecureContext(tls);
  }

  /** Counts what was dropped, and tells of it once a minute at most. */
  dropped(reason: DropReason): void {
    const { clock, log, dropped } = this.#deps;
    dropped(this.#settings.name, reason);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#complainedMs < COMPLAIN_EVERY_MS) return;
    this.#complainedMs = nowMs;
    log.warn(
      { listener: this.#settings.name, ...Object.fromEntries(this.#counts) },
      "Connections were dropped so that others are served.",
    );
    this.#counts.clear();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelCheck?.();
    this.#cancelCheck = null;
    this.#cancelTrim?.();
    this.#cancelTrim = null;
    for (const { end } of this.#places) end();
  }

  #serve(handler: RequestListener) {
    // What Node would answer by itself, before anybody has counted it: here it begins as every request does.
    const options = { connectionsCheckingInterval: CHECK_EVERY_MS, requireHostHeader: false };
    const handle: RequestListener = (request, response) => {
      if (this.#begin(request, response)) handler(request, response);
    };
    if (this.#tls !== null) checkPair(this.#tls);
    const server =
      this.#tls === null
        ? createServer(options, handle)
        : createTlsServer(
            { ...options, ...this.#tls, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
            handle,
          );
    server.headersTimeout = HEADERS_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on("checkContinue", (request, response) => {
      if (!this.#begin(request, response)) return;
      response.writeContinue();
      handler(request, response);
    });
    server.on("checkExpectation", (request, response) => {
      if (this.#begin(request, response)) response.writeHead(417).end();
    });
    server.on("connect", (_request, socket) => socket.destroy());
    server.on("connection", (socket: Socket) => this.#accept(socket));
    server.on(this.#tls === null ? "connection" : "secureConnection", (socket: Socket) => this.#lookAhead(socket));
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => this.#fail(error, socket));
    if (this.#tls !== null) this.#tlsServers.push(server as TlsServer);
    server.on("tlsClientError", (error: NodeJS.ErrnoException) => {
      if (error.code === "ERR_TLS_HANDSHAKE_TIMEOUT") this.dropped("slow");
    });
    return server;
  }

  #accept(socket: Socket): void {
    // Gone already, or the listener is.
    if (socket.remoteAddress === undefined || this.#isClosed) {
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const place = this.#places.take(originOf(socket.remoteAddress), this.#nowMs(), () => socket.destroy());
    this.#byPeer.set(peer, place);
    socket.once("close", () => {
      this.#places.leave(place);
      if (this.#byPeer.get(peer) === place) this.#byPeer.delete(peer);
    });
    this.#checkLater();
    if (this.#places.size >= this.#settings.places.most + MOST_UNREAD) this.#trim();
    else this.#trimLater();
  }

  /**
   * The parser reads all that has come at once to its end, whatever becomes of the connection: thousands of requests
   * would hold up everybody else. So it gets nothing to read of them.
   */
  #lookAhead(socket: Socket): void {
    socket.prependListener("data", (chunk: Buffer) => {
      if (!hasMany(chunk, HEADER_ENDS, MOST_HEADER_ENDS)) return;
      chunk.fill(0);
      if (socket.destroyed) return;
      socket.destroy();
      this.dropped("pipelined");
    });
  }

  /**
   * The kernel hands over all that have come before any of them is read. Who is to go is decided when their first
   * bytes were read, two rounds of the event loop on, so that a crowd does not push out a request that has come.
   */
  #trimLater(): void {
    if (this.#willTrim) return;
    this.#willTrim = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#willTrim = false;
        this.#trim();
      }),
    );
  }

  #trim(): void {
    if (!this.#places.trim(this.#nowMs()) || this.#isClosed) return;
    this.#cancelTrim ??= this.#deps.clock.after(UNREAD_MS, () => {
      this.#cancelTrim = null;
      this.#trimLater();
    });
  }

  /** False when there is nothing more to do for it. */
  #begin(request: IncomingMessage, response: ServerResponse): boolean {
    const place = this.#byPeer.get(peerOf(request.socket));
    if (place === undefined || request.socket.destroyed) {
      request.socket.destroy();
      return false;
    }
    if (place.requests >= MOST_REQUESTS_AT_ONCE) {
      place.end();
      this.dropped("pipelined");
      return false;
    }
    place.requests += 1;
    place.isUnread = false;
    place.isKnown = false;
    place.sinceMs = this.#nowMs();
    response.once("close", () => {
      place.requests -= 1;
      place.sinceMs = this.#nowMs();
    });
    this.#byRequest.set(request, { place, response });
    // Until it has shown that it may ask, one answer is all.
    response.setHeader("connection", "close");
    if (request.httpVersion !== "1.1" || request.headers.host !== undefined) return true;
    response.writeHead(400).end();
    return false;
  }

  #fail(error: NodeJS.ErrnoException, socket: Duplex): void {
    const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (isLate) this.dropped("slow");
    const status = isLate ? 408 : error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
    if (socket.writable && error.code !== "ECONNRESET") {
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    }
    socket.destroy();
  }

  /** Only while there are connections, so that a kiosk without any does not wake for them. */
  #checkLater(): void {
    this.#cancelCheck ??= this.#deps.clock.after(CHECK_EVERY_MS, () => {
      this.#cancelCheck = null;
      for (const place of this.#places) this.#check(place);
      if (this.#places.size > 0) this.#checkLater();
    });
  }

  #check({ isFollower, isKnown, requests, sinceMs, end }: Place): void {
    if (isFollower || requests === 0) return;
    if (this.#nowMs() - sinceMs <= (isKnown ? KNOWN_ANSWER_MS : STRANGER_ANSWER_MS)) return;
    end();
    this.dropped("slow");
  }

  #nowMs(): number {
    return this.#deps.clock.monotonicMs();
  }
}

/** Whether more than so many of these stand in it. */
function hasMany(chunk: Buffer, texts: readonly string[], most: number): boolean {
  let count = 0;
  for (const text of texts) {
    for (let at = chunk.indexOf(text); at >= 0 && count <= most; at = chunk.indexOf(text, at + 1)) count += 1;
  }
  return count > most;
}

/** The same for a connection and for what TLS makes of it. */
function peerOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(" ");
}
