import type { Log } from "../ports/log.ts";
import type { Acknowledgement } from "./broker-session.ts";

/** What the broker says to a message on a topic. */
export type OnAnswer = (topic: string, answer: Acknowledgement) => void;

type Refused = Extract<Acknowledgement, { kind: "refused" }>;

/** What the broker does not let the kiosk do, topic by topic, until it lets it again. */
export class Refusals {
  readonly #log: Log;
  readonly #isUrgent: (topic: string) => boolean;
  readonly #refused = new Map<string, Refused>();
  readonly #listeners: ((detail: string | null) => void)[] = [];
  #lastTold: string | null = null;

  /** @param isUrgent which topics are told before others */
  constructor(log: Log, isUrgent: (topic: string) => boolean = () => false) {
    this.#log = log;
    this.#isUrgent = isUrgent;
  }

  listen(listener: (detail: string | null) => void): void {
    this.#listeners.push(listener);
    if (this.#lastTold !== null) listener(this.#lastTold);
  }

  /** The same reason again is not told again, though the size of a message may be another. */
  note(topic: string, answer: Acknowledgement): void {
    if (answer.kind === "lost") return;
    if (answer.kind === "acknowledged") this.#refused.delete(topic);
    else if (this.#refused.get(topic)?.reasonCode !== answer.reasonCode) {
      this.#log.warn({ topic, detail: answer.detail }, "the broker refuses a topic");
      this.#refused.set(topic, answer);
    }
    this.#tell();
  }

  /** What is not asked for any more is not refused. */
  forget(topics: readonly string[]): void {
    for (const topic of topics) this.#refused.delete(topic);
    this.#tell();
  }

  #tell(): void {
    const topics = [...this.#refused.keys()];
    const first = topics.find((topic) => this.#isUrgent(topic)) ?? topics[0];
    const others = topics.length > 1 ? " (and others: the log names them)" : "";
    const detail = first === undefined ? null : `${first}: ${this.#refused.get(first)?.detail}${others}`;
    if (detail === this.#lastTold) return;
    this.#lastTold = detail;
    for (const listener of this.#listeners) listener(detail);
  }
}
