import type { PositionView } from "../../core/sale/view.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Session } from "../broker-session.ts";
import type { OnAnswer } from "../refusals.ts";
import { meterText } from "./message.ts";

const INTERVAL_MS = 1000;

/** What flows at one position, at most once a second; nothing of it is kept while the broker is away. */
export class MeterTopic {
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #onAnswer: OnAnswer;
  #view: PositionView | null = null;
  #session: Session | null = null;
  #sent: string | null = null;
  #sentAtMs: number | null = null;
  #cancel: Cancel | null = null;

  constructor(topic: string, clock: Clock, onAnswer: OnAnswer) {
    this.#topic = topic;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  show(view: PositionView): void {
    this.#view = view;
    this.#send();
  }

  connected(session: Session): void {
    this.#session = session;
    this.#send();
  }

  disconnected(): void {
    this.#session = null;
    this.#stop();
  }

  #send(): void {
    if (this.#session === null || this.#view?.state !== "dispensing") {
      this.#stop();
      return;
    }
    const text = meterText(this.#view);
    if (text === this.#sent || this.#cancel !== null) return;
    const nowMs = this.#clock.monotonicMs();
    const waitMs = this.#sentAtMs === null ? 0 : this.#sentAtMs + INTERVAL_MS - nowMs;
    if (waitMs > 0) {
      this.#cancel = this.#clock.after(waitMs, () => {
        this.#cancel = null;
        this.#send();
      });
      return;
    }
    this.#sent = text;
    this.#sentAtMs = nowMs;
    this.#onAnswer(this.#topic, this.#session.send(this.#topic, text));
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
