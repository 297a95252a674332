import type { SimulatedTime } from "./time.ts";

const WS_PER_WH = 3_600;

/** What truly flows, and the registers that tell of it. Whole watt-hours, as meters have them. */
export class SimulatedMeter {
  readonly #time: SimulatedTime;
  readonly #bornWh: number;
  #energyWs = 0;
  #powerW = 0;
  #sinceMs: number;
  #creepWh = 0;
  #zeroWh = 0;

  /** @param bornWh where its register stands at first */
  constructor(time: SimulatedTime, bornWh: number) {
    this.#time = time;
    this.#bornWh = bornWh;
    this.#sinceMs = time.monotonicMs();
  }

  get powerW(): number {
    return this.#powerW;
  }

  set powerW(powerW: number) {
    this.#flow();
    this.#powerW = powerW;
  }

  /** All that has truly flowed. */
  get releasedWh(): number {
    this.#flow();
    return Math.floor(this.#energyWs / WS_PER_WH);
  }

  get lifetimeWh(): number {
    return this.#bornWh + this.releasedWh + this.#creepWh;
  }

  /** Since it was set to 0. */
  get sessionWh(): number {
    return this.lifetimeWh - this.#zeroWh;
  }

  setToZero(): void {
    this.#zeroWh = this.lifetimeWh;
  }

  /** It shows more than flowed: what it had not told before. */
  creep(wh: number): void {
    this.#creepWh += wh;
  }

  #flow(): void {
    const nowMs = this.#time.monotonicMs();
    this.#energyWs += (this.#powerW * (nowMs - this.#sinceMs)) / 1_000;
    this.#sinceMs = nowMs;
  }
}
