import { connect, type IClientOptions, type MqttClient } from "mqtt";
import type { Clock } from "../../../ports/clock.ts";

/** 5 is MQTT 5, 4 is what MQTT 3.1.1 calls itself on the wire. */
export type ProtocolVersion = 4 | 5;

interface SessionSettings {
  readonly url: string;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly will: { readonly topic: string; readonly payload: string };
}

/** `refused`: the broker answered and said no. `lost`: no answer can come any more. */
export type Acknowledgement =
  | { readonly kind: "acknowledged" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "lost" };

/** One connection to the broker, used until it ends and never again. */
export interface Session {
  /** With QoS 1. Always resolves, at the latest when the session ends. */
  publish(topic: string, payload: string, retain: boolean): Promise<Acknowledgement>;
  /** With QoS 0; dropped when the network does not keep up. */
  send(topic: string, payload: string): void;
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
  /** Comes exactly once, also when the session never was up. */
  down(ending: Ending): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
const LEAVE_TIMEOUT_MS = 500;
const BACKLOG_BYTES = 65_536;
const LOST: Acknowledgement = { kind: "lost" };
/** Unacceptable protocol version in a 3.1.1 answer, and in an MQTT 5 one. */
const VERSION_CODES: readonly unknown[] = [1, 0x84];

/** Throws when the URL is none that the mqtt package understands. */
export function openSession(
  settings: SessionSettings,
  version: ProtocolVersion,
  clock: Clock,
  listener: SessionListener,
): Session {
  return new ClientSession(connect(settings.url, clientOptions(settings, version)), clock, listener);
}

/**
 * A client object per connection: the package keeps unacknowledged messages for its own next connection, where
 * it would send them behind our back and out of order.
 */
function clientOptions(settings: SessionSettings, version: ProtocolVersion): IClientOptions {
  return {
    clientId: settings.clientId,
    protocolVersion: version,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_SECONDS,
    queueQoSZero: false,
    resubscribe: false,
    timerVariant: "native",
    // The package's own log writes whole packets, the password among them.
    log: () => {},
    will: { topic: settings.will.topic, payload: Buffer.from(settings.will.payload), qos: 1, retain: true },
    ...(settings.username === null ? {} : { username: settings.username }),
    ...(settings.password === null ? {} : { password: settings.password }),
  };
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
    client.stream.once("connect", () => {
      this.#reached = true;
    });
    client.on("connect", () => this.#onUp());
    client.on("error", (error) => this.#onError(error));
    client.on("disconnect", (packet) => {
      this.#farewell = `the broker disconnected us with reason ${packet.reasonCode ?? 0}`;
    });
    client.on("close", () => this.#onClose());
  }

  publish(topic: string, payload: string, retain: boolean): Promise<Acknowledgement> {
    if (this.#phase !== "up" || !this.#client.connected) return Promise.resolve(LOST);
    return new Promise((resolve) => {
      const answer = (acknowledgement: Acknowledgement): void => {
        this.#waiting.delete(answer);
        resolve(acknowledgement);
      };
      this.#waiting.add(answer);
      this.#client.publish(topic, payload, { qos: 1, retain }, (error) => answer(acknowledgementOf(error)));
    });
  }

  send(topic: string, payload: string): void {
    if (this.#phase !== "up" || !this.#client.connected) return;
    if (this.#client.stream.writableLength > BACKLOG_BYTES) return;
    this.#client.publish(topic, payload, { qos: 0 });
  }

  drop(detail: string): void {
    this.#end({ cause: "other", detail });
  }

  leave(): Promise<void> {
    if (this.#phase !== "up") {
      this.drop("closed");
      return Promise.resolve();
    }
    this.#phase = "leaving";
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.drop("closed");
        resolve();
      };
      const cancel = this.#clock.after(LEAVE_TIMEOUT_MS, finish);
      this.#client.end(false, finish);
    });
  }

  #onUp(): void {
    if (this.#phase !== "opening") return;
    this.#phase = "up";
    this.#listener.up();
  }

  #onError(error: Error): void {
    const code = codeOf(error);
    const detail = error.message === "" ? String(code ?? error.name) : error.message;
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
  return typeof codeOf(error) === "number" ? { kind: "refused", detail: error.message } : LOST;
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : null;
}
