/** So many readings that agree among themselves, and not with what was believed, are no mistake of the line. */
const ESTABLISHED = 3;
/** The first reading of all has nothing to agree with but the next one. */
const FIRST = 2;

export interface TrustSettings {
  readonly maxPowerW: number;
  /** By how much the register may run behind. */
  readonly lagMs: number;
  /** What the register may step by, at a value. */
  stepBase(totaliserBase: number): number;
}

/** The meter looked at its register at some moment between the question and the answer. */
export interface Seen {
  readonly base: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/**
 * Whether readings of a totaliser are to be believed: it never goes back, and never rises faster than the greatest
 * power allows. A single reading that does is discarded; when it is established, the meter is not to be believed until
 * it goes on from where it was.
 */
export class Trust {
  readonly #settings: TrustSettings;
  #believed: Seen | null = null;
  #stranger: Seen | null = null;
  #strangers = 0;

  constructor(settings: TrustSettings) {
    this.#settings = settings;
  }

  /** What is wrong with the meter; null when nothing is. */
  get broken(): string | null {
    const [from, to] = [this.#believed, this.#stranger];
    if (from === null || to === null || this.#strangers < ESTABLISHED) return null;
    const what = to.base < from.base ? "went back" : `rose faster than ${this.#settings.maxPowerW} W allow`;
    return `the meter ${what}, from ${from.base} Wh to ${to.base} Wh: was it exchanged or reset, is its register right?`;
  }

  judge(seen: Seen): "believed" | "doubtful" {
    const goesOn = this.#stranger !== null && this.#follows(this.#stranger, seen);
    if (this.broken !== null && goesOn) {
      this.#stranger = seen;
      return "doubtful";
    }
    if (this.#believed !== null && this.#follows(this.#believed, seen)) return this.#believe(seen);
    this.#strangers = goesOn ? this.#strangers + 1 : 1;
    this.#stranger = seen;
    return this.#believed === null && this.#strangers >= FIRST ? this.#believe(seen) : "doubtful";
  }

  #believe(seen: Seen): "believed" {
    this.#believed = seen;
    this.#stranger = null;
    this.#strangers = 0;
    return "believed";
  }

  #follows(from: Seen, to: Seen): boolean {
    const { maxPowerW, lagMs, stepBase } = this.#settings;
    const mostBase = (maxPowerW * (to.answeredMs - from.askedMs + lagMs)) / 3_600_000 + stepBase(to.base);
    return to.base >= from.base && to.base - from.base <= mostBase;
  }
}
