import { z } from "zod";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Message, Session } from "../broker-session.ts";
import type { KioskTopics } from "./addresses.ts";

/** Retained messages come right after the subscription. */
const LOOK_MS = 10_000;
const LOOKED_AT_MAX = 256;

/** What a device's announcement says of the kiosk that made it. */
const announcement = z.looseObject({ availability: z.array(z.looseObject({ topic: z.string() })) });

export interface WrittenTopics {
  /** All that are kept at the broker. */
  readonly retained: ReadonlySet<string>;
  readonly discoveryPrefix: string;
}

/**
 * Clears what the broker still keeps of this kiosk and nothing of its configuration writes any more: a position that
 * was removed, states that another encoding shows now, an announcement to Home Assistant that was switched off or
 * stands below another prefix. After each connection it looks for a short time. An announcement below a former prefix
 * of several levels is not found: a subscription cannot ask for it.
 */
export class Leftovers {
  readonly #topics: KioskTopics;
  readonly #written: WrittenTopics;
  readonly #clock: Clock;
  readonly #log: Log;
  #session: Session | null = null;
  #filters: readonly string[] = [];
  #left = 0;
  #cancel: Cancel = () => {};

  constructor(topics: KioskTopics, written: WrittenTopics, clock: Clock, log: Log) {
    this.#topics = topics;
    this.#written = written;
    this.#clock = clock;
    this.#log = log;
  }

  connected(session: Session): void {
    const { keepsRetained, wildcards } = session.limits;
    if (!keepsRetained) return;
    this.#session = session;
    this.#left = LOOKED_AT_MAX;
    const { discoveryPrefix } = this.#written;
    // A wildcard stands for one level.
    const prefixes = discoveryPrefix.includes("/") ? ["+", discoveryPrefix] : ["+"];
    const filters = [...this.#topics.shown, ...this.#topics.announcements(...prefixes)];
    this.#filters = wildcards
      ? filters
      : [...filters.filter((filter) => !filter.includes("+")), ...this.#topics.announcements(discoveryPrefix)];
    // A broker that does not let the kiosk look keeps what it has: that is no reason to trouble anybody.
    void session.subscribe(this.#filters);
    this.#cancel = this.#clock.after(LOOK_MS, () => this.#end());
  }

  disconnected(): void {
    this.#cancel();
    this.#session = null;
  }

  arrived(message: Message): void {
    const { topic, payload, retain } = message;
    const session = this.#session;
    if (session === null || !retain || payload.length === 0) return;
    this.#left -= 1;
    if (this.#left < 0) this.#end();
    else if (!this.#written.retained.has(topic) && this.#isOurs(message)) void this.#clear(session, topic);
  }

  #isOurs({ topic, payload }: Message): boolean {
    return this.#topics.isShown(topic) || (this.#topics.isAnnouncement(topic) && this.#announcesUs(payload));
  }

  /** Kiosks below different prefixes may have the same id. */
  #announcesUs(payload: Uint8Array): boolean {
    try {
      const { availability } = announcement.parse(JSON.parse(Buffer.from(payload).toString()));
      return availability.some(({ topic }) => topic === this.#topics.of("status"));
    } catch {
      return false;
    }
  }

  async #clear(session: Session, topic: string): Promise<void> {
    const answer = await session.publish(topic, "", { retain: true });
    if (answer.kind === "acknowledged")
      this.#log.info({ topic }, "a kept message that nothing writes any more is gone");
    else if (answer.kind === "refused") {
      this.#log.warn({ topic, detail: answer.detail }, "a kept message that nothing writes any more stays");
    }
  }

  #end(): void {
    this.#cancel();
    this.#session?.unsubscribe(this.#filters);
    this.#session = null;
  }
}
