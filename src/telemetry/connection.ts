import { backoffMs } from "../platform/time/wait.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { BrokerSettings, Ending, Message, Session, Will } from "./broker-session.ts";
import { openSession } from "./client-session.ts";
import type { ProtocolVersion } from "./limits.ts";
import { endedAgainText, errorText } from "./reasons.ts";
import { PacketSizes } from "./sizes.ts";

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
/** So many cuts in a row may mean that the broker does not know MQTT 5. Fewer come with any network. */
const CUTS_MIN = 3;
/** Where only cuts speak for MQTT 3.1.1, MQTT 5 is tried again after so long; the last wait repeats. */
const DOUBTFUL_MS = [600_000, 3_600_000, 21_600_000, 86_400_000];

/** How a broker is spoken to. */
interface Manner {
  readonly version: ProtocolVersion;
  readonly willRetained: boolean;
  readonly willQos: 0 | 1;
}

const FULL = { willRetained: true, willQos: 1 } as const;

/** What was found out at an address. */
interface Known {
  /** How many connections with MQTT 5 were cut unanswered, one after the other. */
  cuts: number;
  /** How often MQTT 3.1.1 was spoken only because of cuts. */
  doubtful: number;
  will: Pick<Manner, "willRetained" | "willQos">;
  readonly sizes: PacketSizes;
}

/**
 * Keeps one session after another open, for ever, until stopped; after each failure with the next address. Each begins
 * with MQTT 5, as 3.1.1 has no reasons: there a refused record looks like a delivered one. A broker that says that it
 * does not know MQTT 5, or cuts it several times in a row, is asked for 3.1.1 in the same moment, so that what is found
 * out is about the version and not about a broker that came or went meanwhile. So is one that takes no will with QoS 1,
 * or none that is retained; that is remembered.
 */
export class Connection {
  readonly #settings: BrokerSettings;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  readonly #known = new Map<string, Known>();
  #session: Session | null = null;
  #at = 0;
  #failures = 0;
  /** Sessions in a row that ended soon and without a reason. */
  #endedSoon = 0;
  #cancelDoubt: Cancel = () => {};
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
    this.#cancelWatch = this.#settings.onTlsChange(() =>
      this.#renew("the files with certificates have changed: the kiosk connects anew"),
    );
    this.#next();
  }

  /** No further attempt is made. The session there is, up or still opening, is left to the caller to end. */
  stop(): Session | null {
    this.#stopped = true;
    this.#cancelWatch();
    this.#cancelRetry?.();
    this.#cancelDoubt();
    return this.#session;
  }

  /** A session keeps the certificates and the version of its beginning. */
  #renew(why: string): void {
    if (this.#stopped) return;
    this.#cancelRetry?.();
    if (this.#session === null) {
      this.#next();
      return;
    }
    this.#renewing = true;
    this.#session.drop(why);
  }

  #next(): void {
    const url = this.#settings.urls[this.#at % this.#settings.urls.length] ?? "";
    this.#attempt(url, { version: 5, ...this.#of(url).will });
  }

  #of(url: string): Known {
    const known = this.#known.get(url) ?? { cuts: 0, doubtful: 0, will: FULL, sizes: new PacketSizes(this.#clock) };
    this.#known.set(url, known);
    return known;
  }

  #attempt(url: string, manner: Manner): void {
    this.#cancelRetry = null;
    const { version, willQos, willRetained } = manner;
    let upSinceMs: number | null = null;
    const listener = this.#listener;
    try {
      const will = listener.will();
      const { sizes } = this.#of(url);
      const attempt = { url, version, willQos, will: { ...will, retain: will.retain && willRetained }, sizes };
      const session = openSession(this.#settings, attempt, this.#clock, {
        up: () => {
          upSinceMs = this.#clock.monotonicMs();
          this.#onUp(url, manner);
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

  #onUp(url: string, { version, willRetained, willQos }: Manner): void {
    const known = this.#of(url);
    known.will = { willRetained, willQos };
    if (version === 5) {
      known.cuts = 0;
      known.doubtful = 0;
    } else if (known.cuts > 0) {
      this.#cancelDoubt = this.#clock.after(backoffMs(DOUBTFUL_MS, known.doubtful++), () =>
        this.#renew("the broker may speak MQTT 5 after all: the kiosk connects anew"),
      );
    }
  }

  #onDown(url: string, manner: Manner, ending: Ending, upSinceMs: number | null): void {
    this.#session = null;
    this.#cancelDoubt();
    const suspicion = this.#of(url).sizes.ended(ending.cause === "unsaid");
    if (manner.version === 5 && upSinceMs === null) {
      const known = this.#of(url);
      known.cuts = ending.cause === "unanswered" ? known.cuts + 1 : 0;
    }
    if (this.#renewing && !this.#stopped) {
      this.#renewing = false;
      this.#listener.down(ending.detail);
      this.#next();
      return;
    }
    const plainer = plainerThan(manner, ending, this.#of(url).cuts);
    if (!this.#stopped && plainer !== null) {
      this.#attempt(url, plainer);
      return;
    }
    const isStable = upSinceMs !== null && this.#clock.monotonicMs() - upSinceMs >= STABLE_MS;
    if (isStable) this.#failures = 0;
    const detail = suspicion ?? this.#reason(ending, upSinceMs !== null && !isStable);
    this.#retry(this.#stopped ? detail : `${brokerOf(url)}: ${detail}`);
  }

  #reason({ cause, detail }: Ending, wasShort: boolean): string {
    // A second client takes the place at once: where an attempt failed in between, the broker was away.
    this.#endedSoon = cause === "unsaid" && wasShort ? this.#endedSoon + 1 : 0;
    if (cause !== "unsaid") return detail;
    return this.#endedSoon > 1 ? endedAgainText(this.#settings) : detail;
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
function plainerThan(manner: Manner, { cause }: Ending, cuts: number): Manner | null {
  const mayNotKnow = cause === "version" || (cause === "unanswered" && cuts >= CUTS_MIN);
  if (mayNotKnow && manner.version === 5) return { ...manner, version: 4 };
  if (cause === "will-retain" && manner.willRetained) return { ...manner, willRetained: false };
  return cause === "will-qos" && manner.willQos === 1 ? { ...manner, willQos: 0 } : null;
}

function brokerOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the configured address";
}
