import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";

/** Twice in every tenth of a second: 10 Hz. */
const HALF_PERIOD_MS = 50;

/**
 * The beat for an external retriggerable timer that cuts the valves' supply when it is missed. It changes only when the
 * control loop has come round and the change before it has reached the line, so nothing that hangs can keep it going.
 */
export class HeartbeatLine {
  readonly #output: GpioOutput | null;
  readonly #clock: Clock;
  #high = false;
  #changedAtMs = Number.NEGATIVE_INFINITY;
  #pending = false;

  constructor(output: GpioOutput | null, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  beat(): void {
    if (this.#pending || this.#clock.monotonicMs() - this.#changedAtMs < HALF_PERIOD_MS) return;
    this.#set(!this.#high);
  }

  rest(): void {
    if (this.#high) this.#set(false);
  }

  #set(high: boolean): void {
    if (this.#output === null) return;
    this.#high = high;
    this.#changedAtMs = this.#clock.monotonicMs();
    this.#pending = true;
    void this.#output.set(high).then(() => {
      this.#pending = false;
    });
  }
}
