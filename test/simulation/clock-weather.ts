import { CLOCK_KEY, type ClockTaken } from "../../src/core/clock.ts";
import type { World } from "./world.ts";

/** What happens to the machine's wall clock, and who can say that it is right. */
export class ClockWeather {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.#change();
  }

  /** From now on the clock is so far ahead of the truth. */
  set(errorMs: number): void {
    const { time, rules } = this.#world;
    this.#world.note(() => `the wall clock is ${errorMs} ms wrong from now on`);
    rules.clock.clockSet();
    time.wallErrorMs = errorMs;
  }

  /** Whether a time server has set it. */
  get isSynchronised(): boolean {
    return this.#world.setting.knowsTime.server && this.#world.time.wallErrorMs === 0;
  }

  /** A person has looked at it, and orders it to be taken as it is. */
  accept(): void {
    const { time, disk } = this.#world;
    const atMs = time.trueMs + time.wallErrorMs;
    const taken: ClockTaken = {
      ...{ atMs, overruledMs: disk.newestAtMs(), serviceAheadMs: null },
      ...{ by: "operator", who: "operator", reason: "" },
    };
    this.#world.note(() => "an operator takes the clock as it is");
    disk.note("clock", CLOCK_KEY, taken);
  }

  #change(): void {
    const { chaos, time } = this.#world;
    const mostMs = chaos.random.pick([10_000, 240_000, 3_600_000]);
    time.after(chaos.random.int(30_000, 300_000), () => {
      if (chaos.strikes("clock-step")) this.set(chaos.random.int(-mostMs, mostMs));
      else if (chaos.strikes("clock-far-ahead")) this.#goFarAhead();
      this.#change();
    });
  }

  #goFarAhead(): void {
    const { chaos, time } = this.#world;
    this.set(chaos.random.int(3_600_000, 60 * 86_400_000));
    time.after(chaos.random.int(20_000, 1_200_000), () => this.set(0));
  }
}
