import { TOPICS } from "../../../core/operator/topics.ts";
import type { OutboxStream } from "../../../ports/journal.ts";

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

/** The topics of one kiosk. */
export class KioskTopics {
  /** Every command, known or not. */
  readonly commands: string;
  readonly #prefix: string;
  readonly #base: string;

  constructor(topicPrefix: string, kioskId: string) {
    this.#prefix = `${topicPrefix}/`;
    this.#base = `${topicPrefix}/${kioskId}/`;
    this.commands = this.#base + commandAt("+");
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

  /** Whether an answer may go there. What the sender may not write, the kiosk must not write for them. */
  mayAnswer(command: string, topic: string): boolean {
    if (topic === this.reply(command)) return true;
    if (topic === "" || topic.length > RESPONSE_TOPIC_MAX || /^\$|[+#\0]/.test(topic)) return false;
    return !(topic.startsWith(this.#prefix) && OF_A_KIOSK.test(topic.slice(this.#prefix.length)));
  }
}
