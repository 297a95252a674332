import { connect, type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from "mqtt";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { within } from "../../ports/wait.ts";
import {
  type BrokerLimits,
  limitsOf,
  type ProtocolVersion,
  publishBytes,
  type Sized,
  subscribeBytes,
} from "./limits.ts";
import { type About, codeOf, endedText, errorText, reasonText, type Said, UNANSWERED } from "./reasons.ts";
import { Turns } from "./turns.ts";

export interface BrokerSettings {
  /** Tried in turn: after each failure the next one. */
  readonly urls: readonly string[];
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Read anew for every attempt, as files are exchanged while the kiosk runs. Throws when one cannot be read. */
  readonly tls: () => Pems;
  /** Calls back when the files have changed. */
  readonly onTlsChange: (changed: () => void) => Cancel;
  readonly keepaliveS: number;
  /** How long the broker keeps commands for a kiosk that is away. MQTT 5 only; 0 is not at all. */
  readonly sessionExpiryS: number;
}

/** PEM texts. Without `ca` the machine's own authorities count; `cert` and `key` are the kiosk's. */
export interface Pems {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** What the broker publishes when the kiosk goes without a word. */
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
  /** Empty when it was larger than anything that is read. */
  readonly payload: Uint8Array;
  /** For a command. */
  readonly tooLarge: boolean;
  /** In MQTT 5 also of a message that came at once; in 3.1.1 only of one that was there before the subscription. */
  readonly retain: boolean;
  readonly duplicate: boolean;
  /** What is left of its lifetime; null when it has no end. These three are null in MQTT 3.1.1. */
  readonly expiryS: number | null;
  readonly responseTopic: string | null;
  readonly correlation: Uint8Array | null;
}

/** `refused`: the broker said no, or takes nothing that large. `lost`: no answer can come any more. */
export type Acknowledgement =
  | { readonly kind: "acknowledged" }
  | { readonly kind: "refused"; readonly reasonCode: number; readonly detail: string }
  | { readonly kind: "lost" };

/** One connection to the broker, used until it ends and never again. */
export interface Session {
  readonly limits: BrokerLimits;
  /** Whether the broker takes a message that large. */
  fits(topic: string, payload: string): boolean;
  /**
   * With QoS 1, retained only where the broker keeps such messages; where it takes QoS 0 only, acknowledged means sent.
   * Always resolves, at the latest when the session ends.
   */
  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement>;
  /** With QoS 0; acknowledged means sent, lost that the network does not keep up. */
  send(topic: string, payload: string | Uint8Array): Acknowledgement;
  /** With QoS 1; what the broker says to each filter. Always resolves, at the latest when the session ends. */
  subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>>;
  unsubscribe(filters: readonly string[]): void;
  /** Ends at once; the broker publishes the will. */
  drop(detail: string): void;
  /** Ends orderly, within half a second; the broker forgets the will. */
  leave(): Promise<void>;
}

/**
 * `version`: the broker does not seem to speak this protocol version. `will-retain` and `will-qos`: it does not take
 * a will that is retained, or that has QoS 1.
 */
export interface Ending {
  readonly cause: "version" | "will-retain" | "will-qos" | "other";
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
const PACKET_TOO_LARGE = 149;
const UNLIMITED = limitsOf({}, 0);
/** What refusals of a connection are answered with by another attempt. Sources: MQTT 3.1.1, 3.2.2.3; MQTT 5.0, 3.2.2.2. */
const CAUSES: Readonly<Record<number, Ending["cause"]>> = {
  1: "version",
  132: "version",
  154: "will-retain",
  155: "will-qos",
};

export interface Attempt {
  readonly url: string;
  readonly version: ProtocolVersion;
  readonly will: Will;
  readonly willQos: 0 | 1;
}

/** Throws when the URL is none that the mqtt package understands. */
export function openSession(
  settings: BrokerSettings,
  attempt: Attempt,
  clock: Clock,
  listener: SessionListener,
): Session {
  return new ClientSession(connect(attempt.url, clientOptions(settings, attempt)), settings, attempt, clock, listener);
}

/**
 * A client object per connection: the package keeps unacknowledged messages for its own next connection, where
 * it would send them behind our back and out of order.
 */
function clientOptions(settings: BrokerSettings, { version, will, willQos }: Attempt): IClientOptions {
  const { username, password, sessionExpiryS } = settings;
  const tls = settings.tls();
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
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: willQos, retain: will.retain },
    ...(version === 5 ? { properties: ownLimits(sessionExpiryS) } : {}),
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key }),
  };
}

