import { Repeats } from "../../core/repeats.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { Snapshot } from "../../ports/telemetry.ts";
import type { Sender } from "./notice.ts";
import { Outgoing } from "./outgoing.ts";
import { AlertWatch, type Moment, type WatchSettings } from "./watch.ts";

const LOOK_EVERY_MS = 5_000;
const HEARTBEAT_EVERY_MS = 300_000;

export interface AlertsSettings extends WatchSettings {
  readonly kiosk: string;
}

interface AlertsDeps {
  readonly senders: readonly Sender[];
  /** Fetches the address that is told that the machine is there; null where there is none. */
  readonly beat: (() => Promise<Outcome<null>>) | null;
  readonly clock: Clock;
  readonly localTime: (atMs: number) => string;
  readonly log: Log;
}

/** Tells a person when something is wrong. Never in the way of a sale: what cannot be sent waits, within bounds. */
export class Alerts {
  readonly #deps: AlertsDeps;
  readonly #watch: AlertWatch;
  readonly #outgoing: readonly Outgoing[];
  readonly #beating = new Repeats();
  #snapshot: Snapshot = { positions: [], faults: [] };
  #cancelLook: Cancel = () => {};
  #cancelBeat: Cancel = () => {};

  constructor(settings: AlertsSettings, deps: AlertsDeps) {
    this.#deps = deps;
    this.#watch = new AlertWatch(settings);
    this.#outgoing = deps.senders.map((sender) => new Outgoing(sender, settings.kiosk, deps.clock, deps.log));
  }

  start(): void {
    this.#look();
    if (this.#deps.beat !== null) void this.#beat(this.#deps.beat);
  }

  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    if (snapshot.positions.some(({ state }) => state === "dispensing")) this.#watch.sold(this.#now());
  }

  close(): void {
    this.#cancelLook();
    this.#cancelBeat();
    for (const each of this.#outgoing) each.close();
  }

  #look(): void {
    const notices = this.#watch.look(this.#snapshot.faults, this.#now());
    if (notices.length > 0) for (const each of this.#outgoing) each.add(notices);
    this.#cancelLook = this.#deps.clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  async #beat(beat: () => Promise<Outcome<null>>): Promise<void> {
    this.#cancelBeat = this.#deps.clock.after(HEARTBEAT_EVERY_MS, () => void this.#beat(beat));
    const outcome = await beat();
    if (outcome.kind === "done") {
      this.#beating.well();
      return;
    }
    const times = this.#beating.failed(outcome.detail, this.#deps.clock.monotonicMs());
    if (times !== null) this.#deps.log.warn({ detail: outcome.detail, times }, "the heartbeat does not arrive");
  }

  #now(): Moment {
    const { clock, localTime } = this.#deps;
    const wallMs = clock.wallMs();
    return { monotonicMs: clock.monotonicMs(), wallMs, local: localTime(wallMs) };
  }
}
