import { createHash } from "node:crypto";
import type { OutboxStream } from "../../ports/journal.ts";
import { TOPICS } from "./topics.ts";

type Single = "status" | "faults" | "health" | "ack" | "set-block" | OutboxStream;
type PerPosition = "state" | "meter" | "today";
/** Every command's topic, with something else for its name. */
const commandAt = (name: string): string => TOPICS.stop.address.replace("stop", name);
/** Any topic of any kiosk, below the prefix that they share. */
const OF_A_KIOSK = new RegExp(
  `^[^/]+/(${[...Object.values(TOPICS).map(({ address }) => address), commandAt("{command}")]
    .join("|")
    .replaceAll(/\{\w+\}/g, "[^/]+")})$`,
);
const RESPONSE_TOPIC_MAX = 256;
/** Where answers may go beside the kiosk's own topics. */
const ANSWERS = "kioskd-answers/";
const DEFAULT_PREFIX = "kioskd";

/**
 * What the kiosk is called where the names of all kiosks of a broker meet: its id, which below another prefix than the
 * usual one may be somebody else's too. The underscore is in no id.
 */
export function deviceName(topicPrefix: string, kioskId: string): string {
  if (topicPrefix === DEFAULT_PREFIX) return kioskId;
  return `${kioskId}_${createHash("sha256").update(topicPrefix).digest("hex").slice(0, 8)}`;
}

/** The topics of one kiosk. */
export class KioskTopics {
  /** Every command, known or not. */
  readonly commands: string;
  /** All that a kiosk may have shown, in subscriptions. */
  readonly shown: readonly string[];
  readonly #prefix: string;
  readonly #base: string;
  /** What it is called to Home Assistant, and was. */
  readonly #deviceNames: readonly string[];

  constructor(topicPrefix: string, kioskId: string) {
    this.#prefix = `${topicPrefix}/`;
    this.#base = `${topicPrefix}/${kioskId}/`;
    this.commands = this.#base + commandAt("+");
    this.shown = [this.of("faults"), this.at("state", "+"), this.at("today", "+")];
    this.#deviceNames = [...new Set([deviceName(topicPrefix, kioskId), kioskId])];
  }

  command(name: string): string {
    return this.#base + commandAt(name);
  }

  /** Whether it is one of `shown`, of whatever position. */
  isShown(topic: string): boolean {
    return this.shown.some((filter) => {
      const [before = "", after] = filter.split("+");
      if (after === undefined) return topic === filter;
      return (
        topic.startsWith(before) && topic.endsWith(after) && !topic.slice(before.length, -after.length).includes("/")
      );
    });
  }

  /** Where this kiosk is, or was, announced below one of these prefixes. */
  announcements(...prefixes: readonly string[]): readonly string[] {
    return prefixes.flatMap((prefix) => this.#deviceNames.map((name) => announcementTopic(prefix, name)));
  }

  isAnnouncement(topic: string): boolean {
    return this.#deviceNames.some((name) => topic.endsWith(announcementTopic("", name)));
  }

  of(name: Single): string {
    return this.#base + TOPICS[name].address;
  }

  at(name: PerPosition, position: string): string {
    return this.#base + TOPICS[name].address.replace("{position}", position);
  }

  reply(command: string): string {
    return this.#base + TOPICS.reply.address.replace("{command}", () => command);
  }

  isCommand(topic: string): boolean {
    return topic.startsWith(this.#base + commandAt(""));
  }

  /** The name of the command that comes on a topic. */
  commandOn(topic: string): string {
    return topic.slice(this.#base.length + commandAt("").length);
  }

  /** Where else than on `reply` an answer may go, in words. */
  get answerPlaces(): string {
    return `below ${this.#base} or ${ANSWERS}, on a topic that no kiosk uses`;
  }

  /** Whether an answer may go there. What the sender may not write, the kiosk must not write for them. */
  mayAnswer(command: string, topic: string): boolean {
    if (topic === this.reply(command)) return true;
    if (topic.length > RESPONSE_TOPIC_MAX || /[+#\0]/.test(topic)) return false;
    if (![this.#base, ANSWERS].some((place) => topic.startsWith(place) && topic.length > place.length)) return false;
    return !(topic.startsWith(this.#prefix) && OF_A_KIOSK.test(topic.slice(this.#prefix.length)));
  }
}

/** Source: Home Assistant's documentation of MQTT discovery. */
export function announcementTopic(discoveryPrefix: string, device: string): string {
  return `${discoveryPrefix}/device/${device}/config`;
}
