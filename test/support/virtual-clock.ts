import type { Cancel, Clock } from "../../src/ports/clock.ts";

/** One run of the daemon. When it is over, nothing of it can touch or learn anything any more. */
export interface Life {
  readonly number: number;
  alive: boolean;
  /** A process that is held up does nothing before this moment, and then all at once. */
  awakeAtMs?: number;
}

interface Timer {
  atMs: number;
  readonly order: number;
  readonly life: Life | null;
  run: (() => void) | null;
}

/** Time that passes only when it is told to, from one timer to the next. */
export class VirtualTime {
  /** True time, which no clock step touches. */
  readonly epochMs: number;
  /** By how much the machine's wall clock is wrong. */
  wallErrorMs = 0;
  #elapsedMs = 0;
  #order = 0;
  readonly #heap: Timer[] = [];

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get trueMs(): number {
    return this.epochMs + this.#elapsedMs;
  }

  after(delayMs: number, run: () => void, life: Life | null = null): Cancel {
    const timer: Timer = { atMs: this.#elapsedMs + Math.max(0, Math.ceil(delayMs)), order: this.#order++, life, run };
    this.#push(timer);
    return () => {
      timer.run = null;
    };
  }

  /** Runs the next timer and lets all that follows from it happen; false when there is none. */
  async step(): Promise<boolean> {
    const ran = this.next();
    if (ran) await drain();
    return ran;
  }

  /** Runs the next timer; what its promises lead to is the caller's to wait for. False when there is none. */
  next(): boolean {
    for (let timer = this.#pop(); timer !== undefined; timer = this.#pop()) {
      if (timer.run === null || timer.life?.alive === false) continue;
      this.#elapsedMs = timer.atMs;
      const awakeAtMs = timer.life?.awakeAtMs ?? 0;
      if (awakeAtMs > timer.atMs) {
        timer.atMs = awakeAtMs;
        this.#push(timer);
        continue;
      }
      timer.run();
      return true;
    }
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, timer)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
      const below = heap[child];
      if (below === undefined || isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** All promises are settled before the event loop comes round again. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** The clock as one life of the daemon sees it. */
export function clockOf(time: VirtualTime, life: Life): Clock {
  return {
    wallMs: () => time.trueMs + time.wallErrorMs,
    monotonicMs: () => time.elapsedMs,
    after: (delayMs, run) => (life.alive ? time.after(delayMs, run, life) : () => {}),
  };
}

/** An answer after a while, unless the life that waits for it is over by then: then there is none, ever. */
export function answer<T>(time: VirtualTime, life: Life, delayMs: number, value: () => T): Promise<T> {
  return new Promise((resolve) => {
    if (life.alive) time.after(delayMs, () => resolve(value()), life);
  });
}

/** Does at once what a process has to do, or as soon as it is not held up any more. */
export function whenAwake(time: VirtualTime, life: Life, run: () => void): void {
  if (!life.alive) return;
  if ((life.awakeAtMs ?? 0) > time.elapsedMs) time.after(0, run, life);
  else run();
}
