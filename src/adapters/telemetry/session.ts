import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from "mqtt";
import type { Clock } from "../../ports/clock.ts";
import { within } from "../../ports/wait.ts";

/** 5 is MQTT 5, 4 is what MQTT 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

export interface BrokerSettings {
  /** Tried in turn: after each failure the next one. */
  readonly urls: readonly string[];
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  /** PEM texts. Without `ca` the machine's own authorities count; `cert` and `key` are the kiosk's. */
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null };
  readonly keepaliveS: number;
  /** How long the broker keeps commands for a kiosk that is away. MQTT 5 only; 0 is not at all. */
  readonly sessionExpiryS: number;
}

/** What the broker publishes, with QoS 1, when the kiosk goes without a word. */
export interface Will {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
}

interface PublishOptions {
  readonly retain: boolean;
  /** Dropped in MQTT 3.1.1, which has none. */
  readonly properties?: { readonly correlationData: Buffer };
}

export interface Message {
  readonly topic: string;
  /** Empty when it was too large. */
  readonly payload: Uint8Array;
  readonly tooLarge: boolean;
  /** In MQTT 5 also of a message that came at once; in 3.1.1 only of one that was there before the subscription. */
  readonly retain: boolean;
  readonly duplicate: boolean;
  /** What is left of its lifetime; null when it has no end. These three are null in MQTT 3.1.1. */
  readonly expiryS: number | null;
  readonly responseTopic: string | null;
  readonly correlation: Uint8Array | null;
}

/** `refused`: the broker answered and said no. `lost`: no answer can come any more. */
export type Acknowledgement =
  | { readonly kind: "acknowledged" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "lost" };

/** One connection to the broker, used until it ends and never again. */
export interface Session {
  /** With QoS 1. Always resolves, at the latest when the session ends. */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement>;
  /** With QoS 0; dropped when the network does not keep up. */
  send(topic: string, payload: string | Uint8Array): void;
  /** With QoS 1; what the broker says to each filter. Always resolves, at the latest when the session ends. */
  subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>>;
  /** Ends at once; the broker publishes the will. */
  drop(detail: string): void;
  /** Ends orderly, within half a second; the broker forgets the will. */
  leave(): Promise<void>;
}

/** `version`: the broker does not seem to speak this protocol version. */
export interface Ending {
  readonly cause: "version" | "other";
  readonly detail: string;
}

export interface SessionListener {
  up(): void;
  message(message: Message): void;
  /** Comes exactly once, also when the session never was up. */
  down(ending: Ending): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const LEAVE_TIMEOUT_MS = 500;
const BACKLOG_BYTES = 65_536;
const PAYLOAD_MAX_BYTES = 16_384;
/** What is larger does not even come: an MQTT 5 broker keeps it. */
const PACKET_MAX_BYTES = 65_536;
/** How many messages may come unacknowledged. */
const RECEIVE_MAX = 16;
const NOTHING = new Uint8Array();
const LOST: Acknowledgement = { kind: "lost" };
/** Unacceptable protocol version in a 3.1.1 answer, and in an MQTT 5 one. */
const VERSION_CODES: readonly unknown[] = [1, 0x84];

export interface Attempt {
  readonly url: string;
  readonly version: ProtocolVersion;
  readonly will: Will;
}

/** Throws when the URL is none that the mqtt package understands. */
export function openSession(
  settings: BrokerSettings,
  attempt: Attempt,
  clock: Clock,
  listener: SessionListener,
): Session {
  return new ClientSession(connect(attempt.url, clientOptions(settings, attempt)), clock, listener);
}

/**
 * A client object per connection: the package keeps unacknowledged messages for its own next connection, where
 * it would send them behind our back and out of order.
 */
function clientOptions(settings: BrokerSettings, { version, will }: Attempt): IClientOptions {
  const { username, password, tls, sessionExpiryS } = settings;
  return {
    clientId: settings.clientId,
    protocolVersion: version,
    clean: version !== 5 || sessionExpiryS === 0,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: settings.keepaliveS,
    queueQoSZero: false,
    resubscribe: false,
    timerVariant: "native",
    // The package's own log writes whole packets, the password among them.
    log: () => {},
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain },
    ...(version === 5 ? { properties: limits(sessionExpiryS) } : {}),
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
}

function limits(sessionExpiryInterval: number): NonNullable<IClientOptions["properties"]> {
  return { sessionExpiryInterval, maximumPacketSize: PACKET_MAX_BYTES, receiveMaximum: RECEIVE_MAX };
}

class ClientSession implements Session {
  readonly #client: MqttClient;
  readonly #clock: Clock;
  readonly #listener: SessionListener;
  readonly #waiting = new Set<(answer: Acknowledgement) => void>();
  #phase: "opening" | "up" | "leaving" | "ended" = "opening";
  #reached = false;
  #farewell: string | null = null;

