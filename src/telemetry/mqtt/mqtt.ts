import type { HealthMessage } from "../../core/operator/messages.ts";
import type { SaleRecord } from "../../core/sale/record.ts";
import { isoTime } from "../../core/time.ts";
import { within } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entry, OutboxStream, Readers } from "../../ports/journal.ts";
import type { Log } from "../../ports/log.ts";
import type { Snapshot, Telemetry, TelemetryTrouble } from "../../ports/telemetry.ts";
import type { BrokerSettings, Message, Session, Will } from "../broker-session.ts";
import { Connection, type ConnectionListener, type Place } from "../connection.ts";
import { unusual } from "../limits.ts";
import { type OnAnswer, Refusals } from "../refusals.ts";
import { ReceiverAcks } from "./acks.ts";
import { KioskTopics } from "./addresses.ts";
import { COMMANDS } from "./command-schema.ts";
import { Commands, type OnCommand, type TakeOrder } from "./commands.ts";
import { recordFor } from "./forms.ts";
import { Leftovers } from "./leftovers.ts";
import { statusText } from "./message.ts";
import { RetainedTopic } from "./retained.ts";
import { Silences, unheardText } from "./silences.ts";
import { type ShownSettings, StateTopics } from "./states.ts";

export interface MqttSettings extends BrokerSettings, ShownSettings {
  readonly topicPrefix: string;
  readonly kioskId: string;
  /** How long a record may wait for its acknowledgement. */
  readonly deliverTimeoutMs: number;
  /** A sale counts as delivered only when its receiver says so, on a topic of its own. */
  readonly applicationAck: boolean;
  /** False when another encoding shows the states: then only status, records and commands are here. */
  readonly publishesStates: boolean;
}

const FAREWELL_TIMEOUT_MS = 2000;
const DETAILS_MAX = 16;
const STREAMS = ["sales", "refunds", "reconciliations", "unaccounted"] as const satisfies readonly OutboxStream[];
const QOS_NOT_SUPPORTED = 155;
const DOUBTFUL_ACKNOWLEDGEMENT =
  "in MQTT 3.1.1 the broker acknowledges a record that its access list forbids, or that it throws away: use a broker that speaks MQTT 5, or let the receiver of sales acknowledge them (mqtt.applicationAck)";
