import type { Clock } from "../../ports/clock.ts";
import type { VendRequest } from "./codec.ts";

/** For a while after a success was written, a failure contradicts it. */
export class Doubt {
  readonly lastsMs: number;
  readonly #clock: Clock;
  #vend: { readonly request: VendRequest; readonly untilMs: number } | null = null;

  constructor(clock: Clock, lastsMs: number) {
    this.#clock = clock;
    this.lastsMs = lastsMs;
  }

  begin(request: VendRequest): void {
    this.#vend = { request, untilMs: this.#clock.monotonicMs() + this.lastsMs };
  }

  end(): void {
    this.#vend = null;
  }

  /** 0 when nothing is in doubt. */
  get leftMs(): number {
    return this.#vend === null ? 0 : Math.max(0, this.#vend.untilMs - this.#clock.monotonicMs());
  }

  /** What is in doubt; null when nothing is. */
  get request(): VendRequest | null {
    return this.leftMs > 0 && this.#vend !== null ? this.#vend.request : null;
  }
}
