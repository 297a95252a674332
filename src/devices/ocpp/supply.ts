import type { Clock } from "../../ports/clock.ts";
import type { HeartbeatLine } from "../parts/heartbeat-line.ts";

const BEAT_MS = 50;
/** The loop that looks after the connector comes round four times a second. */
const HUNG_MS = 2_000;
/** So long without power a charger ends what it does; and so long it is not cut again. */
const CUT_MS = 10_000;
const CUT_AGAIN_MS = 300_000;

/**
 * The line that holds the contactor before a charger, by way of a timer that drops it when the line no longer beats. It
 * beats as long as this program is well. It rests for a while when the charger charges and cannot be stopped otherwise.
 */
export class Supply {
  readonly #heartbeat: HeartbeatLine;
  readonly #clock: Clock;
  readonly #isLost: () => boolean;
  #lookedMs: number;
  #cutMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param isLost whether the charger may charge, and cannot be stopped by what it is told */
  constructor(heartbeat: HeartbeatLine, clock: Clock, isLost: () => boolean) {
    this.#heartbeat = heartbeat;
    this.#clock = clock;
    this.#isLost = isLost;
    this.#lookedMs = clock.monotonicMs();
    this.#beat();
  }

  /** The loop has come round. */
  looked(): void {
    this.#lookedMs = this.#clock.monotonicMs();
    if (this.#isLost() && this.#lookedMs - this.#cutMs >= CUT_AGAIN_MS) this.#cutMs = this.#lookedMs;
  }

  close(): void {
    this.#closed = true;
    this.#heartbeat.rest();
  }

  #beat(): void {
    if (this.#closed) return;
    const nowMs = this.#clock.monotonicMs();
    const isHung = nowMs - this.#lookedMs > HUNG_MS;
    if (isHung || nowMs - this.#cutMs < CUT_MS) this.#heartbeat.rest();
    else this.#heartbeat.beat();
    this.#clock.after(BEAT_MS, () => this.#beat());
  }
}
