import type { Loaded } from "../config/load.ts";
import type { Log } from "../ports/log.ts";

export interface StartOptions {
  readonly log: Log;
  /** The daemon cannot go on and must be restarted. */
  onFatal(reason: string): void;
}

/** A kiosk that serves. */
export interface Daemon {
  readonly displayUrl: string;
  /** Stops what runs, settles what can be settled in time, and lets go of everything. */
  close(): Promise<void>;
}

export type StartDaemon = (loaded: Loaded, options: StartOptions) => Promise<Daemon>;
