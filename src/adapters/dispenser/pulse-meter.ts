import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
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
/** What may come at once beyond the greatest flow: the time between two looks is known no better than that. */
const SLACK_MS = 100;

/** One or two pulse channels as a totaliser. What it says is computed from the total, so that no rounding adds up. */
export class PulseMeter {
  readonly #register: PulseRegister;
  readonly #settings: MeterSettings;
  readonly #slack: number;
  #readAtMs: number | null = null;
  #allowance = 0;
  /** Why the count cannot be believed; what came from then on is not charged. */
  #doubt: string | null = null;
  #disagreement: string | null = null;
  /** When anything was last seen to flow, believed or not. */
  lastPulseMs: number;

  constructor(register: PulseRegister, settings: MeterSettings, nowMs: number) {
    this.#register = register;
    this.#settings = settings;
    this.#slack = Math.max(10, Math.ceil((settings.maxPulsesPerSecond * SLACK_MS) / 1_000));
    this.lastPulseMs = nowMs;
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
    this.#judge(most, nowMs);
    if (most > 0) {
      this.lastPulseMs = nowMs;
      const moved = channels.map((channel, index) => ({ ...channel, count: counts[index] ?? 0 }));
      this.#register.update({ channels: moved });
      if (this.#doubt === null) this.#add(fresh, meanwhile.value);
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

  #judge(most: number, nowMs: number): void {
    const elapsedMs = this.#readAtMs === null ? null : nowMs - this.#readAtMs;
    this.#readAtMs = nowMs;
    if (elapsedMs === null) {
      this.#allowance = this.#slack;
      if (most >= LARGEST_STEP) this.#doubt ??= "the kernel's count went back since the register was written";
      return;
    }
    const possible = this.#allowance + (this.#settings.maxPulsesPerSecond * elapsedMs) / 1_000;
    this.#allowance = Math.max(0, Math.min(this.#slack, possible - most));
    if (most <= possible) return;
    const what = most >= LARGEST_STEP ? "went back" : `jumped by ${most} pulses`;
    this.#doubt ??= `the count ${what} within ${Math.round(elapsedMs)} ms; at most ${Math.floor(possible)} can be flow`;
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
