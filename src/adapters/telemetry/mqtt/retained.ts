import type { Acknowledgement, Session } from "../session.ts";

/** Beyond this many unacknowledged messages only the newest is kept. */
const UNACKNOWLEDGED_MAX = 8;

interface Content {
  readonly text: string;
  /** What stays the same is not sent again. */
  readonly key: string;
}

/** A retained topic: what the broker has been told, and what it still has to be told. */
export class RetainedTopic {
  readonly #topic: string;
  readonly #onAnswer: (topic: string, answer: Acknowledgement) => void;
  #content: Content | null = null;
  #session: Session | null = null;
  #sentKey: string | null = null;
  #refused = false;
  #unacknowledged = 0;

  constructor(topic: string, onAnswer: (topic: string, answer: Acknowledgement) => void) {
    this.#topic = topic;
    this.#onAnswer = onAnswer;
  }

  show(text: string, key: string = text): void {
    this.#content = { text, key };
    this.#publish();
  }

  connected(session: Session): void {
    this.#session = session;
    this.#sentKey = null;
    this.#unacknowledged = 0;
    this.#publish();
  }

  disconnected(): void {
    this.#session = null;
  }

  /** The broker may have changed its mind. */
  retryRefused(): void {
    if (!this.#refused) return;
    this.#sentKey = null;
    this.#publish();
  }

  #publish(): void {
    const session = this.#session;
    const content = this.#content;
    if (session === null || content === null || content.key === this.#sentKey) return;
    if (this.#unacknowledged >= UNACKNOWLEDGED_MAX) return;
    this.#sentKey = content.key;
    this.#unacknowledged += 1;
    void session
      .publish(this.#topic, content.text, { retain: true })
      .then((answer) => this.#onAcknowledged(session, answer));
  }

  #onAcknowledged(session: Session, answer: Acknowledgement): void {
    if (session !== this.#session) return;
    this.#unacknowledged -= 1;
    this.#refused = answer.kind === "refused";
    this.#onAnswer(this.#topic, answer);
    if (answer.kind !== "lost") this.#publish();
  }
}
