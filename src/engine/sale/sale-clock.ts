import type { Clock } from "../../ports/clock.ts";
import { POLICY } from "../policy.ts";

/**
 * The time of one position's sales. Within a sale it passes as monotonic time does, whatever is done to the
 * wall clock; between sales it follows the wall clock; it never goes back behind what the journal has seen, unless
 * that was written by a clock that counts no longer.
 */
export class SaleClock {
  readonly #clock: Clock;
  #anchorWallMs: number;
  #anchorMonotonicMs: number;
  #lostSinceMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#anchorWallMs = clock.wallMs();
    this.#anchorMonotonicMs = clock.monotonicMs();
  }

  nowMs(): number {
    return this.#anchorWallMs + Math.max(0, Math.floor(this.#clock.monotonicMs() - this.#anchorMonotonicMs));
  }

  /**
   * A sale is about to begin, by a clock that has just been found plausible. So what lies further ahead of it than that
   * allows was written by a clock that has been overruled since.
   */
  begin(newestMs: number): void {
    this.follow(newestMs - this.#clock.wallMs() > POLICY.clockToleranceMs ? 0 : newestMs);
  }

  /** Takes the wall clock's word, as far as it does not contradict the newest journaled event. */
  follow(newestMs: number): void {
    const wallMs = this.#clock.wallMs();
    this.#anchorWallMs = Math.max(wallMs, newestMs);
    this.#anchorMonotonicMs = this.#clock.monotonicMs();
    if (wallMs >= newestMs) this.#lostSinceMs = null;
    else this.#lostSinceMs ??= this.#anchorMonotonicMs;
  }

  /**
   * Since when nobody knows how long the machine was off (monotonic), because it woke up before what the
   * journal has seen. Null while time is known.
   */
  get lostSinceMs(): number | null {
    return this.#lostSinceMs;
  }
}
