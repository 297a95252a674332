import type { Loaded } from "../config/load.ts";
import type { Log } from "../ports/log.ts";
import type { EmergencyStop } from "./ending.ts";

export interface StartOptions {
  readonly log: Log;
  /** Given all that could let something flow. */
  readonly emergencyStop: EmergencyStop;
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
