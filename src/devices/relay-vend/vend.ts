import { Nap } from "../../platform/time/wait.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Switch } from "../parts/switch.ts";

export interface VendSettings {
  readonly mode: "pulse" | "until-drop";
  readonly motorMs: number;
  readonly dropTimeoutMs: number;
  /** Whether there is a sensor to see what falls. */
  readonly seen: boolean;
}

/** One item's way out: the motor's time, then the time to fall. */
export class Vend {
  readonly #motor: Switch;
  readonly #settings: VendSettings;
  readonly #clock: Clock;
  readonly #nap = new Nap();
  #running = false;
  #dropped = false;
  #isCut = false;
  #look: () => void = () => {};

  constructor(motor: Switch, settings: VendSettings, clock: Clock) {
    this.#motor = motor;
    this.#settings = settings;
    this.#clock = clock;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Before the motor turned it was something else that fell. */
  drop(): void {
    if (!this.#running) return;
    this.#dropped = true;
    this.#look();
  }

  /** Stops the motor at once. What was on its way may still fall, and counts. */
  cut(): void {
    this.#isCut = true;
    this.#look();
  }

  /** `cut`: the motor had not its full time and nothing was seen to fall. */
  async run(): Promise<"sold" | "nothing" | "cut"> {
    const { mode, motorMs, dropTimeoutMs, seen } = this.#settings;
    this.#running = true;
    this.#motor.set(true);
    await this.#until(motorMs, () => this.#isCut || (mode === "until-drop" && this.#dropped));
    this.#motor.set(false);
    if (!seen) return this.#isCut ? "cut" : "sold";
    await this.#until(dropTimeoutMs, () => this.#dropped);
    if (this.#dropped) return "sold";
    return this.#isCut ? "cut" : "nothing";
  }

  #until(delayMs: number, over: () => boolean): Promise<void> {
    if (over()) return Promise.resolve();
    this.#look = () => {
      if (over()) this.#nap.cut();
    };
    return this.#nap.take(this.#clock, delayMs);
  }
}
