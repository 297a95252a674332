import { contradicts, doesNotFollow, stillStarting } from "./texts.ts";

/** So many readings that agree among themselves, and not with what was believed, are no mistake of the line. */
const ESTABLISHED = 3;
/** The first reading of all has nothing to agree with but the next one. */
const FIRST = 2;

export interface TrustSettings {
  readonly maxPowerW: number;
  /** By how much the register may run behind. */
  readonly lagMs: number;
  /** A course that is new, or at 0 where meters stand while they start, must go on for so long. */
  readonly steadyMs: number;
  /** What the register may step by, at a value. */
  stepBase(totaliserBase: number): number;
  /** Whether a sale may yet be charged by the course that was believed. */
  isOwed(): boolean;
  /** Another course is believed from now on. */
  begunAnew(fromBase: number, toBase: number): void;
}

/** The meter looked at its register at some moment between the question and the answer. */
export interface Seen {
  readonly base: number;
  readonly askedMs: number;
  readonly answeredMs: number;
}

/** Readings that follow one from the other, and not from what is believed. */
interface Course {
  readonly newest: Seen;
  readonly readings: number;
  readonly sinceMs: number;
}

/**
 * Whether readings of a totaliser are to be believed: it never goes back, and never rises faster than the greatest
 * power allows. A single reading that does is discarded; when it is established, the meter is not to be believed until
 * it goes on from where it was, or, with nothing owed, has gone on from where it is for a while.
 */
export class Trust {
  readonly #settings: TrustSettings;
  #believed: Seen | null = null;
  #course: Course | null = null;

  constructor(settings: TrustSettings) {
    this.#settings = settings;
  }

  /** What is wrong with the meter; null when nothing is. */
  get broken(): string | null {
    if (this.#believed === null || this.#course === null || this.#course.readings < ESTABLISHED) return null;
    return contradicts(this.#believed.base, this.#course.newest.base, this.#settings.maxPowerW);
  }

  /** Why the newest reading is doubtful. */
  get doubt(): string {
    const { base = 0 } = this.#course?.newest ?? {};
    if (this.#believed === null && base === 0) return stillStarting();
    return this.broken ?? doesNotFollow(this.#believed?.base ?? null, base);
  }

  judge(seen: Seen): "believed" | "doubtful" {
    const { broken } = this;
    const course = this.#course;
    const goesOn = course !== null && this.#follows(course.newest, seen);
    const isStrange = broken !== null && goesOn;
    if (!isStrange && this.#believed !== null && this.#follows(this.#believed, seen)) return this.#believe(seen, false);
    this.#course = goesOn
      ? { newest: seen, readings: course.readings + 1, sinceMs: course.sinceMs }
      : { newest: seen, readings: 1, sinceMs: seen.askedMs };
    return this.#isEnough(this.#course) ? this.#believe(seen, this.#believed !== null) : "doubtful";
  }

  /** It is known to be another meter: what was believed says nothing about it. */
  forget(): void {
    this.#believed = null;
    this.#course = null;
  }

  #isEnough({ newest, readings, sinceMs }: Course): boolean {
    const isSteady = readings >= ESTABLISHED && newest.askedMs - sinceMs >= this.#settings.steadyMs;
    if (this.#believed === null) return newest.base === 0 ? isSteady : readings >= FIRST;
    return isSteady && !this.#settings.isOwed();
  }

  #believe(seen: Seen, isAnother: boolean): "believed" {
    const before = this.#believed;
    this.#believed = seen;
    this.#course = null;
    if (isAnother && before !== null) this.#settings.begunAnew(before.base, seen.base);
    return "believed";
  }

  #follows(from: Seen, to: Seen): boolean {
    const { maxPowerW, lagMs, stepBase } = this.#settings;
    const mostBase = (maxPowerW * (to.answeredMs - from.askedMs + lagMs)) / 3_600_000 + stepBase(to.base);
    return to.base >= from.base && to.base - from.base <= mostBase;
  }
}
