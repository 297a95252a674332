import type { Heartbeat } from "./heartbeat.ts";

export interface PatienceSettings {
  /** A heartbeat older than this is missing. */
  readonly staleMs: number;
  /** How long a browser that was just started, or one whose daemon was, may be without a heartbeat. */
  readonly graceMs: number;
}

/** When a browser is to be given up: judged by what the daemon says of its page's heartbeat. */
export class Patience {
  readonly #settings: PatienceSettings;
  #excusedUntilMs: number;
  #wasHeard = false;
  #wellSinceMs: number | null = null;

  constructor(settings: PatienceSettings, startedMs: number) {
    this.#settings = settings;
    this.#excusedUntilMs = startedMs + settings.graceMs;
  }

  judge(heartbeat: Heartbeat, nowMs: number): "well" | "waiting" | "missing" {
    const { staleMs, graceMs } = this.#settings;
    const ageMs = heartbeat.kind === "answer" ? heartbeat.ageMs : null;
    // A daemon that has just been started knows of no heartbeat yet: its page has to find it first.
    const isNewDaemon = heartbeat.kind === "no-answer" || (ageMs === null && this.#wasHeard);
    if (isNewDaemon) this.#excusedUntilMs = nowMs + graceMs;
    this.#wasHeard = ageMs !== null;
    if (ageMs !== null && ageMs <= staleMs) {
      this.#wellSinceMs ??= nowMs;
      return "well";
    }
    this.#wellSinceMs = null;
    return nowMs > this.#excusedUntilMs ? "missing" : "waiting";
  }

  /** For how long the heartbeat has been there without a gap. */
  wellForMs(nowMs: number): number {
    return this.#wellSinceMs === null ? 0 : nowMs - this.#wellSinceMs;
  }
}
