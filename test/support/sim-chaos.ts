/** Chance that a seed decides and nothing else: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Another one, which takes nothing from this one. */
  apart(): Random {
    return new Random(this.#state ^ 0x9e3779b9);
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<const T>(choices: readonly [T, ...T[]]): T {
    return choices[Math.floor(this.next() * choices.length)] ?? choices[0];
  }
}

/** Every fault, and how often it strikes each time it could. */
const BASE_RATES = {
  "request-lost": 0.04,
  "request-late": 0.02,
  "request-repeated": 0.01,
  "answer-lost": 0.04,
  "slow-answer": 0.1,
  "service-refuses": 0.01,
  "terminal-rejected": 0.004,
  "service-outage": 0.003,
  "settling-silent": 0.1,
  "truth-unclear": 0.02,
  "truth-different": 0.002,
  "reference-reused": 0.01,
  "replacement-reused": 0.2,
  "payment-reused": 0.02,
  "hold-shows-less": 0.02,
  "hold-shows-more": 0.02,
  "release-busy": 0.1,
  "repeat-refused": 0.5,
  "hold-time-unsaid": 0.3,
  "arm-refused": 0.05,
  "arm-late": 0.15,
  "arm-answer-lost": 0.08,
  "arm-request-lost": 0.05,
  "stop-unconfirmed": 0.05,
  "meter-unreadable": 0.03,
  "meter-jump": 0.003,
  "meter-reset": 0.002,
  "meter-elsewhere": 0.15,
  "meter-wrong-once": 0.004,
  "device-fault": 0.004,
  "valve-sticks": 0.08,
  "valve-leaks": 0.05,
  "finish-lost": 0.08,
  "append-slow": 0.05,
  "append-refused": 0.01,
  "disk-full": 0.004,
  "disk-read-only": 0.001,
  "crash-before-append": 0.015,
  "crash-after-append": 0.015,
  "torn-write": 0.008,
  "crash-at-call": 0.004,
  "crash-any-time": 0.25,
  stall: 0.15,
  "orderly-restart": 0.1,
  "long-downtime": 0.15,
  "clock-1970": 0.25,
  "clock-step": 0.25,
  "clock-far-ahead": 0.1,
  "price-ordered": 0.3,
  "matter-acknowledged": 0.3,
  "crash-at-note": 0.05,
  "broker-away": 0.2,
  "broker-slow": 0.1,
  "broker-duplicates": 0.1,
  "broker-drops": 0.08,
  "broker-ack-lost": 0.1,
  "refund-troubled": 0.8,
  "program-killed": 0.15,
  "config-changed": 0.4,
  "journal-swapped": 0.1,
  "operator-blocks": 0.6,
} as const;

/** With a chance of its own, so that what was found with a seed is found with it still. */
const RATES_APART = {
  "delivery-disputed": 0.03,
  "capture-rejected": 0.1,
  "service-switched": 0.1,
  "offer-end-wrong": 0.05,
  "service-retired": 0.5,
} as const;

export type FaultKind = keyof typeof BASE_RATES | keyof typeof RATES_APART;

export const FAULT_KINDS = [...Object.keys(BASE_RATES), ...Object.keys(RATES_APART)] as FaultKind[];

/** Decides when what goes wrong. Each seed has its own selection of faults, and some seeds have none. */
export class Chaos {
  readonly random: Random;
  readonly #apart: Random;
  /** How often each fault has struck. */
  readonly struck = new Map<FaultKind, number>();
  readonly #rates = new Map<FaultKind, number>();
  readonly #spells = new Map<string, number>();
  readonly #nowMs: () => number;
  #total = 0;
  #calm = false;

  constructor(random: Random, nowMs: () => number) {
    this.random = random;
    this.#apart = random.apart();
    this.#nowMs = nowMs;
    const peaceful = random.chance(0.08);
    const share = random.pick([0.15, 0.3, 0.6]);
    const allot = (rates: Readonly<Partial<Record<FaultKind, number>>>, chance: Random): void => {
      for (const [kind, rate] of Object.entries(rates)) {
        const factor = chance.pick([0.5, 1, 2]);
        if (chance.chance(share) && !peaceful) this.#rates.set(kind as FaultKind, rate * factor);
      }
    };
    allot(BASE_RATES, random);
    allot(RATES_APART, this.#apart);
  }

  get total(): number {
    return this.#total;
  }

  strikes(kind: FaultKind): boolean {
    const rate = this.#rates.get(kind);
    const random = kind in RATES_APART ? this.#apart : this.random;
    if (this.#calm || rate === undefined || !random.chance(rate)) return false;
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
    this.#total++;
    return true;
  }

  /** A fault that lasts: true from when it strikes at a place until its time is over. */
  lasts(kind: FaultKind, place: string, leastMs: number, mostMs: number): boolean {
    const key = `${kind} ${place}`;
    if (!this.#calm && this.#nowMs() < (this.#spells.get(key) ?? 0)) return true;
    if (!this.strikes(kind)) return false;
    this.#spells.set(key, this.#nowMs() + this.random.int(leastMs, mostMs));
    return true;
  }

  isLasting(kind: FaultKind, place: string): boolean {
    return !this.#calm && this.#nowMs() < (this.#spells.get(`${kind} ${place}`) ?? 0);
  }

  /** From now on nothing goes wrong. */
  calm(): void {
    this.#calm = true;
  }
}
