import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { Ending, ProtocolVersion, Session, SessionListener } from "./session.ts";

type OpenSession = (version: ProtocolVersion, listener: SessionListener) => Session;

interface ConnectionListener {
  up(session: Session, version: ProtocolVersion): void;
  /** After a session that was up, and after every failed attempt. */
  down(detail: string): void;
}

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A session that ends sooner counts as a failed attempt, or a broker that throws us out is hammered. */
const STABLE_MS = 30_000;

/**
 * Keeps one session after another open, for ever, until stopped. A broker that refuses or cuts MQTT 5 is asked
 * for 3.1.1 in the same moment, so that what is found out is about the version and not about a broker that
 * came or went meanwhile; once it took 3.1.1 it is spoken to in 3.1.1.
 */
export class Connection {
  readonly #open: OpenSession;
  readonly #clock: Clock;
  readonly #listener: ConnectionListener;
  #session: Session | null = null;
  #speaks: ProtocolVersion = 5;
  #failures = 0;
  #cancelRetry: Cancel | null = null;
  #stopped = false;

  constructor(open: OpenSession, clock: Clock, listener: ConnectionListener) {
    this.#open = open;
    this.#clock = clock;
    this.#listener = listener;
  }

  start(): void {
    this.#attempt(this.#speaks);
  }

  /** No further attempt is made. The session there is, up or still opening, is left to the caller to end. */
  stop(): Session | null {
    this.#stopped = true;
    this.#cancelRetry?.();
    return this.#session;
  }

  #attempt(version: ProtocolVersion): void {
    this.#cancelRetry = null;
    let upSinceMs: number | null = null;
    try {
      const session = this.#open(version, {
        up: () => {
          upSinceMs = this.#clock.monotonicMs();
          this.#speaks = version;
          this.#listener.up(session, version);
        },
        down: (ending) => this.#onDown(version, ending, upSinceMs),
      });
      this.#session = session;
    } catch (error) {
      this.#retry(error instanceof Error ? error.message : String(error));
    }
  }

  #onDown(version: ProtocolVersion, ending: Ending, upSinceMs: number | null): void {
    this.#session = null;
    if (!this.#stopped && version === 5 && ending.cause === "version") {
      this.#attempt(4);
      return;
    }
    if (upSinceMs !== null && this.#clock.monotonicMs() - upSinceMs >= STABLE_MS) this.#failures = 0;
    this.#retry(ending.detail);
  }

  #retry(detail: string): void {
    if (!this.#stopped) {
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(this.#failures, 10), LONGEST_DELAY_MS);
      this.#failures += 1;
      this.#cancelRetry = this.#clock.after(delayMs * (0.5 + Math.random() / 2), () => this.#attempt(this.#speaks));
    }
    this.#listener.down(detail);
  }
}
