import { type Outcome, unknown } from "../../ports/outcome.ts";

/** One thing at a time, in the order of asking. */
export class Turns {
  readonly #most: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  run<A>(work: () => Promise<Outcome<A>>): Promise<Outcome<A>> {
    if (this.#closed) return Promise.resolve(unknown("the pump is closed"));
    if (this.#waiting >= this.#most) return Promise.resolve(unknown("too many calls wait for the pump"));
    this.#waiting++;
    const outcome = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /** Takes nothing more, and waits for what runs. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
