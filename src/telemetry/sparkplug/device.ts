import type { PositionView } from "../../core/sale/view.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { LIVE, type Place, positionMetrics } from "./metrics.ts";
import type { Metric } from "./payload.ts";
import { PublishedMetrics } from "./published-metrics.ts";

const LIVE_INTERVAL_MS = 1000;

/** A position as a Sparkplug device: what is true of it, and what hosts have still to be told. */
export class Device {
  readonly id: string;
  readonly #place: Place;
  readonly #currency: string;
  readonly #clock: Clock;
  readonly #send: (news: readonly Metric[]) => void;
  readonly #published = new PublishedMetrics();
  #view: PositionView | null = null;
  #charged: string | null = null;
  #born = false;
  #liveSentAtMs: number | null = null;
  #cancelLive: Cancel | null = null;

  /** `send` is called only between `birth` and `silence`. */
  constructor(place: Place, currency: string, clock: Clock, send: (news: readonly Metric[]) => void) {
    this.id = place.id;
    this.#place = place;
    this.#currency = currency;
    this.#clock = clock;
    this.#send = send;
  }

  show(view: PositionView): void {
    this.#view = view;
    this.#charged = view.charged ?? this.#charged;
    this.#tell();
  }

  /** All there is to tell; from now on its changes are sent. */
  birth(): readonly Metric[] {
    this.silence();
    const metrics = this.#metrics();
    this.#published.record(metrics);
    this.#born = true;
    this.#liveSentAtMs = this.#clock.monotonicMs();
    return metrics;
  }

  /** Nothing is sent until its next birth. */
  silence(): void {
    this.#born = false;
    this.#cancelLive?.();
    this.#cancelLive = null;
  }

  #metrics(): readonly Metric[] {
    return positionMetrics(this.#place, this.#currency, this.#view, this.#charged);
  }

  #tell(): void {
    if (!this.#born) return;
    const waitMs = this.#liveWaitMs();
    const metrics = this.#metrics();
    const news = this.#published.changed(
      waitMs > 0 ? metrics.filter((metric) => !LIVE.includes(metric.name)) : metrics,
    );
    if (news.some((metric) => LIVE.includes(metric.name))) this.#liveSentAtMs = this.#clock.monotonicMs();
    if (news.length > 0) this.#send(news);
    if (waitMs > 0) this.#tellLater(waitMs);
  }

  /** How long what flows has to wait for its turn: not at all when nothing flows. */
  #liveWaitMs(): number {
    if (this.#view?.state !== "dispensing" || this.#liveSentAtMs === null) return 0;
    return this.#liveSentAtMs + LIVE_INTERVAL_MS - this.#clock.monotonicMs();
  }

  #tellLater(waitMs: number): void {
    this.#cancelLive ??= this.#clock.after(waitMs, () => {
      this.#cancelLive = null;
      this.#tell();
    });
  }
}