const UNACKNOWLEDGED =
  "the broker takes QoS 0 only and never says that it has a record, so it is kept here: allow QoS 1 at the broker, or let the receiver of sales acknowledge them (mqtt.applicationAck)";

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
  readonly #acks: ReceiverAcks;
  readonly #silences: Silences;
  readonly #leftovers: Leftovers;
  readonly #status: RetainedTopic;
  readonly #states: StateTopics | null;
  readonly #listeners: ((connected: boolean, detail: string) => void)[] = [];
  readonly #failures = new Set<string>();
  readonly #refusedFilters = new Set<string>();
  #session: Session | null = null;
  #detail = "connecting";
  #isDoubtTold = false;
  /** The streams whose record has let the others go first on this connection. */
  readonly #stoodBack = new Set<OutboxStream>();
  #closing: Promise<void> | null = null;

  constructor(settings: MqttSettings, clock: Clock, log: Log, onCommand: OnCommand) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#topics = new KioskTopics(settings.topicPrefix, settings.kioskId);
    const records: readonly string[] = STREAMS.map((stream) => this.#topics.of(stream));
    this.#refusals = new Refusals(log, (topic) => records.includes(topic));
    this.#commands = new Commands(this.#topics, clock, log, onCommand);
    const onAnswer: OnAnswer = (topic, answer) => this.#refusals.note(topic, answer);
    this.#status = new RetainedTopic(this.#topics.of("status"), onAnswer);
    this.#states = settings.publishesStates ? new StateTopics(settings, this.#topics, clock, onAnswer) : null;
    const retained = new Set([this.#status.topic, ...(this.#states?.retained ?? [])]);
    this.#leftovers = new Leftovers(this.#topics, { retained, discoveryPrefix: settings.discoveryPrefix }, clock, log);
    const receiver = { firstWaitMs: settings.deliverTimeoutMs, topic: this.#topics.of("ack") };
    this.#silences = new Silences(receiver.topic);
    this.#acks = new ReceiverAcks(receiver, clock, log, (detail) => this.#silences.note(receiver.topic, detail));
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
    this.#status.refresh();
    this.#subscribe(session, [...this.#refusedFilters]);
    if (this.#states === null) return;
    const topic = this.#topics.of("health");
    this.#refusals.note(topic, session.send(topic, JSON.stringify(health)));
  }

  async deliver(stream: OutboxStream, entry: Entry<Readers[OutboxStream]>): Promise<boolean> {
    const session = this.#session;
    if (session === null) return false;
    const sale = this.#settings.applicationAck && isSale(stream, entry) ? entry : null;
    if (sale === null && session.limits.qosMax === 0) {
      this.#refusals.note(this.#topics.of(stream), {
        kind: "refused",
        reasonCode: QOS_NOT_SUPPORTED,
        detail: UNACKNOWLEDGED,
      });
      return false;
    }
    const send = (onSent: () => void): Promise<boolean> => this.#sendRecord(session, stream, entry, onSent);
    const delivered = await (sale === null
      ? send(() => {})
      : this.#acks.kept({ seq: sale.seq, saleId: sale.body.saleId }, send));
    if (delivered && isSale(stream, entry)) this.#states?.sold(entry);
    return delivered;
  }

  /** True when the broker has taken it. */
  async #sendRecord(
    session: Session,
    stream: OutboxStream,
    entry: Entry<Readers[OutboxStream]>,
    onSent: () => void,
  ): Promise<boolean> {
    const topic = this.#topics.of(stream);
    const { text, isShortened } = recordFor(session, topic, stream, entry);
    if (isShortened && session.limits.isSizeGuessed && !this.#stoodBack.has(stream)) {
      // It may end the connection again: the other streams go first.
      this.#stoodBack.add(stream);
      return false;
    }
    if (isShortened) {
      const { seq } = entry;
      const { packetMaxBytes } = session.limits;
      this.#log.warn(
        { topic, seq, packetMaxBytes },
        "a record was too large for the broker and is sent in a shorter form",
      );
    }
    const ackTimeoutMs = this.#settings.deliverTimeoutMs;
    const answer = await session.publish(topic, text, { retain: false, isUrgent: true, ackTimeoutMs, onSent });
    this.#refusals.note(topic, answer);
    if (answer.kind === "acknowledged") this.#silences.note(topic, answer.unheard === true ? unheardText(topic) : null);
    return answer.kind === "acknowledged";
  }

  onOrder(take: TakeOrder): void {
    this.#commands.takenBy((command) => {
      const answer = take(command);
      // Who asks for records is there.
      if (command.name === "republish") void answer.then(({ kind }) => kind === "done" && this.#acks.startOver());
      return answer;
    });
  }

  onConnection(listener: (connected: boolean, detail: string) => void): void {
    this.#listeners.push(listener);
    listener(this.#session !== null, this.#detail);
  }

  onTrouble(listener: (trouble: TelemetryTrouble, detail: string | null) => void): void {
    this.#refusals.listen((detail) => listener("broker-refuses", detail));
    this.#silences.listen((detail) => listener("receiver-silent", detail));
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
    this.#stoodBack.clear();
    const { version, sessionExpiryS } = this.#settings;
    const { limits } = session;
    this.#status.show(statusText({ state: "online", version, since: isoTime(this.#clock.wallMs()) }));
    const filters = this.#filters(session);
    this.#refusals.forget([...this.#refusedFilters].filter((filter) => !filters.includes(filter)));
    this.#refusedFilters.clear();
    this.#subscribe(session, filters);
    for (const part of this.#parts()) part.connected(session);
    this.#log.info({ broker, protocol, ...unusual(limits) }, "connected to the broker");
    if (protocol === "MQTT 3.1.1" && !this.#isDoubtTold) {
      this.#isDoubtTold = true;
      this.#log.warn({ broker, detail: DOUBTFUL_ACKNOWLEDGEMENT }, "an acknowledgement of this broker proves little");
    }
    if (limits.sessionExpiryS !== null && limits.sessionExpiryS < sessionExpiryS) {
      const fields = { askedS: sessionExpiryS, keptS: limits.sessionExpiryS };
      this.#log.warn(fields, "the broker keeps commands for a shorter time than mqtt.sessionExpiry asks for");
    }
    this.#tell(`connected to ${broker} with ${protocol}`);
  }

  message(message: Message): void {
    if (message.topic === this.#topics.of("ack")) this.#acks.arrived(message);
    else if (this.#topics.isCommand(message.topic)) this.#commands.arrived(message);
    else this.#leftovers.arrived(message);
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
    this.#acks.disconnected();
  }

  #parts(): readonly { connected(session: Session): void; disconnected(): void }[] {
    return [this.#status, this.#commands, ...(this.#states === null ? [] : [this.#states]), this.#leftovers];
  }

  async #announceShutdown(session: Session): Promise<void> {
    const text = statusText({ state: "offline", reason: "shutdown" });
    const published = session.publish(this.#topics.of("status"), text, { retain: true });
    await within(this.#clock, FAREWELL_TIMEOUT_MS, published);
  }

  #filters({ limits }: Session): readonly string[] {
    const commands = limits.wildcards
      ? [this.#topics.commands]
      : Object.keys(COMMANDS).map((name) => this.#topics.command(name));
    return [...commands, ...(this.#settings.applicationAck ? [this.#topics.of("ack")] : [])];
  }

  #subscribe(session: Session, filters: readonly string[]): void {
    void session.subscribe(filters).then((answers) => {
      for (const [filter, answer] of answers) {
        if (answer.kind === "refused") this.#refusedFilters.add(filter);
        else this.#refusedFilters.delete(filter);
        const isAck = session === this.#session && filter === this.#topics.of("ack");
        if (isAck && answer.kind === "acknowledged") this.#acks.listening();
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
