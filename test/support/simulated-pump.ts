import type { SimulatedLines } from "./gpio-lines.ts";
import type { VirtualTime } from "./virtual-clock.ts";

export interface PumpModel {
  /** Null: it runs without a motor, as a charging point does. */
  readonly motor: string | null;
  readonly slow: string;
  readonly fast: string | null;
  readonly pulserA: string;
  readonly pulserB: string | null;
  readonly slowPps: number;
  readonly fastPps: number;
  /** For so long a valve lets all through after it was told to close. */
  readonly closingMs: number;
}

const STEP_MS = 2;

/** What physically flows, by the levels on the wires, and the pulses that tell of it. */
export class SimulatedPump {
  readonly #time: VirtualTime;
  readonly #lines: SimulatedLines;
  readonly #model: PumpModel;
  readonly #shutAtMs = new Map<string, number>();
  #volume = 0;
  /** All that ever flowed, in whole pulses. */
  flowed = 0;
  /** When something last flowed. */
  flowedAtMs = 0;
  closingMs: number;
  /** How far the customer opens the nozzle's own valve. */
  squeeze = 1;
  /** Flows whatever the valves are, as long as the motor runs or there is none. */
  leakPps = 0;
  /** The same, motor or not: from another hose. */
  backFeedPps = 0;
  stuckOpen = false;
  /** Channel B leaves out one pulse in so many; 0 for none. */
  missingB = 0;
  /** Channel A counts so many more for each. */
  noiseA = 0;
  /** Told after each pulse. */
  onPulse: () => void = () => {};

  constructor(time: VirtualTime, lines: SimulatedLines, model: PumpModel) {
    this.#time = time;
    this.#lines = lines;
    this.#model = model;
    this.closingMs = model.closingMs;
    this.#step();
  }

  #step(): void {
    this.#volume += (this.#flowPps() * STEP_MS) / 1_000;
    while (this.#volume >= 1) {
      this.#volume -= 1;
      this.#pulse();
    }
    this.#time.after(STEP_MS, () => this.#step());
  }

  #flowPps(): number {
    const { motor, slow, fast, slowPps, fastPps } = this.#model;
    if (motor !== null && !this.#lines.level(motor)) return this.backFeedPps;
    const slowOpen = this.#isOpen(slow);
    const fastOpen = fast !== null && this.#isOpen(fast);
    const openPps = fastOpen ? fastPps : slowOpen ? slowPps : 0;
    return openPps * this.squeeze + this.leakPps + this.backFeedPps;
  }

  #isOpen(valve: string): boolean {
    const nowMs = this.#time.elapsedMs;
    if (this.#lines.level(valve)) {
      this.#shutAtMs.set(valve, nowMs + this.closingMs);
      return true;
    }
    const shutAtMs = this.#shutAtMs.get(valve);
    return shutAtMs !== undefined && (this.stuckOpen || nowMs < shutAtMs);
  }

  #pulse(): void {
    const { pulserA, pulserB } = this.#model;
    this.flowed += 1;
    this.flowedAtMs = this.#time.elapsedMs;
    this.#lines.pulse(pulserA, 1 + this.noiseA);
    if (pulserB !== null && (this.missingB === 0 || this.flowed % this.missingB !== 0)) this.#lines.pulse(pulserB, 1);
    this.onPulse();
  }
}
