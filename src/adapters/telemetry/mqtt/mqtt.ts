import { isoTime } from "../../../core/time.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { KioskView } from "../../../ports/display.ts";
import type { Entry, OutboxStream } from "../../../ports/journal.ts";
import type { Log } from "../../../ports/log.ts";
import type { Telemetry } from "../../../ports/telemetry.ts";
import { Connection } from "./connection.ts";
import { recordText, statusText, type Topics, topicsOf } from "./message.ts";
import { PublishedPosition } from "./position.ts";
import { openSession, type ProtocolVersion, type Session } from "./session.ts";

export interface MqttSettings {
  readonly url: string;
  readonly topicPrefix: string;
  readonly kioskId: string;
  readonly username: string | null;
  readonly password: string | null;
  /** How long a record may wait for its acknowledgement. */
  readonly deliverTimeoutMs: number;
  /** The daemon's version, for the status topic. */
  readonly version: string;
}

const FAREWELL_TIMEOUT_MS = 2000;

/**
 * Telemetry over MQTT 5, or 3.1.1 where the broker speaks nothing newer. Returns at once and connects in the
 * background, again and again, until closed. Nothing waits in memory for a broker that is away: the states are
 * published afresh on each connection, meter values are gone, and records stay in the journal's outbox.
 */
export function connectMqtt(settings: MqttSettings, clock: Clock, log: Log): Telemetry {
  return new MqttTelemetry(settings, clock, log);
}

class MqttTelemetry implements Telemetry {
  readonly #settings: MqttSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #topics: Topics;
  readonly #broker: string;
  readonly #connection: Connection;
  readonly #positions = new Map<string, PublishedPosition>();
  readonly #listeners: ((connected: boolean, detail: string) => void)[] = [];
  readonly #refused = new Set<string>();
  #session: Session | null = null;
  #detail = "connecting";
  #closing: Promise<void> | null = null;

  constructor(settings: MqttSettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#topics = topicsOf(settings.topicPrefix, settings.kioskId);
    this.#broker = placeOf(settings.url);
    const session = {
      url: settings.url,
      clientId: `kioskd-${settings.kioskId}`,
      username: settings.username,
      password: settings.password,
      will: { topic: this.#topics.status, payload: statusText({ state: "offline", reason: "lost" }) },
    };
    this.#connection = new Connection((version, listener) => openSession(session, version, clock, listener), clock, {
      up: (opened, version) => this.#onUp(opened, version),
      down: (detail) => this.#onDown(detail),
    });
    this.#connection.start();
  }

  publish(view: KioskView): void {
    for (const position of view.positions) {
      const known = this.#positions.get(position.id);
      if (known !== undefined) {
        known.show(position);
        continue;
      }
      const added = new PublishedPosition(position, this.#topics, this.#clock, (topic, detail) =>
        this.#warnRefused(topic, detail, {}),
      );
      this.#positions.set(position.id, added);
      if (this.#session !== null) added.connected(this.#session);
    }
  }

  async deliver(stream: OutboxStream, entry: Entry<object>): Promise<boolean> {
    const session = this.#session;
    if (session === null) return false;
    const timeoutMs = this.#settings.deliverTimeoutMs;
    // Dropped, the connection takes with it what the package would have gone on waiting for.
    const cancel = this.#clock.after(timeoutMs, () =>
      session.drop(`the broker did not acknowledge a record within ${timeoutMs} ms`),
    );
    const topic = this.#topics.outbox(stream);
    const answer = await session.publish(topic, recordText(entry), false);
    cancel();
    if (answer.kind === "refused") this.#warnRefused(topic, answer.detail, { seq: entry.seq });
    return answer.kind === "acknowledged";
  }

  onConnection(listener: (connected: boolean, detail: string) => void): void {
    this.#listeners.push(listener);
    listener(this.#session !== null, this.#detail);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const opened = this.#connection.stop();
    const farewell = this.#session;
    this.#session = null;
    for (const position of this.#positions.values()) position.disconnected();
    if (farewell !== null) await this.#announceShutdown(farewell);
    await opened?.leave();
    if (this.#detail !== "closed") this.#tell("closed");
  }

  #announceShutdown(session: Session): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(FAREWELL_TIMEOUT_MS, resolve);
      const text = statusText({ state: "offline", reason: "shutdown" });
      void session.publish(this.#topics.status, text, true).then(() => {
        cancel();
        resolve();
      });
    });
  }

  #onUp(session: Session, version: ProtocolVersion): void {
    this.#session = session;
    this.#refused.clear();
    const since = isoTime(this.#clock.wallMs());
    const online = statusText({ state: "online", version: this.#settings.version, since });
    void session.publish(this.#topics.status, online, true).then((answer) => {
      if (answer.kind === "refused") this.#warnRefused(this.#topics.status, answer.detail, {});
    });
    for (const position of this.#positions.values()) position.connected(session);
    const protocol = version === 5 ? "MQTT 5" : "MQTT 3.1.1";
    this.#log.info({ broker: this.#broker, protocol }, "connected to the broker");
    this.#tell(`connected to ${this.#broker} with ${protocol}`);
  }

  #onDown(detail: string): void {
    const wasUp = this.#session !== null;
    this.#session = null;
    for (const position of this.#positions.values()) position.disconnected();
    if (!wasUp && detail === this.#detail) return;
    if (this.#closing === null) this.#log.warn({ broker: this.#broker, detail }, "no connection to the broker");
    this.#tell(detail);
  }

  #tell(detail: string): void {
    this.#detail = detail;
    for (const listener of this.#listeners) listener(this.#session !== null, detail);
  }

  #warnRefused(topic: string, detail: string, fields: { readonly seq?: number }): void {
    const key = `${topic} ${fields.seq ?? ""}`;
    if (this.#refused.has(key)) return;
    this.#refused.add(key);
    this.#log.warn({ broker: this.#broker, topic, detail, ...fields }, "the broker refused a message");
  }
}

/** Without what may stand before the host: a URL can carry a password. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the configured address";
}
