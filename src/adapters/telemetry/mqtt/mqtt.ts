import type { HealthMessage } from "../../../core/operator/messages.ts";
import type { SaleRecord } from "../../../core/sale/record.ts";
import { isoTime } from "../../../core/time.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Entry, OutboxStream, Readers } from "../../../ports/journal.ts";
import type { Log } from "../../../ports/log.ts";
import type { Snapshot, Telemetry } from "../../../ports/telemetry.ts";
import { within } from "../../../ports/wait.ts";
import { Connection, type ConnectionListener, type Place } from "../connection.ts";
import type { BrokerSettings, Message, Session, Will } from "../session.ts";
import { ReceiverAcks } from "./acks.ts";
import { Commands, type OnCommand, type TakeOrder } from "./commands.ts";
import { recordText, statusText } from "./message.ts";
import { Refusals } from "./refusals.ts";
import { RetainedTopic } from "./retained.ts";
import { type ShownSettings, StateTopics } from "./states.ts";
import { KioskTopics } from "./topics.ts";

export interface MqttSettings extends BrokerSettings, ShownSettings {
  readonly topicPrefix: string;
  /** How long a record may wait for its acknowledgement. */
  readonly deliverTimeoutMs: number;
  /** A sale counts as delivered only when its receiver says so, on a topic of its own. */
  readonly applicationAck: boolean;
  /** False when another encoding shows the states: then only status, records and commands are here. */
  readonly publishesStates: boolean;
}

const FAREWELL_TIMEOUT_MS = 2000;
const DETAILS_MAX = 16;

/**
 * Telemetry over MQTT 5, or 3.1.1 where the broker speaks nothing newer. Once started it connects in the
 * background, again and again, until closed. Nothing waits in memory for a broker that is away: the states are
 * published afresh on each connection, meter values are gone, and records stay in the journal's outbox.
 */
export function createMqtt(settings: MqttSettings, clock: Clock, log: Log, onCommand: OnCommand = () => {}): Telemetry {
  return new MqttTelemetry(settings, clock, log, onCommand);
}

class MqttTelemetry implements Telemetry, ConnectionListener {
  readonly #settings: MqttSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #topics: KioskTopics;
  readonly #connection: Connection;
  readonly #refusals: Refusals;
  readonly #commands: Commands;
  readonly #acks = new ReceiverAcks();
  readonly #status: RetainedTopic;
  readonly #states: StateTopics | null;
  readonly #listeners: ((connected: boolean, detail: string) => void)[] = [];
  readonly #failures = new Set<string>();
  readonly #refusedFilters = new Set<string>();
  #session: Session | null = null;
  #detail = "connecting";
  #closing: Promise<void> | null = null;

  constructor(settings: MqttSettings, clock: Clock, log: Log, onCommand: OnCommand) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#topics = new KioskTopics(settings.topicPrefix, settings.kioskId);
    this.#refusals = new Refusals(log);
    this.#commands = new Commands(this.#topics, clock, log, onCommand);
    const retained = (topic: string): RetainedTopic =>
      new RetainedTopic(topic, (_, answer) => this.#refusals.note(topic, answer));
    this.#status = retained(this.#topics.of("status"));
    this.#states = settings.publishesStates ? new StateTopics(settings, this.#topics, clock, retained) : null;
    this.#connection = new Connection(settings, clock, this);
  }

