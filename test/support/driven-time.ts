import type { Clock } from "../../src/ports/clock.ts";
import type { Dispenser } from "../../src/ports/dispenser.ts";
import { clockOf, type Life, VirtualTime } from "./virtual-clock.ts";

/** Virtual time that passes while something is waited for, and stands still while the real disk is busy. */
export class DrivenTime {
  readonly time = new VirtualTime(Date.UTC(2026, 10, 22));
  #life: Life = { number: 1, alive: true };
  readonly clock: Clock;

  constructor() {
    this.clock = this.#clockOfThisLife();
  }

  /** The daemon is killed; the clock of the next one. */
  nextLife(): Clock {
    this.#life.alive = false;
    this.#life = { number: this.#life.number + 1, alive: true };
    return this.#clockOfThisLife();
  }

  async pass(ms: number): Promise<void> {
    let passed = false;
    this.time.after(ms, () => {
      passed = true;
    });
    await diskIdle();
    while (!passed) await this.#step();
  }

  /** Rejects when virtual time runs for ten minutes without an answer. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    promise.then(end, end);
    const untilMs = this.time.elapsedMs + 600_000;
    await diskIdle();
    while (!settled) {
      if (this.time.elapsedMs > untilMs) throw new Error("no answer within ten minutes of virtual time");
      await this.#step();
    }
    return await promise;
  }

  /** The dispenser whose answers make time pass. */
  driven(dispenser: Dispenser): Dispenser {
    return {
      readingStepMs: dispenser.readingStepMs,
      mostBasePerS: dispenser.mostBasePerS,
      arm: (limitBase) => this.settle(dispenser.arm(limitBase)),
      stop: () => this.settle(dispenser.stop()),
      totaliser: () => this.settle(dispenser.totaliser()),
      listen: (listener) => dispenser.listen(listener),
      close: () => this.settle(dispenser.close()),
    };
  }

  async #step(): Promise<void> {
    this.time.next();
    await diskIdle();
  }

  #clockOfThisLife(): Clock {
    return clockOf(this.time, this.#life);
  }
}

/** Answers of the disk come in real time, in which no virtual time may pass. */
async function diskIdle(): Promise<void> {
  do {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  } while (process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq")));
}
