import type { Cancel, Clock } from "../../ports/clock.ts";
import {
  type BrokerSettings,
  type Ending,
  type Message,
  openSession,
  type ProtocolVersion,
  type Session,
  type Will,
} from "./session.ts";

export interface ConnectionListener {
  /** Made anew for every attempt. */
  will(): Will;
  up(session: Session, place: Place): void;
  message(message: Message): void;
  /** After a session that was up, and after every failed attempt. */
  down(detail: string): void;
}

/** Who is spoken to, and how. */
export interface Place {
  /** Host and port, without what may stand before them: a URL can carry a password. */
  readonly broker: string;
  readonly protocol: "MQTT 5" | "MQTT 3.1.1";
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A session that ends sooner counts as a failed attempt, or a broker that throws us out is hammered. */
const STABLE_MS = 30_000;

/**
 * Keeps one session after another open, for ever, until stopped; after each failure with the next address. A broker
 * that refuses or cuts MQTT 5 is asked for 3.1.1 in the same moment, so that what is found out is about the version
 * and not about a broker that came or went meanwhile; once it took 3.1.1 it is spoken to in 3.1.1.
 */
export class Connection {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #speaks = new Map<string, ProtocolVersion>();
  #session: Session | null = null;
  #at = 0;
  #failures = 0;
  #cancelRetry: Cancel | null = null;
  #stopped = false;

  constructor(settings: BrokerSettings, clock: Clock, listener: ConnectionListener) {
    this.#settings = settings;
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    const url = this.#settings.urls[this.#at % this.#settings.urls.length] ?? "";
    this.#attempt(url, this.#speaks.get(url) ?? 5);
  }

  /** No further attempt is made. The session there is, up or still opening, is left to the caller to end. */
  stop(): Session | null {
    this.#stopped = true;
    this.#cancelRetry?.();
    return this.#session;
  }

  #attempt(url: string, version: ProtocolVersion): void {
    this.#cancelRetry = null;
    let upSinceMs: number | null = null;
    const listener = this.#listener;
    try {
      const session = openSession(this.#settings, { url, version, will: listener.will() }, this.#clock, {
        up: () => {
          upSinceMs = this.#clock.monotonicMs();
          this.#speaks.set(url, version);
          listener.up(session, { broker: brokerOf(url), protocol: version === 5 ? "MQTT 5" : "MQTT 3.1.1" });
        },
        message: (message) => listener.message(message),
        down: (ending) => this.#onDown(url, version, ending, upSinceMs),
      });
      this.#session = session;
    } catch (error) {
      this.#retry(error instanceof Error ? error.message : String(error));
    }
  }

  #onDown(url: string, version: ProtocolVersion, ending: Ending, upSinceMs: number | null): void {
    this.#session = null;
    if (!this.#stopped && version === 5 && ending.cause === "version") {
      this.#attempt(url, 4);
      return;
    }
    if (upSinceMs !== null && this.#clock.monotonicMs() - upSinceMs >= STABLE_MS) this.#failures = 0;
    this.#retry(this.#stopped ? ending.detail : `${brokerOf(url)}: ${ending.detail}`);
  }

  #retry(detail: string): void {
    if (!this.#stopped) {
      const rounds = Math.floor(this.#failures / this.#settings.urls.length);
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(rounds, 10), LONGEST_DELAY_MS);
      this.#failures += 1;
      this.#at += 1;
      this.#cancelRetry = this.#clock.after(delayMs * (0.5 + Math.random() / 2), () => this.start());
    }
    this.#listener.down(detail);
  }
}

function brokerOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the configured address";
}