  start(): void {
    if (this.#closing === null) this.#connection.start();
  }

  publish(snapshot: Snapshot): void {
    this.#states?.show(snapshot);
  }

  report(health: HealthMessage): void {
    const session = this.#session;
    if (session === null) return;
    // Once a minute is often enough for what goes by the clock, and to ask again for what was refused.
    this.#states?.refresh();
    this.#status.retryRefused();
    this.#subscribe(session, [...this.#refusedFilters]);
    if (this.#states !== null) session.send(this.#topics.of("health"), JSON.stringify(health));
  }

  async deliver(stream: OutboxStream, entry: Entry<Readers[OutboxStream]>): Promise<boolean> {
    const session = this.#session;
    if (session === null) return false;
    const { deliverTimeoutMs, applicationAck } = this.#settings;
    const receiver = applicationAck && stream === "sales" ? this.#acks.expect(entry.seq) : null;
    let answered = false;
    const cancel = this.#clock.after(deliverTimeoutMs, () => {
      receiver?.giveUp();
      // Dropped, the connection takes with it what the package would have gone on waiting for.
      if (!answered) session.drop(`the broker did not acknowledge a record within ${deliverTimeoutMs} ms`);
    });
    const topic = this.#topics.of(stream);
    const answer = await session.publish(topic, recordText(entry), { retain: false });
    answered = true;
    this.#refusals.note(topic, answer);
    const delivered = answer.kind === "acknowledged" && (receiver === null || (await receiver.kept));
    cancel();
    receiver?.giveUp();
    if (delivered && isSale(stream, entry)) this.#states?.sold(entry);
    return delivered;
  }

  onOrder(take: TakeOrder): void {
    this.#commands.takenBy(take);
  }

  onConnection(listener: (connected: boolean, detail: string) => void): void {
    this.#listeners.push(listener);
    listener(this.#session !== null, this.#detail);
  }

  onRefusal(listener: (detail: string | null) => void): void {
    this.#refusals.listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  will(): Will {
    return {
      topic: this.#topics.of("status"),
      payload: statusText({ state: "offline", reason: "lost" }),
      retain: true,
    };
  }

  up(session: Session, { broker, protocol }: Place): void {
    this.#session = session;
    this.#failures.clear();
    const { version } = this.#settings;
    this.#status.show(statusText({ state: "online", version, since: isoTime(this.#clock.wallMs()) }));
    this.#refusedFilters.clear();
    this.#subscribe(session, this.#filters());
    for (const part of this.#parts()) part.connected(session);
    this.#log.info({ broker, protocol }, "connected to the broker");
    this.#tell(`connected to ${broker} with ${protocol}`);
  }

  message(message: Message): void {
    if (message.topic === this.#topics.of("ack")) this.#acks.arrived(message);
    else if (this.#topics.isCommand(message.topic)) this.#commands.arrived(message);
  }

  down(detail: string): void {
    const wasUp = this.#session !== null;
    this.#disconnect();
    if (!wasUp && this.#failures.has(detail)) return;
    if (this.#failures.size < DETAILS_MAX) this.#failures.add(detail);
    if (this.#closing === null) this.#log.warn({ detail }, "no connection to the broker");
    this.#tell(detail);
  }

  async #close(): Promise<void> {
    const opened = this.#connection.stop();
    const farewell = this.#session;
    this.#disconnect();
    if (farewell !== null) await this.#announceShutdown(farewell);
    await opened?.leave();
    if (this.#detail !== "closed") this.#tell("closed");
  }

  #disconnect(): void {
    this.#session = null;
    for (const part of this.#parts()) part.disconnected();
    this.#acks.lost();
  }

  #parts(): readonly { connected(session: Session): void; disconnected(): void }[] {
    return [this.#status, this.#commands, ...(this.#states === null ? [] : [this.#states])];
  }

  async #announceShutdown(session: Session): Promise<void> {
    const text = statusText({ state: "offline", reason: "shutdown" });
    const published = session.publish(this.#topics.of("status"), text, { retain: true });
    await within(this.#clock, FAREWELL_TIMEOUT_MS, published);
  }

  #filters(): readonly string[] {
    return [this.#topics.commands, ...(this.#settings.applicationAck ? [this.#topics.of("ack")] : [])];
  }

  #subscribe(session: Session, filters: readonly string[]): void {
    void session.subscribe(filters).then((answers) => {
      for (const [filter, answer] of answers) {
        if (answer.kind === "refused") this.#refusedFilters.add(filter);
        else this.#refusedFilters.delete(filter);
        this.#refusals.note(filter, answer);
      }
    });
  }

  #tell(detail: string): void {
    this.#detail = detail;
    for (const listener of this.#listeners) listener(this.#session !== null, detail);
  }
}

function isSale(stream: OutboxStream, _entry: Entry<Readers[OutboxStream]>): _entry is Entry<SaleRecord> {
  return stream === "sales";
}
