export interface HydraulicsOptions {
  /** Volume of one pulse of the meter, in millilitres. */
  readonly unitBase: number;
  readonly rateBasePerMinute: number;
  /** How much faster than real time it flows. */
  readonly speed: number;
}

/** What lets something flow at the moment. */
export interface Valve {
  readonly open: boolean;
  /** Pulses until it closes by itself; null for never. */
  readonly left: number | null;
}

const TICK_MS = 5;
/** Near the preset only the slow valve is open. */
const SLOW_BASE = 300;
const SLOW_SHARE = 0.2;

/** What flows through the meter, pulse by pulse, while the valve is open. */
export class Hydraulics {
  readonly #options: HydraulicsOptions;
  readonly #valve: () => Valve;
  readonly #pulses: (count: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #atMs = 0;
  #part = 0;

  constructor(options: HydraulicsOptions, valve: () => Valve, pulses: (count: number) => void) {
    this.#options = options;
    this.#valve = valve;
    this.#pulses = pulses;
  }

  /** To be called whenever the valve may have opened or closed. */
  look(): void {
    if (!this.#valve().open) {
      this.close();
    } else if (this.#timer === null) {
      this.#atMs = performance.now();
      this.#timer = setInterval(() => this.#flow(), TICK_MS);
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#part = 0;
  }

  #flow(): void {
    const { unitBase, rateBasePerMinute, speed } = this.#options;
    const nowMs = performance.now();
    const { left } = this.#valve();
    const slow = left !== null && left * unitBase <= SLOW_BASE;
    const perMs = (rateBasePerMinute / 60_000) * speed * (slow ? SLOW_SHARE : 1);
    this.#part += ((nowMs - this.#atMs) * perMs) / unitBase;
    this.#atMs = nowMs;
    // The fast valve closes in time for the slow one to end it.
    const fastLeft =
      left === null || slow ? (left ?? Number.POSITIVE_INFINITY) : left - Math.floor(SLOW_BASE / unitBase);
    const count = Math.min(Math.floor(this.#part), Math.max(1, fastLeft));
    if (count < 1) return;
    this.#part -= count;
    if (count === fastLeft) this.#part = 0;
    this.#pulses(count);
    this.look();
  }
}
