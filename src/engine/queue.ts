/** Runs one piece of work after the other, in the order of asking, and refuses more than its limit. */
export class Queue {
  readonly #limit: number;
  #waiting = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the queue is closed"));
    if (this.#waiting >= this.#limit) return Promise.reject(new Error(`the queue is full (${this.#limit})`));
    this.#waiting++;
    const result = this.#tail.then(work).finally(() => {
      this.#waiting--;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  close(): void {
    this.#closed = true;
  }

  async idle(): Promise<void> {
    await this.#tail;
  }
}
