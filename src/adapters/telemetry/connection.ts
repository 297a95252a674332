import type { Cancel, Clock } from "../../ports/clock.ts";
import type { ProtocolVersion } from "./limits.ts";
import { errorText } from "./reasons.ts";
import { type BrokerSettings, type Ending, type Message, openSession, type Session, type Will } from "./session.ts";

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

/** How a broker is spoken to. */
interface Manner {
  readonly version: ProtocolVersion;
  readonly willRetained: boolean;
  readonly willQos: 0 | 1;
}

const FULL: Manner = { version: 5, willRetained: true, willQos: 1 };

/**
 * Keeps one session after another open, for ever, until stopped; after each failure with the next address. A broker
 * that refuses or cuts MQTT 5 is asked for 3.1.1 in the same moment, so that what is found out is about the version
 * and not about a broker that came or went meanwhile; so is one that takes no will with QoS 1, or none that is
 * retained. Once it took something it is spoken to in that manner.
 */
export class Connection {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #manners = new Map<string, Manner>();
  #session: Session | null = null;
  #at = 0;
  #failures = 0;
  #cancelRetry: Cancel | null = null;
  #cancelWatch: Cancel = () => {};
  #renewing = false;
  #stopped = false;

  constructor(settings: BrokerSettings, clock: Clock, listener: ConnectionListener) {
    this.#settings = settings;
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    this.#cancelWatch = this.#settings.onTlsChange(() => this.#renew());
    this.#next();
  }

  /** No further attempt is made. The session there is, up or still opening, is left to the caller to end. */
  stop(): Session | null {
    this.#stopped = true;
    this.#cancelWatch();
    this.#cancelRetry?.();
    return this.#session;
  }

  /** A session is made of the certificates of its beginning. */
  #renew(): void {
    if (this.#stopped) return;
    this.#cancelRetry?.();
    if (this.#session === null) {
      this.#next();
      return;
    }
    this.#renewing = true;
    this.#session.drop("the files with certificates have changed: the kiosk connects anew");
  }

  #next(): void {
    const url = this.#settings.urls[this.#at % this.#settings.urls.length] ?? "";
    this.#attempt(url, this.#manners.get(url) ?? FULL);
  }

  #attempt(url: string, manner: Manner): void {
    this.#cancelRetry = null;
    const { version, willQos, willRetained } = manner;
    let upSinceMs: number | null = null;
    const listener = this.#listener;
    try {
      const will = listener.will();
      const attempt = { url, version, willQos, will: { ...will, retain: will.retain && willRetained } };
      const session = openSession(this.#settings, attempt, this.#clock, {
        up: () => {
          upSinceMs = this.#clock.monotonicMs();
          this.#manners.set(url, manner);
          listener.up(session, { broker: brokerOf(url), protocol: version === 5 ? "MQTT 5" : "MQTT 3.1.1" });
        },
        message: (message) => listener.message(message),
        down: (ending) => this.#onDown(url, manner, ending, upSinceMs),
      });
      this.#session = session;
    } catch (error) {
      const { clientId, keepaliveS } = this.#settings;
      const known = error instanceof Error ? error : new Error(String(error));
      this.#retry(errorText(known, undefined, { clientId, keepaliveS }));
    }
  }

  #onDown(url: string, manner: Manner, ending: Ending, upSinceMs: number | null): void {
    this.#session = null;
    if (this.#renewing && !this.#stopped) {
      this.#renewing = false;
      this.#listener.down(ending.detail);
      this.#next();
      return;
    }
    const plainer = plainerThan(manner, ending);
    if (!this.#stopped && plainer !== null) {
      this.#attempt(url, plainer);
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
      this.#cancelRetry = this.#clock.after(delayMs * (0.5 + Math.random() / 2), () => this.#next());
    }
    this.#listener.down(detail);
  }
}

/** The manner to try in the same moment; null when there is none. */
function plainerThan(manner: Manner, { cause }: Ending): Manner | null {
  if (cause === "version" && manner.version === 5) return { ...manner, version: 4 };
  if (cause === "will-retain" && manner.willRetained) return { ...manner, willRetained: false };
  return cause === "will-qos" && manner.willQos === 1 ? { ...manner, willQos: 0 } : null;
}

function brokerOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the configured address";
}
