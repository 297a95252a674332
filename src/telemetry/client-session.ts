import {
  connect,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
  type Packet,
} from "mqtt";
import { within } from "../platform/time/wait.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type {
  Acknowledgement,
  Attempt,
  BrokerSettings,
  Ending,
  PublishOptions,
  Session,
  SessionListener,
} from "./broker-session.ts";
import {
  type BrokerLimits,
  limitsOf,
  type ProtocolVersion,
  publishBytes,
  type Sized,
  subscribeBytes,
} from "./limits.ts";
import { type About, codeOf, ENDED, errorText, reasonText, type Said, UNANSWERED } from "./reasons.ts";
import type { PacketSizes, SentMessage } from "./sizes.ts";
import { Turns } from "./turns.ts";

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
const NO_SUBSCRIBERS = 16;
const UNLIMITED = limitsOf({}, 0);
/** What refusals of a connection are answered with by another attempt. Sources: MQTT 3.1.1, 3.2.2.3; MQTT 5.0, 3.2.2.2. */
const CAUSES: Readonly<Record<number, Ending["cause"]>> = {
  1: "version",
  132: "version",
  154: "will-retain",
  155: "will-qos",
};

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
  readonly #sizes: PacketSizes;
  readonly #clock: Clock;
  readonly #listener: SessionListener;
  readonly #waiting = new Set<(answer: Acknowledgement) => void>();
  readonly #turns = new Turns();
  #limits = UNLIMITED;
  #phase: "opening" | "up" | "leaving" | "ended" = "opening";
  #reached = false;
  #refusal: Said | undefined;
  #farewell: string | null = null;
  /** The acknowledgement that came last. */
  #puback: Extract<Packet, { cmd: "puback" }> | null = null;
  #answeredAtMs = 0;

  constructor(client: MqttClient, settings: BrokerSettings, attempt: Attempt, clock: Clock, listener: SessionListener) {
    this.#client = client;
    this.#settings = settings;
    this.#version = attempt.version;
    this.#sizes = attempt.sizes;
    this.#clock = clock;
    this.#listener = listener;
    client.stream.once("encrypted" in client.stream ? "secureConnect" : "connect", () => {
      this.#reached = true;
    });
    client.on("message", (topic, payload, packet) => this.#onMessage(topic, payload, packet));
    client.on("packetreceive", (packet) => {
      if (packet.cmd === "connack") this.#refusal = packet.properties;
      if (packet.cmd === "puback") this.#puback = packet;
    });
    client.on("connect", (packet) => this.#onUp(packet));
    client.on("error", (error) => this.#onError(error));
    client.on("disconnect", ({ reasonCode, properties }) => {
      this.#farewell = reasonText(reasonCode ?? 0, properties, this.#about());
    });
    client.on("close", () => this.#onClose());
  }

  get limits(): BrokerLimits {
    const packetMaxBytes = this.#sizes.maxBytes;
    return packetMaxBytes < this.#limits.packetMaxBytes
      ? { ...this.#limits, packetMaxBytes, isSizeGuessed: true }
      : this.#limits;
  }

  fits(topic: string, payload: string): boolean {
    return this.#tooLarge(this.#sized(topic, payload, this.#limits.qosMax)) === null;
  }

  publish(topic: string, payload: string | Uint8Array, options: PublishOptions): Promise<Acknowledgement> {
    const { qosMax: qos, keepsRetained } = this.#limits;
    const { properties } = options;
    const sized = this.#sized(topic, payload, qos, properties?.correlationData.length);
    const tooLarge = this.#tooLarge(sized);
    if (tooLarge !== null) return Promise.resolve(tooLarge);
    const sent: SentMessage = { topic, bytes: publishBytes(sized, this.#version) };
    const retain = options.retain && keepsRetained;
    const packet = { qos, retain, ...(properties === undefined ? {} : { properties }) } as const;
    const { isUrgent = false, ackTimeoutMs, onSent } = options;
    return this.#answered((settle) => {
      const overdue = ackTimeoutMs === undefined ? null : this.#overdue(topic, ackTimeoutMs);
      this.#turns.take(isUrgent, (done) => {
        if (!this.#isUp()) return;
        overdue?.sent();
        if (qos === 1) this.#sizes.sent(sent);
        onSent?.();
        this.#client.publish(topic, bytesOf(payload), packet, (error, answered) => {
          const answer = this.#published(error ?? null, answered);
          // The package gives up what is under way before it says that the connection is gone.
          if (answer.kind !== "lost") this.#sizes.answered(sent);
          this.#answeredAtMs = this.#clock.monotonicMs();
          overdue?.cancel();
          done();
          settle(answer);
        });
      });
    });
  }

  #published(error: Error | null, answered: Packet | undefined): Acknowledgement {
    if (error !== null) {
      const said = answered?.cmd === "puback" ? answered.properties : undefined;
      return this.#acknowledgement(error, codeOf(error), said);
    }
    // The package gives back what was sent, and not what the broker said to it.
    const last = this.#puback;
    const isUnheard = last?.reasonCode === NO_SUBSCRIBERS && last.messageId === answered?.messageId;
    return isUnheard ? { kind: "acknowledged", unheard: true } : { kind: "acknowledged" };
  }

  /** Drops the session when a message is not acknowledged in time. Dropped, it takes along what would go on waiting. */
  #overdue(topic: string, timeoutMs: number): { sent(): void; cancel(): void } {
    const askedAtMs = this.#clock.monotonicMs();
    let sentAtMs: number | null = null;
    let cancel: Cancel = () => {};
    const look = (): void => {
      const sinceMs = sentAtMs ?? Math.max(askedAtMs, this.#answeredAtMs);
      const leftMs = sinceMs + timeoutMs - this.#clock.monotonicMs();
      if (leftMs > 0) cancel = this.#clock.after(Math.ceil(leftMs), look);
      else this.drop(overdueText(sentAtMs === null ? "any message" : topic, timeoutMs));
    };
    look();
    const giveUp = (): void => {
      cancel();
      this.#waiting.delete(giveUp);
    };
    this.#waiting.add(giveUp);
    return {
      sent: () => {
        sentAtMs = this.#clock.monotonicMs();
      },
      cancel: giveUp,
    };
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
    const { packetMaxBytes, isSizeGuessed } = this.limits;
    if (bytes <= packetMaxBytes) return null;
    const takes = isSizeGuessed ? "seems to take" : "takes";
    const detail = `it takes ${bytes} bytes and the broker ${takes} ${packetMaxBytes}: raise its maximum packet size`;
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
      this.#end({ cause: "unanswered", detail: UNANSWERED });
      return;
    }
    const opening = this.#phase === "opening";
    if (!opening && (code === "ECONNRESET" || code === "EPIPE")) {
      this.#onClose();
      return;
    }
    // What the broker said last counts for more than how the network then ended it.
    const detail = this.#farewell ?? errorText(error, this.#refusal, this.#about());
    this.#end({ cause: (opening && typeof code === "number" ? CAUSES[code] : undefined) ?? "other", detail });
  }

  #onClose(): void {
    if (this.#phase === "leaving") this.drop("closed");
    else if (this.#isUnanswered()) this.#end({ cause: "unanswered", detail: UNANSWERED });
    else if (this.#farewell !== null) this.#end({ cause: "other", detail: this.#farewell });
    else this.#end({ cause: "unsaid", detail: ENDED });
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

function overdueText(what: string, timeoutMs: number): string {
  return `the broker did not acknowledge ${what} within ${timeoutMs / 1000} s: check the network, and look into its log`;
}

function bytesOf(payload: string | Uint8Array): string | Buffer {
  return typeof payload === "string" ? payload : Buffer.from(payload);
}