function ownLimits(sessionExpiryInterval: number): NonNullable<IClientOptions["properties"]> {
  return { sessionExpiryInterval, maximumPacketSize: PACKET_MAX_BYTES, receiveMaximum: RECEIVE_MAX };
}

class ClientSession implements Session {
  readonly #client: MqttClient;
  readonly #settings: BrokerSettings;
  readonly #version: ProtocolVersion;
  readonly #clock: Clock;
  readonly #listener: SessionListener;
  readonly #waiting = new Set<(answer: Acknowledgement) => void>();
  readonly #turns = new Turns();
  #limits = UNLIMITED;
  #phase: "opening" | "up" | "leaving" | "ended" = "opening";
  #reached = false;
  #refusal: Said | undefined;
  #farewell: string | null = null;

  constructor(client: MqttClient, settings: BrokerSettings, attempt: Attempt, clock: Clock, listener: SessionListener) {
    this.#client = client;
    this.#settings = settings;
    this.#version = attempt.version;
    this.#clock = clock;
    this.#listener = listener;
    client.stream.once("encrypted" in client.stream ? "secureConnect" : "connect", () => {
      this.#reached = true;
    });
    client.on("message", (topic, payload, packet) => this.#onMessage(topic, payload, packet));
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "connack") this.#refusal = packet.properties;
    });
    client.on("connect", (packet) => this.#onUp(packet));
    client.on("error", (error) => this.#onError(error));
    client.on("disconnect", ({ reasonCode, properties }) => {
      this.#farewell = reasonText(reasonCode ?? 0, properties, this.#about());
    });
    client.on("close", () => this.#onClose());
  }

  get limits(): BrokerLimits {
    return this.#limits;
  }

  fits(topic: string, payload: string): boolean {
    return this.#tooLarge(this.#sized(topic, payload, this.#limits.qosMax)) === null;
  }

  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement> {
    const { qosMax: qos, keepsRetained } = this.#limits;
    const { properties } = options;
    const tooLarge = this.#tooLarge(this.#sized(topic, payload, qos, properties?.correlationData.length));
    if (tooLarge !== null) return Promise.resolve(tooLarge);
    const retain = options.retain && keepsRetained;
    const packet = { qos, retain, ...(properties === undefined ? {} : { properties }) } as const;
    return this.#answered((answer) =>
      this.#turns.take((done) => {
        if (!this.#isUp()) return;
        this.#client.publish(topic, bytesOf(payload), packet, (error, answered) => {
          done();
          const said = answered?.cmd === "puback" ? answered.properties : undefined;
          answer(this.#acknowledgement(error ?? null, error ? codeOf(error) : null, said));
        });
      }),
    );
  }

  send(topic: string, payload: string | Uint8Array): Acknowledgement {
    if (!this.#isUp() || this.#client.stream.writableLength > BACKLOG_BYTES) return LOST;
    const tooLarge = this.#tooLarge(this.#sized(topic, payload, 0));
    if (tooLarge !== null) return tooLarge;
    this.#client.publish(topic, bytesOf(payload), { qos: 0 });
    return { kind: "acknowledged" };
  }

  async subscribe(filters: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>> {
    // One packet each: of several filters in one packet the package tells only that one was refused.
    const answers = filters.map(async (filter) => [filter, await this.#subscribe(filter)] as const);
    return new Map(await Promise.all(answers));
  }

  #subscribe(filter: string): Promise<Acknowledgement> {
    const tooLarge = this.#beyond(subscribeBytes(filter, this.#version));
    if (tooLarge !== null) return Promise.resolve(tooLarge);
    return this.#answered((answer) =>
      this.#client.subscribe(filter, { qos: 1, rap: true }, (error, _granted, packet) => {
        // A refused subscription comes without its code, but with the broker's packet.
        const [code] = packet?.granted ?? [];
        answer(this.#acknowledgement(error, code, packet?.properties));
      }),
    );
  }

  unsubscribe(filters: readonly string[]): void {
    if (this.#isUp()) this.#client.unsubscribe([...filters]);
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

  #sized(topic: string, payload: string | Uint8Array, qos: 0 | 1, correlationBytes: number | null = null): Sized {
    return { topic, payloadBytes: Buffer.byteLength(payload), qos, correlationBytes };
  }

  #tooLarge(message: Sized): Acknowledgement | null {
    return this.#beyond(publishBytes(message, this.#version));
  }

  #beyond(bytes: number): Acknowledgement | null {
    const { packetMaxBytes } = this.#limits;
    if (bytes <= packetMaxBytes) return null;
    const detail = `it takes ${bytes} bytes and the broker takes ${packetMaxBytes}: raise its maximum packet size`;
    return { kind: "refused", reasonCode: PACKET_TOO_LARGE, detail };
  }

  #acknowledgement(error: Error | null, code: unknown, said: Said | undefined): Acknowledgement {
    if (error === null) return { kind: "acknowledged" };
    if (typeof code !== "number") return LOST;
    return { kind: "refused", reasonCode: code, detail: reasonText(code, said, this.#about()) };
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

  #onUp(packet: IConnackPacket): void {
    if (this.#phase !== "opening") return;
    this.#limits = limitsOf(packet, this.#settings.sessionExpiryS);
    this.#turns.open(this.#limits.inFlightMax);
    this.#phase = "up";
    this.#listener.up();
  }

  #isUp(): boolean {
    return this.#phase === "up" && this.#client.connected;
  }

  #about(): About {
    const { clientId, keepaliveS } = this.#settings;
    return { clientId: this.#limits.assignedClientId ?? clientId, keepaliveS };
  }

  #onMessage(topic: string, payload: Buffer, { retain, dup, properties }: IPublishPacket): void {
    if (this.#phase !== "up") return;
    this.#listener.message({
      topic,
      payload: payload.length > PACKET_MAX_BYTES ? NOTHING : payload,
      tooLarge: payload.length > PAYLOAD_MAX_BYTES,
      retain,
      duplicate: dup,
      expiryS: properties?.messageExpiryInterval ?? null,
      responseTopic: properties?.responseTopic ?? null,
      correlation: properties?.correlationData ?? null,
    });
  }

  #onError(error: Error): void {
    const code = codeOf(error);
    if (code === "ECONNRESET" && this.#isUnanswered()) {
      this.#end({ cause: "version", detail: UNANSWERED });
      return;
    }
    const opening = this.#phase === "opening";
    const isCut = !opening && (code === "ECONNRESET" || code === "EPIPE");
    const text = isCut ? endedText(this.#about()) : errorText(error, this.#refusal, this.#about());
    // What the broker said last counts for more than how the network then ended it.
    const detail = this.#farewell ?? text;
    this.#end({ cause: (opening && typeof code === "number" ? CAUSES[code] : undefined) ?? "other", detail });
  }

  #onClose(): void {
    if (this.#isUnanswered()) this.#end({ cause: "version", detail: UNANSWERED });
    else this.#end({ cause: "other", detail: this.#farewell ?? endedText(this.#about()) });
  }

  /** Whether the broker was reached and has said nothing. */
  #isUnanswered(): boolean {
    return this.#reached && this.#phase === "opening" && this.#farewell === null;
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

function bytesOf(payload: string | Uint8Array): string | Buffer {
  return typeof payload === "string" ? payload : Buffer.from(payload);
}
