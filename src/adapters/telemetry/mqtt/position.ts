import type { PositionView } from "../../../core/sale/view.ts";
import type { Cancel, Clock } from "../../../ports/clock.ts";
import { meterText, stateKey, stateText, type Topics } from "./message.ts";
import type { Acknowledgement, Session } from "./session.ts";

const METER_INTERVAL_MS = 1000;
/** Beyond this many unacknowledged states only the newest is kept. */
const UNACKNOWLEDGED_MAX = 8;

type OnRefused = (topic: string, detail: string) => void;

/** What the broker has been told of one position, and what it still has to be told. */
export class PublishedPosition {
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #onRefused: OnRefused;
  #view: PositionView;
  #session: Session | null = null;
  #sentKey: string | null = null;
  #unacknowledged = 0;
  #meterSent: string | null = null;
  #meterSentAtMs: number | null = null;
  #cancelMeter: Cancel | null = null;

  constructor(view: PositionView, topics: Topics, clock: Clock, onRefused: OnRefused) {
    this.#view = view;
    this.#topics = topics;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  show(view: PositionView): void {
    this.#view = view;
    this.#publishState();
    this.#publishMeter();
  }

  connected(session: Session): void {
    this.#session = session;
    this.#sentKey = null;
    this.#unacknowledged = 0;
    this.#publishState();
    this.#publishMeter();
  }

  disconnected(): void {
    this.#session = null;
    this.#stopMeter();
  }

  #publishState(): void {
    const session = this.#session;
    const key = stateKey(this.#view);
    if (session === null || key === this.#sentKey || this.#unacknowledged >= UNACKNOWLEDGED_MAX) return;
    this.#sentKey = key;
    this.#unacknowledged += 1;
    const topic = this.#topics.state(this.#view.id);
    void session
      .publish(topic, stateText(this.#view), true)
      .then((answer) => this.#onAcknowledged(session, topic, answer));
  }

  #onAcknowledged(session: Session, topic: string, answer: Acknowledgement): void {
    if (session !== this.#session) return;
    this.#unacknowledged -= 1;
    if (answer.kind === "refused") this.#onRefused(topic, answer.detail);
    if (answer.kind !== "lost") this.#publishState();
  }

  #publishMeter(): void {
    if (this.#session === null || this.#view.state !== "dispensing") {
      this.#stopMeter();
      return;
    }
    const text = meterText(this.#view);
    if (text === this.#meterSent || this.#cancelMeter !== null) return;
    const nowMs = this.#clock.monotonicMs();
    const waitMs = this.#meterSentAtMs === null ? 0 : this.#meterSentAtMs + METER_INTERVAL_MS - nowMs;
    if (waitMs > 0) {
      this.#cancelMeter = this.#clock.after(waitMs, () => {
        this.#cancelMeter = null;
        this.#publishMeter();
      });
      return;
    }
    this.#meterSent = text;
    this.#meterSentAtMs = nowMs;
    this.#session.send(this.#topics.meter(this.#view.id), text);
  }

  #stopMeter(): void {
    this.#cancelMeter?.();
    this.#cancelMeter = null;
  }
}
