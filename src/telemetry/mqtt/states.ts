import type { SaleRecord } from "../../core/sale/record.ts";
import type { PositionView } from "../../core/sale/view.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Entry } from "../../ports/journal.ts";
import type { Snapshot } from "../../ports/telemetry.ts";
import type { Session } from "../broker-session.ts";
import type { OnAnswer } from "../refusals.ts";
import { announcementTopic, type KioskTopics } from "./addresses.ts";
import { type DiscoveredPosition, type DiscoverySettings, discoveryText } from "./discovery.ts";
import { faultsText, stateKey, stateText } from "./message.ts";
import { MeterTopic } from "./meter.ts";
import { RetainedTopic } from "./retained.ts";
import { Today } from "./today.ts";

export interface ShownSettings extends DiscoverySettings {
  /** Whether Home Assistant is to find this kiosk. */
  readonly discovery: boolean;
  /** Where it looks for devices. */
  readonly discoveryPrefix: string;
}

interface PositionTopics {
  readonly state: RetainedTopic;
  readonly meter: MeterTopic;
  readonly today: RetainedTopic;
}

/** All that shows what is true now: told when it changes, and afresh on each connection. */
export class StateTopics {
  readonly #positions: ReadonlyMap<string, DiscoveredPosition & PositionTopics>;
  readonly #faults: RetainedTopic;
  readonly #discovery: readonly RetainedTopic[];
  readonly #today: Today;

  constructor(settings: ShownSettings, topics: KioskTopics, clock: Clock, onAnswer: OnAnswer) {
    const { positions } = settings;
    const retained = (topic: string): RetainedTopic => new RetainedTopic(topic, onAnswer);
    this.#positions = new Map(
      positions.map((position) => {
        const { id } = position;
        const state = retained(topics.at("state", id));
        const meter = new MeterTopic(topics.at("meter", id), clock, onAnswer);
        return [id, { ...position, state, meter, today: retained(topics.at("today", id)) }];
      }),
    );
    this.#faults = retained(topics.of("faults"));
    this.#today = new Today(settings.currency, new Map(positions.map(({ id, unit }) => [id, unit])), clock);
    this.#discovery = settings.discovery ? [discovery(settings, topics, retained)] : [];
    this.#showToday();
  }

  /** What is kept at the broker. */
  get retained(): readonly string[] {
    return this.#retained().map(({ topic }) => topic);
  }

  show({ positions, faults }: Snapshot): void {
    for (const view of positions) this.#showPosition(view);
    this.#faults.show(faultsText(faults));
  }

  sold(entry: Entry<SaleRecord>): void {
    this.#today.count(entry);
    this.#showToday();
  }

  /** The day may have turned, and the broker may have changed its mind. */
  refresh(): void {
    this.#showToday();
    for (const topic of this.#retained()) topic.refresh();
  }

  connected(session: Session): void {
    for (const topic of this.#retained()) topic.connected(session);
    for (const { meter } of this.#positions.values()) meter.connected(session);
  }

  disconnected(): void {
    for (const topic of this.#retained()) topic.disconnected();
    for (const { meter } of this.#positions.values()) meter.disconnected();
  }

  #showPosition(view: PositionView): void {
    const topics = this.#positions.get(view.id);
    topics?.state.show(stateText(view), stateKey(view));
    topics?.meter.show(view);
  }

  #showToday(): void {
    for (const { id, unit, today } of this.#positions.values()) today.show(this.#today.text(id, unit));
  }

  #retained(): readonly RetainedTopic[] {
    const ofPositions = [...this.#positions.values()].flatMap(({ state, today }) => [state, today]);
    return [...this.#discovery, this.#faults, ...ofPositions];
  }
}

function discovery(
  settings: ShownSettings,
  topics: KioskTopics,
  retained: (topic: string) => RetainedTopic,
): RetainedTopic {
  const topic = retained(announcementTopic(settings.discoveryPrefix, settings.device));
  topic.show(discoveryText(settings, topics));
  return topic;
}
