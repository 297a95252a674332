import type { GpioOutput } from "../../platform/gpio/gpio.ts";
import { setLine } from "../../platform/gpio/set-line.ts";
import { wait } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import { done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DOUBTS } from "./faults.ts";

/** Beyond twice its time: a machine may take a long pulse for a coin that is stuck. */
const LATE_MS = 100;

/** The line to a machine's coin input. A pulse on it is known to have gone out, or it is in doubt. */
export class CoinLine {
  readonly #output: GpioOutput;
  readonly #clock: Clock;
  readonly #onMs: number;
  #isOff = true;
  #losses = 0;

  /** The line is inactive, as it is when it has just been taken. */
  constructor(output: GpioOutput, clock: Clock, onMs: number) {
    this.#output = output;
    this.#clock = clock;
    this.#onMs = onMs;
  }

  /** Whether that was confirmed. */
  get isOff(): boolean {
    return this.#isOff;
  }

  lost(): void {
    this.#losses += 1;
    this.#isOff = false;
  }

  async off(): Promise<Outcome<null>> {
    const losses = this.#losses;
    const set = await setLine(this.#output, false, this.#clock);
    if (set.kind === "done" && losses === this.#losses) this.#isOff = true;
    return set;
  }

  /** `unknown` when nobody can say whether the machine took it for one. It is never cut short. */
  async pulse(): Promise<Outcome<null>> {
    const losses = this.#losses;
    const beganMs = this.#clock.monotonicMs();
    this.#isOff = false;
    const on = await setLine(this.#output, true, this.#clock);
    if (on.kind === "done") await wait(this.#clock, this.#onMs);
    const off = await this.off();
    const lastedMs = Math.round(this.#clock.monotonicMs() - beganMs);
    if (losses !== this.#losses) return unknown(DOUBTS.lost);
    if (on.kind !== "done") return unknown(DOUBTS.unset(on.detail));
    if (off.kind !== "done") return unknown(DOUBTS.unset(off.detail));
    return lastedMs > 2 * this.#onMs + LATE_MS ? unknown(DOUBTS.late(lastedMs)) : done(null);
  }
}
