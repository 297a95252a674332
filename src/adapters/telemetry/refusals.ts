import type { Log } from "../../ports/log.ts";
import type { Acknowledgement } from "./session.ts";

/** What the broker says to a message on a topic. */
export type OnAnswer = (topic: string, answer: Acknowledgement) => void;

/** What the broker does not let the kiosk do, topic by topic, until it lets it again. */
export class Refusals {
  readonly #log: Log;
  readonly #refused = new Map<string, string>();
  readonly #listeners: ((detail: string | null) => void)[] = [];
  #told: string | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  listen(listener: (detail: string | null) => void): void {
    this.#listeners.push(listener);
    if (this.#told !== null) listener(this.#told);
  }

  note(topic: string, answer: Acknowledgement): void {
    if (answer.kind === "lost") return;
    if (answer.kind === "acknowledged") this.#refused.delete(topic);
    else {
      if (this.#refused.get(topic) !== answer.detail) {
        this.#log.warn({ topic, detail: answer.detail }, "the broker refuses a topic");
      }
      this.#refused.set(topic, answer.detail);
    }
    this.#tell();
  }

  /** What is not asked for any more is not refused. */
  forget(topics: readonly string[]): void {
    for (const topic of topics) this.#refused.delete(topic);
    this.#tell();
  }

  #tell(): void {
    const [first] = this.#refused;
    const others = this.#refused.size > 1 ? ` (and ${this.#refused.size - 1} more)` : "";
    const detail = first === undefined ? null : `${first[0]}: ${first[1]}${others}`;
    if (detail === this.#told) return;
    this.#told = detail;
    for (const listener of this.#listeners) listener(detail);
  }
}