  constructor(client: MqttClient, clock: Clock, listener: SessionListener) {
    this.#client = client;
    this.#clock = clock;
    this.#listener = listener;
    client.stream.once("encrypted" in client.stream ? "secureConnect" : "connect", () => {
      this.#reached = true;
    });
    client.on("message", (topic, payload, packet) => this.#onMessage(topic, payload, packet));
    client.on("connect", () => this.#onUp());
    client.on("error", (error) => this.#onError(error));
    client.on("disconnect", (packet) => {
      this.#farewell = `the broker disconnected us with reason ${packet.reasonCode ?? 0}`;
    });
    client.on("close", () => this.#onClose());
  }

  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement> {
    const { retain, properties } = options;
    const packet = { qos: 1, retain, ...(properties === undefined ? {} : { properties }) } as const;
    return this.#answered((answer) =>
      this.#client.publish(topic, bytesOf(payload), packet, (error) => answer(acknowledgementOf(error))),
    );
  }

  send(topic: string, payload: string | Uint8Array): void {
    if (!this.#isUp() || this.#client.stream.writableLength > BACKLOG_BYTES) return;
    this.#client.publish(topic, bytesOf(payload), { qos: 0 });
  }

  async subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>> {
    // One packet each: of several filters in one packet the package tells only that one was refused.
    const answers = filters.map(async (filter) => [filter, await this.#subscribe(filter)] as const);
    return new Map(await Promise.all(answers));
  }

  #subscribe(filter: string): Promise<Acknowledgement> {
    return this.#answered((answer) =>
      this.#client.subscribe(filter, { qos: 1, rap: true }, (error) => answer(acknowledgementOf(error))),
    );
  }

  #answered(ask: (answer: (acknowledgement: Acknowledgement) => void) => void): Promise<Acknowledgement> {
    if (!this.#isUp()) return Promise.resolve(LOST);
    return new Promise((resolve) => {
      const answer = (acknowledgement: Acknowledgement): void => {
        this.#waiting.delete(answer);
        resolve(acknowledgement);
      };
      this.#waiting.add(answer);
      ask(answer);
    });
  }

  drop(detail: string): void {
    this.#end({ cause: "other", detail });
  }

  async leave(): Promise<void> {
    if (this.#phase === "up") {
      this.#phase = "leaving";
      const left = new Promise<void>((resolve) => {
        this.#client.end(false, () => resolve());
      });
      await within(this.#clock, LEAVE_TIMEOUT_MS, left);
    }
    this.drop("closed");
  }

  #onUp(): void {
    if (this.#phase !== "opening") return;
    this.#phase = "up";
    this.#listener.up();
  }

  #isUp(): boolean {
    return this.#phase === "up" && this.#client.connected;
  }

  #onMessage(topic: string, payload: Buffer, { retain, dup, properties }: IPublishPacket): void {
    if (this.#phase !== "up") return;
    const tooLarge = payload.length > PAYLOAD_MAX_BYTES;
    this.#listener.message({
      topic,
      payload: tooLarge ? NOTHING : payload,
      tooLarge,
      retain,
      duplicate: dup,
      expiryS: properties?.messageExpiryInterval ?? null,
      responseTopic: properties?.responseTopic ?? null,
      correlation: properties?.correlationData ?? null,
    });
  }

  #onError(error: Error): void {
    const code = codeOf(error);
    const detail = wordsOf(error, code);
    const opening = this.#phase === "opening";
    const refused = opening && VERSION_CODES.includes(code);
    const cut = opening && this.#reached && code === "ECONNRESET";
    this.#end({ cause: refused || cut ? "version" : "other", detail });
  }

  #onClose(): void {
    const cut = this.#reached && this.#phase === "opening";
    const detail = this.#farewell ?? (cut ? "the broker cut the connection unanswered" : "the connection was closed");
    this.#end({ cause: cut ? "version" : "other", detail });
  }

  #end(ending: Ending): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#client.end(true);
    this.#client.stream.destroy();
    for (const answer of [...this.#waiting]) answer(LOST);
    this.#listener.down(ending);
  }
}

function acknowledgementOf(error: Error | undefined | null): Acknowledgement {
  if (!error) return { kind: "acknowledged" };
  // A refused subscription comes without its code, but with the broker's packet.
  const answered = typeof codeOf(error) === "number" || ("packet" in error && error.packet !== undefined);
  return answered ? { kind: "refused", detail: error.message } : LOST;
}

function wordsOf(error: Error, code: unknown): string {
  const words = error.message === "" ? String(code ?? error.name) : error.message;
  if (typeof code !== "string") return words;
  if (code.includes("ALERT")) return `the broker refuses the kiosk's certificate: ${words}`;
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code);
  return isCertificate ? `the broker's certificate is refused: ${words}` : words;
}

function bytesOf(payload: string | Uint8Array): string | Buffer {
  return typeof payload === "string" ? payload : Buffer.from(payload);
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : null;
}
