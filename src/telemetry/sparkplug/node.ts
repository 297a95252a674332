import type { Fault } from "../../core/faults.ts";
import type { HealthMessage } from "../../core/operator/messages.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Snapshot } from "../../ports/telemetry.ts";
import { Device } from "./device.ts";
import { birthDeathMetric, type KioskFacts, nodeMetrics, type Place } from "./metrics.ts";
import type { Metric } from "./payload.ts";
import { PublishedMetrics } from "./published-metrics.ts";

/** `bdSeq` and `seq` go from 0 to 255 and round again. */
const ROUND = 256;
const BIRTH_INTERVAL_MS = 1000;

export interface NodeFacts extends KioskFacts {
  readonly group: string;
  readonly kioskId: string;
  readonly positions: readonly Place[];
}

/** Publishes with QoS 0, or drops it when the network does not keep up. */
type Send = (topic: string, metrics: readonly Metric[], seq: number) => void;

/** A kiosk as a Sparkplug edge node, through one connection after another. */
export class EdgeNode {
  readonly #facts: NodeFacts;
  readonly #clock: Clock;
  readonly #devices: ReadonlyMap<string, Device>;
  readonly #published = new PublishedMetrics();
  #faults: readonly Fault[] = [];
  #health: HealthMessage | null = null;
  #publish: Send | null = null;
  #bdSeq = ROUND - 1;
  #seq = 0;
  /** Data is sent only after a birth, and no more once a rebirth was asked for. */
  #born = false;
  #bornAtMs = 0;
  #cancelRebirth: Cancel | null = null;

  constructor(facts: NodeFacts, clock: Clock) {
    this.#facts = facts;
    this.#clock = clock;
    const device = (place: Place): Device =>
      new Device(place, facts.currency, clock, (news) => this.#send("DDATA", news, place.id));
    this.#devices = new Map(facts.positions.map((place) => [place.id, device(place)]));
  }

  topic(verb: string, device?: string): string {
    const { group, kioskId } = this.#facts;
    return `spBv1.0/${group}/${verb}/${kioskId}${device === undefined ? "" : `/${device}`}`;
  }

  /** The number of the next connection. */
  next(): void {
    this.#bdSeq = (this.#bdSeq + 1) % ROUND;
  }

  /** What says that the connection of this number is over. */
  death(): readonly Metric[] {
    return [birthDeathMetric(this.#bdSeq)];
  }

  connected(send: Send): void {
    this.#publish = send;
    this.#birth();
  }

  disconnected(): void {
    this.#publish = null;
    this.#silence();
    this.#cancelRebirth?.();
    this.#cancelRebirth = null;
  }

  /** Everything is born again, a second after the last birth at the earliest. */
  rebirth(): void {
    if (this.#publish === null) return;
    this.#silence();
    const waitMs = Math.max(0, this.#bornAtMs + BIRTH_INTERVAL_MS - this.#clock.monotonicMs());
    this.#cancelRebirth ??= this.#clock.after(waitMs, () => {
      this.#cancelRebirth = null;
      this.#birth();
    });
  }

  show({ positions, faults }: Snapshot): void {
    this.#faults = faults;
    this.#tell();
    for (const position of positions) this.#devices.get(position.id)?.show(position);
  }

  report(health: HealthMessage): void {
    this.#health = health;
    this.#tell();
  }

  #birth(): void {
    this.#seq = 0;
    this.#bornAtMs = this.#clock.monotonicMs();
    const metrics = this.#metrics();
    this.#published.record(metrics);
    this.#send("NBIRTH", [...this.death(), ...metrics]);
    for (const device of this.#devices.values()) this.#send("DBIRTH", device.birth(), device.id);
    this.#born = true;
  }

  #silence(): void {
    this.#born = false;
    for (const device of this.#devices.values()) device.silence();
  }

  #tell(): void {
    if (!this.#born) return;
    const news = this.#published.changed(this.#metrics());
    if (news.length > 0) this.#send("NDATA", news);
  }

  #metrics(): readonly Metric[] {
    return nodeMetrics(this.#facts, this.#faults, this.#health);
  }

  /** What the network does not take is gone with its number, so that a host sees the gap and asks for a rebirth. */
  #send(verb: "NBIRTH" | "DBIRTH" | "NDATA" | "DDATA", metrics: readonly Metric[], device?: string): void {
    this.#publish?.(this.topic(verb, device), metrics, this.#seq);
    this.#seq = (this.#seq + 1) % ROUND;
  }
}
