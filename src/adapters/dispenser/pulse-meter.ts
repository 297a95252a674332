import type { Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { DOUBTS } from "./pulse-faults.ts";
import type { PulseRegister, PulseState } from "./pulse-register.ts";

export interface MeterSettings {
  /** Whole pulses for one litre, one kilowatt-hour. */
  readonly pulsesPerUnit: number;
  /** Base units in one of these, such as 1,000 ml. */
  readonly basePerUnit: number;
  /** More than this for a while is noise, not flow. */
  readonly maxPulsesPerSecond: number;
  /** By how many pulses two channels may differ in one delivery. */
  readonly channelTolerance: number;
}

const COUNT_MODULUS = 2 ** 32;
/** A count that is further on than this went back instead: a register that was put in the place of another one. */
const LARGEST_STEP = 2 ** 31;
/** One pulse may always come; what the greatest flow gives in this time may come with it. */
const SLACK_MS = 50;
/** More than flow can be: up to so many are edges of one pulse, or noise; more are a count that jumped. */
const MOST_EDGES = 10;
/** So often among so many pulses, and the line is not to be believed. Less is not charged. */
const BURSTS = 3;
const BURST_PULSES = 100;

/** One or two pulse channels as a totaliser. What it says is computed from the total, so that no rounding adds up. */
export class PulseMeter {
  readonly #register: PulseRegister;
  readonly #settings: MeterSettings;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #slack: number;
  #readAtMs: number | null = null;
  #allowance = 0;
  /** Where the total stood when more edges came than flow can give. */
  #burstsAt: readonly number[] = [];
  /** Why the count cannot be believed; what came from then on is not charged. */
  #doubt: string | null = null;
  #disagreement: string | null = null;
  /** When anything was last seen to flow, believed or not. */
  lastPulseMs: number;

  constructor(register: PulseRegister, settings: MeterSettings, clock: Pick<Clock, "monotonicMs">) {
    this.#register = register;
    this.#settings = settings;
    this.#clock = clock;
    this.#slack = 1 + (settings.maxPulsesPerSecond * SLACK_MS) / 1_000;
    this.lastPulseMs = clock.monotonicMs();
  }

  get mostBasePerS(): number {
    const { maxPulsesPerSecond, basePerUnit, pulsesPerUnit } = this.#settings;
    return (maxPulsesPerSecond * basePerUnit) / pulsesPerUnit;
  }

  get pulses(): number {
    return this.#register.state.total;
  }

  get totaliserBase(): number {
    return this.#baseOf(this.pulses);
  }

  /**
   * Why two channels cannot both be right. From then on the lower of the two is charged, and never less than both had
   * agreed on: a noisy channel counts too much as easily as a broken one counts too little, and nobody pays for a guess.
   */
  get disagreement(): string | null {
    return this.#disagreement;
  }

  /** Looks at the counts. `declined` from a jump on: then the total stands where it last was certain. */
  read(nowMs: number): Outcome<number> {
    const { channels } = this.#register.state;
    const counts: number[] = [];
    for (const counter of this.#register.counters) {
      const read = counter.read();
      if (read.kind !== "done") return unknown(read.detail);
      counts.push(read.value);
    }
    const meanwhile = this.#sinceFirst(counts);
    if (meanwhile.kind !== "done") return meanwhile;
    const fresh = counts.map((count, index) => (count - (channels[index]?.count ?? 0) + COUNT_MODULUS) % COUNT_MODULUS);
    const most = Math.max(...fresh);
    const possible = this.#judge(most, nowMs);
    if (most > 0) {
      this.lastPulseMs = nowMs;
      const moved = channels.map((channel, index) => ({ ...channel, count: counts[index] ?? 0 }));
      this.#register.update({ channels: moved });
      // What two channels say is held against each other; one alone is charged for no more than can have flowed.
      const counted = fresh.length > 1 ? fresh : fresh.map((count) => Math.min(count, possible));
      if (this.#doubt === null) this.#add(counted, meanwhile.value);
    }
    return this.#doubt === null ? done(this.totaliserBase) : declined("refused", this.#doubt);
  }

  /** From now on pulses belong to a delivery, or to none; the channels are compared anew. */
  begin(armed: boolean): void {
    const { total, channels } = this.#register.state;
    this.#register.update({ span: { armed, from: total, pulses: channels.map(() => 0) } });
  }

  /** The highest total, in pulses, that is worth no more than this quantity from now. */
  totalAt(limitBase: number): number {
    const { pulsesPerUnit, basePerUnit } = this.#settings;
    return Math.ceil(((this.totaliserBase + limitBase + 1) * pulsesPerUnit) / basePerUnit) - 1;
  }

  #baseOf(total: number): number {
    return Math.floor((total * this.#settings.basePerUnit) / this.#settings.pulsesPerUnit);
  }

  /** How many of these pulses can have been flow since the last look. */
  #judge(most: number, nowMs: number): number {
    // The processor may have been away between the look at the clock and that at the count.
    const elapsedMs = this.#readAtMs === null ? null : Math.max(nowMs, this.#clock.monotonicMs()) - this.#readAtMs;
    this.#readAtMs = nowMs;
    if (elapsedMs === null) {
      this.#allowance = this.#slack;
      if (most >= LARGEST_STEP) this.#doubt ??= DOUBTS.otherRegister();
      return most;
    }
    const possible = this.#allowance + (this.#settings.maxPulsesPerSecond * elapsedMs) / 1_000;
    this.#allowance = Math.max(0, Math.min(this.#slack, possible - most));
    if (most <= possible) return most;
    const within = `within ${Math.round(elapsedMs)} ms; at most ${Math.floor(possible)} can be flow`;
    if (most >= LARGEST_STEP) this.#doubt ??= DOUBTS.wentBack(within);
    else if (most > possible + MOST_EDGES) this.#doubt ??= DOUBTS.jumped(most, within);
    else this.#burst(most, within);
    return Math.floor(possible);
  }

  #burst(most: number, within: string): void {
    const recent = this.#burstsAt.filter((total) => total > this.pulses - BURST_PULSES);
    this.#burstsAt = [...recent, this.pulses];
    if (this.#burstsAt.length < BURSTS) return;
    this.#doubt ??= DOUBTS.bursts(most, within);
  }

  /** The channels are read one after the other, and the processor may be away in between: what the first has had since. */
  #sinceFirst([first = 0, second]: readonly number[]): Outcome<number> {
    if (second === undefined) return done(0);
    const again = this.#register.counters[0]?.read() ?? unknown("there is no first channel");
    return again.kind === "done" ? done((again.value - first + COUNT_MODULUS) % COUNT_MODULUS) : unknown(again.detail);
  }

  #add(fresh: readonly number[], meanwhile: number): void {
    const { span, total } = this.#register.state;
    const pulses = span.pulses.map((count, index) => count + (fresh[index] ?? 0));
    if (span.armed) this.#compare(pulses, meanwhile);
    this.#register.update({
      span: { ...span, pulses },
      total: Math.max(total, span.from + this.#counted({ ...span, pulses })),
    });
  }

  /** Outside a delivery any channel that counts saw something flow. */
  #counted({ armed, pulses }: PulseState["span"]): number {
    if (!armed) return Math.max(...pulses);
    return this.#disagreement === null ? (pulses[0] ?? 0) : Math.min(...pulses);
  }

  #compare(pulses: readonly number[], meanwhile: number): void {
    if (Math.max(...pulses) - Math.min(...pulses) <= this.#settings.channelTolerance + meanwhile) return;
    this.#disagreement ??= `the channels disagree: ${pulses.join(" and ")} pulses in one delivery`;
  }
}
