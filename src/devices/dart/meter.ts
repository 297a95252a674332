import type { Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import type { DartLink } from "./link.ts";
import type { PumpRegister, Verdict } from "./pump-register.ts";
import { askSample, type Filling, type Sample, STOPPED } from "./requests.ts";

/** The pump's registers in its own digits, each worth so much. */
export interface MeterSettings {
  readonly nozzles: readonly number[];
  readonly unitBase: number;
}

/** With what the pump shows beside its total. */
export type Believed = Extract<Verdict, { kind: "believed" }> & { readonly shown: Filling };

const MOST_SAMPLES = 8;

/**
 * Reads the total of a pump that stands still: two equal looks in a row, for a CRC of 16 bits lets one damaged frame in
 * 65,536 pass.
 */
export class Meter {
  readonly #link: DartLink;
  readonly #settings: MeterSettings;
  readonly #register: PumpRegister;
  readonly #clock: Clock;
  #moves = false;

  constructor(link: DartLink, settings: MeterSettings, register: PumpRegister, clock: Clock) {
    this.#link = link;
    this.#settings = settings;
    this.#register = register;
    this.#clock = clock;
  }

  /** Whether the total changed while it was last read. */
  get moves(): boolean {
    return this.#moves;
  }

  async read(overtaken: () => boolean): Promise<Outcome<Believed>> {
    let last: Sample | null = null;
    let failure = "not asked";
    this.#moves = false;
    for (let samples = 0; samples < MOST_SAMPLES && !overtaken(); samples++) {
      const asked = await askSample(this.#link, this.#settings.nozzles);
      if (asked.kind !== "done") {
        failure = asked.detail;
        if (this.#link.isSilent) break;
        continue;
      }
      const sample = asked.value;
      if (!STOPPED.has(sample.status)) return unknown("the pump has not stopped, so its total is not the last one");
      if (last !== null && isSame(sample, last)) return this.#judge(sample);
      this.#moves ||= last !== null && sample.total !== last.total;
      if (last !== null) failure = "its total does not stand still";
      last = sample;
    }
    return unknown(failure);
  }

  #judge(sample: Sample): Outcome<Believed> {
    const { total, volume, amount } = sample;
    const { unitBase } = this.#settings;
    const nowMs = this.#clock.monotonicMs();
    this.#register.end(nowMs);
    const look = { totalBase: total * unitBase, volumeBase: volume * unitBase, amount };
    const verdict = this.#register.judge(look, nowMs);
    switch (verdict.kind) {
      case "believed":
        return done({ ...verdict, shown: sample });
      case "undecided":
        return unknown(verdict.detail);
      case "refused":
        return declined("refused", verdict.detail);
    }
  }
}

function isSame(one: Sample, other: Sample): boolean {
  return (["total", "volume", "amount", "price"] as const).every((key) => one[key] === other[key]);
}
