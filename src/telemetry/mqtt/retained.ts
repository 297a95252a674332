import type { Acknowledgement, Session } from "../broker-session.ts";
import type { OnAnswer } from "../refusals.ts";

/** Beyond this many unacknowledged messages, or what the broker takes at a time, only the newest is kept. */
const UNACKNOWLEDGED_MAX = 8;

interface Content {
  readonly text: string;
  /** What stays the same is not sent again. */
  readonly key: string;
}

/** A retained topic: what the broker has been told, and what it still has to be told. */
export class RetainedTopic {
  readonly topic: string;
  readonly #onAnswer: OnAnswer;
  #content: Content | null = null;
  #session: Session | null = null;
  #sentKey: string | null = null;
  #refused = false;
  #unacknowledged = 0;

  constructor(topic: string, onAnswer: OnAnswer) {
    this.topic = topic;
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

  /**
   * To be called from time to time: the broker may have changed its mind about what it refused, and of one that keeps
   * nothing who came later has not heard yet.
   */
  refresh(): void {
    if (!this.#refused && this.#session?.limits.keepsRetained !== false) return;
    this.#sentKey = null;
    this.#publish();
  }

  #publish(): void {
    const session = this.#session;
    const content = this.#content;
    if (session === null || content === null || content.key === this.#sentKey) return;
    if (this.#unacknowledged >= Math.min(UNACKNOWLEDGED_MAX, session.limits.inFlightMax)) return;
    this.#sentKey = content.key;
    this.#unacknowledged += 1;
    void session
      .publish(this.topic, content.text, { retain: true })
      .then((answer) => this.#onAcknowledged(session, answer));
  }

  #onAcknowledged(session: Session, answer: Acknowledgement): void {
    if (session !== this.#session) return;
    this.#unacknowledged -= 1;
    this.#refused = answer.kind === "refused";
    this.#onAnswer(this.topic, answer);
    if (answer.kind !== "lost") this.#publish();
  }
}
