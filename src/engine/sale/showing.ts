import type { CustomerHint } from "../../core/sale/event.ts";
import type { State, StopReason } from "../../core/sale/state.ts";
import { codeUntilMs } from "../../core/sale/timing.ts";
import type { Live } from "../../core/sale/view.ts";
import type { Cancel, Clock } from "../../ports/clock.ts";
import { POLICY } from "../policy.ts";
import type { SaleClock } from "./sale-clock.ts";

/** What of a sale stands on the display only for a time: its code, a try to pay in vain, how and why it ended. */
export class Showing {
  readonly #clock: Clock;
  readonly #time: SaleClock;
  readonly #changed: () => void;
  #presentedUntilMs: number | null = null;
  #tried: CustomerHint | null = null;
  /** No state keeps it once the delivery is over. */
  #stopped: { readonly saleId: string; readonly by: StopReason } | null = null;
  #cancelCode: Cancel = () => {};
  #cancelPresenting: Cancel = () => {};

  constructor(clock: Clock, time: SaleClock, changed: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#changed = changed;
  }

  live(totaliserBase: number | null, noFlowLeftMs: number | null): Live {
    const nowMs = this.#time.nowMs();
    const noFlowAtMs = noFlowLeftMs === null ? null : nowMs + noFlowLeftMs;
    const stoppedBy = this.#stopped?.by ?? null;
    return {
      nowMs,
      totaliserBase,
      presentedUntilMs: this.#presentedUntilMs,
      noFlowAtMs,
      tried: this.#tried,
      stoppedBy,
    };
  }

  /** What became of the newest try to pay the offer. */
  tried(hint: CustomerHint | null): void {
    if (hint === this.#tried) return;
    this.#tried = hint;
    this.#changed();
  }

  /** The display is told when the code of an offer has to go; again when the state or the sale's time has changed. */
  follow(state: State): void {
    this.#cancelCode();
    this.#remember(state);
    if (state.phase !== "offered") {
      this.#tried = null;
      return;
    }
    const leftMs = codeUntilMs(state) - this.#time.nowMs();
    if (leftMs > 0) this.#cancelCode = this.#clock.after(leftMs, this.#changed);
    else this.#changed();
  }

  #remember(state: State): void {
    if (state.phase === "idle" || state.sale.id !== this.#stopped?.saleId) this.#stopped = null;
    if (state.phase === "dispensing" && state.stopping !== null) {
      this.#stopped = { saleId: state.sale.id, by: state.stopping };
    }
  }

  /** Shows how a sale ended, from now on for a while. */
  present(): void {
    this.#cancelPresenting();
    this.#presentedUntilMs = this.#time.nowMs() + POLICY.presentMs;
    this.#cancelPresenting = this.#clock.after(POLICY.presentMs, () => {
      this.#presentedUntilMs = null;
      this.#changed();
    });
  }

  end(): void {
    this.#cancelCode();
    this.#cancelPresenting();
  }
}
