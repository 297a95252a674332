import type { Clock } from "../../ports/clock.ts";

const KEPT_MAX = 256;
const KEPT_MS = 3_600_000;

/** What was seen within the last hour, the newest of it. */
export class Recent {
  readonly #clock: Clock;
  readonly #seenAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  has(key: string): boolean {
    const atMs = this.#seenAtMs.get(key);
    return atMs !== undefined && this.#clock.monotonicMs() - atMs < KEPT_MS;
  }

  add(key: string): void {
    this.#seenAtMs.delete(key);
    this.#seenAtMs.set(key, this.#clock.monotonicMs());
    if (this.#seenAtMs.size <= KEPT_MAX) return;
    for (const oldest of this.#seenAtMs.keys()) {
      this.#seenAtMs.delete(oldest);
      return;
    }
  }
}
