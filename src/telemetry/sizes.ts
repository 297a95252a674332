import { backoffMs } from "../platform/time/wait.ts";
import type { Clock } from "../ports/clock.ts";

/** A session that ends so soon after a message went out may have ended because of it. */
const RIGHT_AFTER_MS = 5_000;
/** So many ends in a row right after the same topic are no chance any more. */
const ENDS_MIN = 2;
/** No broker takes less; a smaller message was not the reason. */
const LEAST_BYTES = 256;
/** How long a size that seems too large is left out before it is tried again; the last wait repeats. */
const LEFT_OUT_MS = [600_000, 3_600_000, 21_600_000];

export interface SentMessage {
  readonly topic: string;
  readonly bytes: number;
}

/**
 * What a broker seems to take that does not say what it takes. One that speaks MQTT 3.1.1 can only end the connection
 * when a message is too large, and would do so again with the next one. So the largest message that was under way at
 * such an end, twice in a row, counts as too large for some time: then its record goes in a shorter form, or waits
 * while everything else goes on.
 */
export class PacketSizes {
  readonly #clock: Clock;
  readonly #underWay = new Map<SentMessage, number>();
  #ends: (SentMessage & { readonly count: number }) | null = null;
  #limit: { readonly bytes: number; readonly untilMs: number; readonly times: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Infinite while nothing speaks against any size. */
  get maxBytes(): number {
    const limit = this.#limit;
    return limit === null || this.#clock.monotonicMs() >= limit.untilMs ? Number.POSITIVE_INFINITY : limit.bytes;
  }

  sent(message: SentMessage): void {
    this.#underWay.set(message, this.#clock.monotonicMs());
  }

  /** The broker has taken the message, or refused it and stayed. */
  answered(message: SentMessage): void {
    // After the end of its session a message counts as lost.
    if (!this.#underWay.delete(message)) return;
    if (this.#ends?.topic === message.topic && message.bytes >= this.#ends.bytes) this.#ends = null;
    if (this.#limit !== null && message.bytes > this.#limit.bytes) this.#limit = null;
  }

  /** The session is gone. When the other side ended it without a reason, returns what may have been the reason. */
  ended(isUnsaid: boolean): string | null {
    const largest = isUnsaid ? this.#largest() : null;
    this.#underWay.clear();
    if (largest === null) return null;
    const { topic, bytes } = largest;
    const count = this.#ends?.topic === topic ? this.#ends.count + 1 : 1;
    this.#ends = { topic, bytes, count };
    const isAgain = this.#limit !== null && bytes > this.#limit.bytes;
    if (count < ENDS_MIN && !isAgain) return null;
    const times = isAgain ? (this.#limit?.times ?? 0) : 0;
    const untilMs = this.#clock.monotonicMs() + backoffMs(LEFT_OUT_MS, times);
    this.#limit = { bytes: bytes - 1, untilMs, times: times + 1 };
    return `the connection ended without a reason right after ${bytes} bytes went to ${topic}, and not for the first time: raise the broker's maximum packet size, and look into its log`;
  }

  #largest(): SentMessage | null {
    const nowMs = this.#clock.monotonicMs();
    const recent = [...this.#underWay].filter(([, atMs]) => nowMs - atMs <= RIGHT_AFTER_MS);
    const [largest] = recent.map(([message]) => message).sort((one, other) => other.bytes - one.bytes);
    return largest === undefined || largest.bytes < LEAST_BYTES ? null : largest;
  }
}
