/** One look at a pump that stands still: its total, and the volume of its latest delivery. */
export interface Look {
  readonly totalBase: number;
  readonly volumeBase: number;
}

export type Verdict =
  | {
      readonly kind: "believed";
      readonly totalBase: number;
      /** Flowed while not armed. */
      readonly unaccountedBase: number;
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
  /** What the pump showed before it was authorised. */
  readonly shownBase: number;
  latestBase: number;
  highestBase: number;
  restarted: boolean;
  endedAtMs: number | null;
}

/** How long the total of a pump may lag behind the volume of the delivery that ended. */
export const SETTLING_MS = 5_000;

/**
 * What is believed of a pump's total, which every bill is made of. Each delivery is audited: what the total rose by
 * must be the volume that the pump shows, to one step of the meter. A total that went back, or rose by more than the
 * preset without the volume saying so, is not believed from then on: it is another register, or a broken one.
 */
export class Register {
  readonly #stepBase: number;
  #trustedBase: number | null = null;
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

  begin(startBase: number, limitBase: number, shownBase: number): void {
    this.#delivery = {
      startBase,
      limitBase,
      shownBase,
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
  live(volumeBase: number | null): Live | null {
    const delivery = this.#delivery;
    if (delivery === null) return null;
    const { startBase, limitBase } = delivery;
    if (volumeBase !== null) {
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
    const trustedBase = this.#trustedBase ?? totalBase;
    if (totalBase < trustedBase) return this.#refuse(`its total went back from ${trustedBase} to ${totalBase}`);
    if (this.#delivery !== null) return this.#audit(this.#delivery, look, nowMs);
    this.#trustedBase = totalBase;
    return { kind: "believed", totalBase, unaccountedBase: totalBase - trustedBase, complaints: [] };
  }

  #audit(delivery: Delivery, { totalBase, volumeBase }: Look, nowMs: number): Verdict {
    const { startBase, limitBase, shownBase, highestBase } = delivery;
    const stepBase = this.#stepBase;
    const roseBase = totalBase - startBase;
    // A pump that restarted may show less than it did; then only what was seen while it flowed can be held against it.
    const shows = volumeBase >= highestBase && !(delivery.restarted && volumeBase === 0);
    const nothing = roseBase === 0 && highestBase === 0 && volumeBase === shownBase;
    const agrees =
      nothing || (shows ? Math.abs(roseBase - volumeBase) <= stepBase : roseBase >= highestBase - stepBase);
    const over = roseBase > limitBase + stepBase;
    const detail = `its total rose by ${roseBase}, it shows ${volumeBase}, and ${limitBase} was allowed`;
    if (!agrees && nowMs - (delivery.endedAtMs ?? nowMs) < SETTLING_MS) return { kind: "undecided", detail };
    if (over && !(agrees && shows)) return this.#refuse(detail);
    this.#trustedBase = totalBase;
    this.#delivery = null;
    const complaints: Complaint[] = [];
    if (!agrees) complaints.push({ about: "audit", detail });
    if (over) complaints.push({ about: "overrun", detail });
    return { kind: "believed", totalBase, unaccountedBase: 0, complaints };
  }

  #refuse(detail: string): Verdict {
    this.#distrust = detail;
    return { kind: "refused", detail };
  }
}
