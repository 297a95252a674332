import type { Clock } from "../../ports/clock.ts";
import { declined, done, type Outcome, unknown } from "../../ports/outcome.ts";
import { EdgeGroups } from "./edge-groups.ts";
import { LOOK_MS } from "./limit-watch.ts";
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
  /** One for each channel. */
  readonly #groups: readonly EdgeGroups[];
  #readAtMs: number | null = null;
  /** What each channel may have at once, beside what flows meanwhile. */
  #allowances: number[] = [];
  /** Where the total stood, and when, as more edges came than flow can give. */
  #bursts: readonly { readonly total: number; readonly ms: number }[] = [];
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
    this.#groups = register.counters.map(() => new EdgeGroups(settings.maxPulsesPerSecond));
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
    const excess = this.#judgeSpacing(fresh, nowMs);
    const possible = this.#judge(fresh, nowMs);
    if (most > 0) {
      this.lastPulseMs = nowMs;
      const moved = channels.map((channel, index) => ({ ...channel, count: counts[index] ?? 0 }));
      this.#register.update({ channels: moved });
      // What two channels say is held against each other; one alone is charged for no more than can have flowed.
      const counted = fresh.length > 1 ? fresh : fresh.map((count) => Math.min(count - excess, possible));
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

  /** How many of the first channel's pulses can have been flow since the last look. */
  #judge(fresh: readonly number[], nowMs: number): number {
    // The processor may have been away between the look at the clock and that at the count.
    const elapsedMs = this.#readAtMs === null ? null : Math.max(nowMs, this.#clock.monotonicMs()) - this.#readAtMs;
    this.#readAtMs = nowMs;
    if (elapsedMs === null) {
      this.#allowances = fresh.map(() => this.#slack);
      if (Math.max(...fresh) >= LARGEST_STEP) this.#doubt ??= DOUBTS.otherRegister();
      return fresh[0] ?? 0;
    }
    const possible = fresh.map((edges, index) => this.#possible(edges, index, elapsedMs, nowMs));
    return Math.floor(possible[0] ?? 0);
  }

  /** Each channel by itself: looks may come between the pulse of the one and that of the other. */
  #possible(edges: number, index: number, elapsedMs: number, nowMs: number): number {
    const perMs = this.#settings.maxPulsesPerSecond / 1_000;
    const due = (this.#allowances[index] ?? 0) + perMs * elapsedMs;
    // Who looks sooner than usual must not judge uneven pulses more harshly: the rest of a usual look is lent.
    const lent = perMs * Math.max(0, LOOK_MS - elapsedMs);
    const possible = Math.max(0, due + lent);
    this.#allowances[index] = Math.max(-lent, Math.min(this.#slack, due - edges));
    if (edges <= possible) return possible;
    const within = `within ${Math.round(elapsedMs)} ms; at most ${Math.floor(possible)} can be flow`;
    if (edges >= LARGEST_STEP) this.#doubt ??= DOUBTS.wentBack(within);
    else if (edges > possible + MOST_EDGES) this.#doubt ??= DOUBTS.jumped(edges, within);
    else this.#burst(nowMs, edges, within);
    return possible;
  }

  /**
   * Far below the greatest flow several edges for a pulse are no rate that could not be: only their spacing tells. Gives
   * how many of the first channel's edges cannot be flow.
   */
  #judgeSpacing(fresh: readonly number[], nowMs: number): number {
    const readMs = Math.max(nowMs, this.#clock.monotonicMs());
    const looks = this.#groups.map((groups, index) => groups.look(fresh[index] ?? 0, nowMs, readMs));
    for (const { group } of looks) {
      if (group === null || (this.#bursts.at(-1)?.ms ?? Number.NEGATIVE_INFINITY) > group.sinceMs) continue;
      const { edges, spanMs, quietMs } = group;
      this.#burst(nowMs, edges, `within ${Math.round(spanMs)} ms, after ${Math.round(quietMs)} ms without any`);
    }
    return looks[0]?.excess ?? 0;
  }

  /** Two channels that see it in one look see it once. */
  #burst(nowMs: number, edges: number, within: string): void {
    if (this.#bursts.at(-1)?.ms === nowMs) return;
    const recent = this.#bursts.filter(({ total }) => total > this.pulses - BURST_PULSES);
    this.#bursts = [...recent, { total: this.pulses, ms: nowMs }];
    if (this.#bursts.length < BURSTS) return;
    this.#doubt ??= DOUBTS.bursts(edges, within);
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
