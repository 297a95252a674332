import type { Loaded } from "../config/load.ts";
import type { Gpio } from "../platform/gpio/gpio.ts";
import type { Log } from "../ports/log.ts";

/** What has to be let go of before the process ends in any other way than in order. */
export interface Guarded {
  /** Keeps whatever it is from flowing, or running on. */
  stop?(): Promise<unknown>;
  close(): unknown;
}

export interface StartOptions {
  readonly log: Log;
  /** Given all that could let something flow. */
  readonly emergencyStop: { guard(part: Guarded): void };
  /** The daemon cannot go on and must be restarted. */
  onFatal(reason: string): void;
  /** Lines of a demo, in the place of the machine's own. */
  readonly gpio?: Gpio | null;
}

/** A kiosk that serves. */
export interface Daemon {
  readonly displayUrl: string;
  /** Of the operator's page; null where there is none. */
  readonly operatorUrl: string | null;
  /** Begins no sale for two minutes; the open ones run to their ends. */
  finish(): void;
  /** Stops what runs, settles what can be settled in time, and lets go of everything. */
  close(): Promise<void>;
}

export type StartDaemon = (loaded: Loaded, options: StartOptions) => Promise<Daemon>;
