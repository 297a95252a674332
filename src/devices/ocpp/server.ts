import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { ExplainedError } from "../../core/explained-error.ts";
import { checkPair, type TlsPair } from "../../platform/certificates/pair.ts";
import type { WatchedFiles } from "../../platform/certificates/watch-files.ts";
import { followPair } from "../../platform/certificates/watch-pair.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Wire } from "./calls.ts";
import { LONGEST_TEXT } from "./frame.ts";
import type { Station } from "./station.ts";

/** The server cannot do what the configuration asks. The message says what, and what to do. */
class ServerError extends ExplainedError {
  override readonly name = "ServerError";
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Followed while it listens: chargers that come later see a renewed one. */
  readonly tls: WatchedFiles<TlsPair> | null;
  /** Whether a charger may come that names no subprotocol: some cannot. */
  readonly isLenient: boolean;
}

interface Expected {
  readonly station: Station;
  /** Null for one that needs none. */
  readonly password: string | null;
}

interface Refusal {
  readonly status: string;
  readonly why: string;
}

const NOT_FOUND: Refusal = { status: "404 Not Found", why: "it is no position's charger" };
const SUBPROTOCOL = "ocpp1.6";
/** Chargers, and whoever else knocks: each is let in or sent away within seconds. */
const MOST_CONNECTIONS = 64;
const HANDSHAKE_MS = 5_000;
const PING_MS = 30_000;
/** Unsent, of one charger: it reads nothing any more. */
const MOST_UNSENT_BYTES = 256 * 1024;

/** Where chargers come to. Several positions share one, by the identities of their chargers. */
export class StationServer {
  readonly #settings: ServerSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #expected = new Map<string, Expected>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LONGEST_TEXT,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #server: Server;
  #listening: Promise<void> | null = null;

  constructor(settings: ServerSettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    const { tls } = settings;
    if (tls !== null) checkPair(tls.first);
    const refuse: RequestListener = (_request, response) => {
      response.writeHead(426).end();
    };
    this.#server = tls === null ? createServer(refuse) : this.#tlsServer(tls, refuse);
    this.#server.headersTimeout = HANDSHAKE_MS;
    this.#server.requestTimeout = HANDSHAKE_MS;
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on("upgrade", (request, socket, head) => this.#knock(request, socket, head));
    this.#server.on("error", (error) => log.error({ error: String(error) }, "the chargers' server failed"));
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The charger of an identity, made when the first of its connectors asks for it. */
  station(identity: string, password: string | null, make: () => Station): Station {
    const found = this.#expected.get(identity);
    if (found !== undefined) {
      if (found.password === password) return found.station;
      throw new ServerError(`The charger ${identity} has two passwords: give all its connectors the same one.`);
    }
    const station = make();
    this.#expected.set(identity, { station, password });
    return station;
  }

  /** Rejects when it cannot listen there. */
  listen(): Promise<void> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  async close(): Promise<void> {
    this.#settings.tls?.close();
    for (const { station } of this.#expected.values()) station.close();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #tlsServer(tls: WatchedFiles<TlsPair>, refuse: RequestListener): TlsServer {
    const options = { minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS } as const;
    const server = createTlsServer({ ...tls.first, ...options }, refuse);
    const renew = (pair: TlsPair): void => {
      checkPair(pair);
      server.setSecureContext({ ...pair, ...options });
    };
    followPair(tls, renew, "The chargers' server", this.#log);
    return server;
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#settings;
    this.#server.listen({ host, port });
    await once(this.#server, "listening").catch((error: unknown) => {
      throw new ServerError(`Chargers cannot be listened for on ${host}:${port}: ${String(error)}.`);
    });
  }

  #knock(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const identity = identityOf(request.url ?? "");
    const expected = this.#expected.get(identity);
    const refusal = this.#refusal(request, identity, expected);
    if (expected === undefined || refusal !== null) this.#turnAway(socket, identity, refusal ?? NOT_FOUND);
    else this.#sockets.handleUpgrade(request, socket, head, (open) => expected.station.attach(this.#wireOf(open)));
  }

  /** Null for a charger that is let in. */
  #refusal(request: IncomingMessage, identity: string, expected: Expected | undefined): Refusal | null {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const isSpoken = offered.includes(SUBPROTOCOL) || (this.#settings.isLenient && offered.join("") === "");
    if (expected === undefined) return NOT_FOUND;
    if (!isSpoken) return { status: "400 Bad Request", why: `it offers "${offered.join()}", not ${SUBPROTOCOL}` };
    if (expected.password === null || isLetIn(request.headers.authorization, identity, expected.password)) return null;
    return { status: "401 Unauthorized", why: "its name or password is wrong" };
  }

  #turnAway(socket: Duplex, identity: string, { status, why }: Refusal): void {
    this.#log.warn({ identity: identity.slice(0, 64) }, `a charger was turned away: ${why}`);
    const asks = status.startsWith("401") ? 'WWW-Authenticate: Basic realm="kioskd"\r\n' : "";
    socket.end(`HTTP/1.1 ${status}\r\n${asks}Connection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  #wireOf(socket: WebSocket): Wire {
    let isHeard = true;
    let cancel: Cancel = () => {};
    const ping = (): void => {
      if (!isHeard) {
        socket.terminate();
        return;
      }
      isHeard = false;
      socket.ping();
      cancel = this.#clock.after(PING_MS, ping);
    };
    cancel = this.#clock.after(PING_MS, ping);
    const heard = (): void => {
      isHeard = true;
    };
    socket.on("pong", heard);
    socket.on("message", heard);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => cancel());
    return {
      send: (text) => {
        if (socket.bufferedAmount > MOST_UNSENT_BYTES) socket.terminate();
        else if (socket.readyState === socket.OPEN) socket.send(text);
      },
      close: () => socket.terminate(),
      onText: (listener) => socket.on("message", (data, isBinary) => (isBinary ? undefined : listener(String(data)))),
      onClose: (listener) => socket.on("close", listener),
    };
  }
}

/** The last part of the path, whatever stands before it and however many slashes behind. */
function identityOf(url: string): string {
  const last = (url.split("?")[0] ?? "").split("/").filter(Boolean).at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** The name is the identity. The password is octets, which chargers and people write as text or as hex digits. */
function isLetIn(header: string | undefined, identity: string, password: string): boolean {
  const [, credentials] = /^Basic ([\w+/=-]{1,400})$/i.exec(header ?? "") ?? [];
  if (credentials === undefined) return false;
  const given = Buffer.from(credentials, "base64");
  const colon = given.indexOf(":");
  if (colon < 0 || given.subarray(0, colon).toString("utf8") !== identity) return false;
  return formsOf(password).some((form) => isSame(form, given.subarray(colon + 1)));
}

function formsOf(password: string): readonly Buffer[] {
  const text = Buffer.from(password, "utf8");
  const hex = text.toString("hex");
  const isHex = /^([\da-f]{2})+$/i.test(password);
  return [text, Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...(isHex ? [Buffer.from(password, "hex")] : [])];
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
