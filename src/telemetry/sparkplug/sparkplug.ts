import type { HealthMessage } from "../../core/operator/messages.ts";
import { within } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Snapshot, Telemetry, TelemetryTrouble } from "../../ports/telemetry.ts";
import type { BrokerSettings, Message, Session } from "../broker-session.ts";
import { type Place as Broker, Connection } from "../connection.ts";
import { unusual } from "../limits.ts";
import { Refusals } from "../refusals.ts";
import { IgnoredCommands } from "./ignored.ts";
import { REBIRTH } from "./metrics.ts";
import { EdgeNode, type NodeFacts } from "./node.ts";
import { type Codec, createCodec } from "./payload.ts";

/** Neither `group` nor an id has `/`, `+` or `#` in it. */
export interface SparkplugSettings extends Omit<BrokerSettings, "sessionExpiryS">, NodeFacts {}

const FAREWELL_TIMEOUT_MS = 2000;

/**
 * Telemetry in Sparkplug B 3.0.0: the kiosk is an edge node, each position a device. Once started it connects in the
 * background, again and again, until closed. Nothing is kept for a broker that is away; every connection begins
 * with births that say what is true then. Data goes unacknowledged, so no record is ever delivered this way.
 */
export function createSparkplug(settings: SparkplugSettings, clock: Clock, log: Log): Telemetry {
  return new SparkplugTelemetry(settings, clock, log);
}

class SparkplugTelemetry implements Telemetry {
  readonly #settings: SparkplugSettings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #node: EdgeNode;
  readonly #ignored: IgnoredCommands;
  #started: Promise<void> = Promise.resolve();
  readonly #connectionListeners: ((connected: boolean, detail: string) => void)[] = [];
  readonly #refusals: Refusals;
  #connection: Connection | null = null;
  #up: { readonly session: Session; readonly codec: Codec } | null = null;
  #detail = "connecting";
  #closing: Promise<void> | null = null;

  constructor(settings: SparkplugSettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#node = new EdgeNode(settings, clock);
    this.#ignored = new IgnoredCommands(clock, log);
    this.#refusals = new Refusals(log);
  }

  start(): void {
    this.#started = this.#connect().catch((error: unknown) => this.#onDown(String(error)));
  }

  publish(snapshot: Snapshot): void {
    this.#node.show(snapshot);
  }

  report(health: HealthMessage): void {
    this.#node.report(health);
  }

  /** Never: nobody acknowledges what Sparkplug carries. */
  deliver(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Never called back: orders come on the JSON topics only. */
  onOrder(): void {}

  onConnection(listener: (connected: boolean, detail: string) => void): void {
    this.#connectionListeners.push(listener);
    listener(this.#up !== null, this.#detail);
  }

  onTrouble(listener: (trouble: TelemetryTrouble, detail: string | null) => void): void {
    this.#refusals.listen((detail) => listener("broker-refuses", detail));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #connect(): Promise<void> {
    const codec = createCodec();
    if (this.#closing !== null) return;
    // A session that outlived its connection would bring old commands; the specification forbids it.
    const settings = { ...this.#settings, clientId: `${this.#settings.clientId}-sparkplug`, sessionExpiryS: 0 };
    this.#connection = new Connection(settings, this.#clock, {
      will: () => {
        this.#node.next();
        return { topic: this.#node.topic("NDEATH"), payload: this.#death(codec), retain: false };
      },
      up: (session, broker) => this.#onUp(session, codec, broker),
      message: (message) => this.#onMessage(message, codec),
      down: (detail) => this.#onDown(detail),
    });
    this.#connection.start();
  }

  async #close(): Promise<void> {
    await this.#started;
    const opened = this.#connection?.stop();
    const up = this.#up;
    this.#up = null;
    // From here on nothing is born any more: a birth after the death would leave a kiosk that looks alive.
    this.#node.disconnected();
    if (up !== null) await this.#sayFarewell(up.session, this.#death(up.codec));
    await opened?.leave();
    if (this.#detail !== "closed") this.#tell("closed");
  }

  async #sayFarewell(session: Session, death: Uint8Array): Promise<void> {
    const published = session.publish(this.#node.topic("NDEATH"), death, { retain: false });
    await within(this.#clock, FAREWELL_TIMEOUT_MS, published);
  }

  #death(codec: Codec): Uint8Array {
    return codec.encode(this.#node.death(), this.#clock.wallMs(), null);
  }

  #onUp(session: Session, codec: Codec, { broker, protocol }: Broker): void {
    this.#up = { session, codec };
    void this.#subscribe(session);
    this.#node.connected((topic, metrics, seq) =>
      this.#refusals.note(topic, session.send(topic, codec.encode(metrics, this.#clock.wallMs(), seq))),
    );
    this.#log.info({ broker, protocol, ...unusual(session.limits) }, "connected to the broker for Sparkplug");
    this.#tell(`connected to ${broker} with ${protocol}`);
  }

  async #subscribe(session: Session): Promise<void> {
    const rebirths = this.#node.topic("NCMD");
    // Commands to devices are read to be counted, which a broker without wildcards does not need to allow.
    const others = session.limits.wildcards ? [this.#node.topic("DCMD", "+")] : [];
    const answer = (await session.subscribe([rebirths, ...others])).get(rebirths);
    if (answer !== undefined) this.#refusals.note(rebirths, answer);
  }

  #onMessage(message: Message, codec: Codec): void {
    const written = this.#forNode(message) ? codec.decode(message.payload) : null;
    const asked = written?.filter(({ name, value }) => name === REBIRTH && value === true) ?? [];
    if (asked.length === 0 || asked.length !== written?.length) this.#ignored.count(message.topic);
    if (asked.length > 0) this.#node.rebirth();
  }

  #forNode({ topic, retain, tooLarge }: Message): boolean {
    return topic === this.#node.topic("NCMD") && !retain && !tooLarge;
  }

  #onDown(detail: string): void {
    const wasUp = this.#up !== null;
    this.#up = null;
    this.#node.disconnected();
    if (!wasUp && detail === this.#detail) return;
    if (this.#closing === null) this.#log.warn({ detail }, "no connection to the broker for Sparkplug");
    this.#tell(detail);
  }

  #tell(detail: string): void {
    this.#detail = detail;
    for (const listener of this.#connectionListeners) listener(this.#up !== null, detail);
  }
}
