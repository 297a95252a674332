/** What a pump shows of its latest delivery, the amount in its own digits. */
export interface Shown {
  readonly volumeBase: number;
  readonly amount: number;
}

/** One look at a pump that stands still: its total beside what it shows. */
export interface Look extends Shown {
  readonly totalBase: number;
}

/** What flowed while not armed; null when nobody can say how much. */
interface Unaccounted {
  readonly quantityBase: number | null;
  readonly detail: string;
}

export type Verdict =
  | {
      readonly kind: "believed";
      readonly totalBase: number;
      readonly unaccounted: Unaccounted | null;
      /** A delivery ended in which nothing flowed. */
      readonly isNothing: boolean;
      /** What does not fit although the total is believed. */
      readonly complaints: readonly Complaint[];
    }
  /** The registers may still come to agree. */
  | { readonly kind: "undecided"; readonly detail: string }
  | { readonly kind: "refused"; readonly detail: string };

interface Complaint {
  readonly about: "audit" | "overrun";
  readonly detail: string;
}

export type Live =
  | { readonly kind: "reading"; readonly totaliserBase: number }
  | { readonly kind: "overrun"; readonly totaliserBase: number; readonly volumeBase: number };

interface Delivery {
  readonly startBase: number;
  readonly limitBase: number;
  /** What the pump showed before it was authorised, and some show until something flows. */
  readonly before: Shown;
  /** It has shown something else since. */
  hasBegun: boolean;
  latestBase: number;
  highestBase: number;
  restarted: boolean;
  endedAtMs: number | null;
}

/** How long the total of a pump may lag behind the volume of the delivery that ended. */
export const SETTLING_MS = 5_000;
/** Pumps for lorries give 130 litres a minute. */
export const MOST_ML_PER_MINUTE = 200_000;

/**
 * What is believed of a pump's total, which every bill is made of. Each delivery is audited: what the total rose by
 * must be the volume that the pump shows, to one step of the meter. A total that went back, or rose by more than the
 * preset without the volume saying so, is not believed from then on: it is another register, or a broken one. Between
 * deliveries a rise that is more than can flow in that time is believed as where the register stands, not as a flow.
 */
export class PumpRegister {
  readonly #stepBase: number;
  #trusted: { readonly totalBase: number; readonly atMs: number } | null = null;
  #delivery: Delivery | null = null;
  #distrust: string | null = null;

  constructor(stepBase: number) {
    this.#stepBase = stepBase;
  }

  /** Whether something may flow that belongs to a delivery. */
  get armed(): boolean {
    return this.#delivery !== null && this.#delivery.endedAtMs === null;
  }

  /** Whether a delivery's total is still to be read. */
  get owing(): boolean {
    return this.#delivery !== null;
  }

  /** Whether the pump shows something of the delivery that runs, and no longer of the one before. */
  get hasBegun(): boolean {
    return this.#delivery?.hasBegun === true;
  }

  begin(startBase: number, limitBase: number, before: Shown): void {
    this.#delivery = {
      startBase,
      limitBase,
      before,
      hasBegun: false,
      latestBase: 0,
      highestBase: 0,
      restarted: false,
      endedAtMs: null,
    };
  }

  /** The pump restarted, and may have lost the volume that it showed. */
  restarted(): void {
    if (this.#delivery !== null) this.#delivery.restarted = true;
  }

  end(nowMs: number): void {
    if (this.#delivery !== null) this.#delivery.endedAtMs ??= nowMs;
  }

  /**
   * The totaliser while something flows: the start and the volume shown, or where it stood last when none is given. A
   * volume counts once a second look has shown as much, so that no single damaged number is ever billed.
   */
  live(shown: Shown | null): Live | null {
    const delivery = this.#delivery;
    if (delivery === null) return null;
    const { startBase, limitBase, before } = delivery;
    delivery.hasBegun ||= shown !== null && !isSame(shown, before);
    if (shown !== null && delivery.hasBegun) {
      const { volumeBase } = shown;
      const confirmedBase = Math.min(delivery.latestBase, volumeBase);
      delivery.latestBase = volumeBase;
      delivery.highestBase = Math.max(delivery.highestBase, confirmedBase);
      if (confirmedBase > limitBase + this.#stepBase) {
        return { kind: "overrun", totaliserBase: startBase + confirmedBase, volumeBase: confirmedBase };
      }
    }
    return { kind: "reading", totaliserBase: startBase + delivery.highestBase };
  }

  judge(look: Look, nowMs: number): Verdict {
    if (this.#distrust !== null) return { kind: "refused", detail: this.#distrust };
    const { totalBase } = look;
    const trusted = this.#trusted ?? { totalBase, atMs: nowMs };
    if (totalBase < trusted.totalBase) {
      return this.#refuse(`its total went back from ${trusted.totalBase} to ${totalBase}`);
    }
    if (this.#delivery !== null) return this.#audit(this.#delivery, look, nowMs);
    this.#trusted = { totalBase, atMs: nowMs };
    const unaccounted = unaccountedOf(totalBase - trusted.totalBase, nowMs - trusted.atMs);
    return { kind: "believed", totalBase, unaccounted, isNothing: false, complaints: [] };
  }

  #audit(delivery: Delivery, look: Look, nowMs: number): Verdict {
    const { totalBase, volumeBase } = look;
    const { startBase, limitBase, before, highestBase } = delivery;
    const stepBase = this.#stepBase;
    const roseBase = totalBase - startBase;
    // A pump that restarted may show less than it did; then only what was seen while it flowed can be held against it.
    const shows = volumeBase >= highestBase && !(delivery.restarted && volumeBase === 0);
    const isNothing = roseBase === 0 && highestBase === 0 && isSame(look, before);
    const agrees =
      isNothing || (shows ? Math.abs(roseBase - volumeBase) <= stepBase : roseBase >= highestBase - stepBase);
    const over = roseBase > limitBase + stepBase;
    const detail = `its total rose by ${roseBase}, it shows ${volumeBase}, and ${limitBase} was allowed`;
    if (!agrees && nowMs - (delivery.endedAtMs ?? nowMs) < SETTLING_MS) return { kind: "undecided", detail };
    if (over && !(agrees && shows)) return this.#refuse(detail);
    this.#trusted = { totalBase, atMs: nowMs };
    this.#delivery = null;
    const complaints: Complaint[] = [];
    if (!agrees) complaints.push({ about: "audit", detail });
    if (over) complaints.push({ about: "overrun", detail });
    return { kind: "believed", totalBase, unaccounted: null, isNothing, complaints };
  }

  #refuse(detail: string): Verdict {
    this.#distrust = detail;
    return { kind: "refused", detail };
  }
}

function isSame(one: Shown, other: Shown): boolean {
  return one.volumeBase === other.volumeBase && one.amount === other.amount;
}

function unaccountedOf(roseBase: number, timeMs: number): Unaccounted | null {
  if (roseBase === 0) return null;
  // The total may lag behind by what flowed earlier.
  const mostBase = (MOST_ML_PER_MINUTE * (timeMs + SETTLING_MS)) / 60_000;
  if (roseBase <= mostBase) {
    return { quantityBase: roseBase, detail: `${roseBase} ml flowed though the pump was not armed` };
  }
  const detail = `the total rose by ${roseBase} ml though the pump was not armed, which is more than can flow in that time: it may be another pump's, and nobody can say what flowed`;
  return { quantityBase: null, detail };
}
