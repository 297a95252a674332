export interface LimitSettings {
  /** So long before the limit the fast valve closes. */
  readonly slowDownPulses: number;
  /** What may flow after the slow valve was told to close, until it is known better. */
  readonly overrunPulses: number;
  readonly maxPulsesPerSecond: number;
}

export interface Overrun {
  readonly pulses: number;
  readonly ratePps: number;
}

export type Width = "wide" | "narrow" | "shut";

/** How often the count is looked at, and how often when the next point could be reached before the next look. */
export const LOOK_MS = 50;
const CLOSE_LOOK_MS = 5;
/** Over so long the flow is measured. */
const RATE_MS = 300;
/** A flow seems to vary by so much just because pulses are whole: one more at either end. */
const RATE_NOISE_PPS = 2_000 / RATE_MS;
const KEPT_OVERRUNS = 8;

/** Decides from the count alone how far the valves may be open, so that what still flows after closing ends at the limit. */
export class LimitWatch {
  readonly limitPulses: number;
  readonly #learned: readonly Overrun[];
  readonly #settings: LimitSettings;
  readonly #looks: { readonly ms: number; readonly pulses: number }[] = [];
  #width: Width = "wide";
  #nextPoint: number;
  #pulses: number | null = null;
  /** The count at the look before the valve was told to close, and how fast it flowed then. */
  #shutAt: Overrun | null = null;

  constructor(limitPulses: number, learned: readonly Overrun[], settings: LimitSettings) {
    this.limitPulses = limitPulses;
    this.#learned = learned;
    this.#settings = settings;
    this.#nextPoint = limitPulses;
  }

  /** Never wider than it said before. */
  look(pulses: number, nowMs: number): Width {
    const before = this.#pulses ?? pulses;
    this.#pulses = pulses;
    if (this.#width === "shut") return "shut";
    const ratePps = this.#rate(pulses, nowMs);
    const shutPoint = this.limitPulses - reservedPulses(this.#learned, this.#settings.overrunPulses, ratePps);
    const slowPoint = Math.min(shutPoint, this.limitPulses - this.#settings.slowDownPulses);
    if (pulses >= shutPoint) {
      this.#width = "shut";
      this.#shutAt = { pulses: before, ratePps };
    } else if (pulses >= slowPoint) this.#width = "narrow";
    this.#nextPoint = this.#width === "wide" ? slowPoint : shutPoint;
    return this.#width;
  }

  /** The greatest flow decides, for it may begin at any moment. */
  get nextLookMs(): number {
    const reachable = (this.#settings.maxPulsesPerSecond * LOOK_MS) / 1_000 + 1;
    return this.#nextPoint - (this.#pulses ?? 0) <= reachable ? CLOSE_LOOK_MS : LOOK_MS;
  }

  /**
   * With what flowed from the last look before this closing on, when it was the limit that closed a flow; the oldest are
   * forgotten. So a processor that comes late to its looks is part of what is learned.
   */
  learn(settledPulses: number): readonly Overrun[] {
    if (this.#shutAt === null || this.#shutAt.ratePps === 0) return this.#learned;
    const overrun = { pulses: settledPulses - this.#shutAt.pulses, ratePps: this.#shutAt.ratePps };
    return [...this.#learned, overrun].slice(-KEPT_OVERRUNS);
  }

  #rate(pulses: number, nowMs: number): number {
    this.#looks.push({ ms: nowMs, pulses });
    while (this.#looks.length > 2 && nowMs - (this.#looks[1]?.ms ?? nowMs) >= RATE_MS) this.#looks.shift();
    const first = this.#looks[0];
    if (first === undefined || first.ms === nowMs) return 0;
    return ((pulses - first.pulses) * 1_000) / (nowMs - first.ms);
  }
}

/**
 * What must be left to flow when the slow valve is told to close: the most that followed any of the last closings, more
 * where it flows clearly faster than it did then. Before any was seen, what is assumed and what comes between two looks.
 */
function reservedPulses(learned: readonly Overrun[], unknownPulses: number, ratePps: number): number {
  if (learned.length === 0) return unknownPulses + Math.max(1, Math.ceil((ratePps * CLOSE_LOOK_MS) / 1_000));
  const most = learned.map((overrun) => {
    const faster = ratePps > overrun.ratePps + RATE_NOISE_PPS;
    return faster ? Math.ceil(((overrun.pulses + 1) * ratePps) / overrun.ratePps) : overrun.pulses;
  });
  return Math.max(1, ...most);
}
