/** What may wait for the register; of more, the oldest is forgotten. */
const MOST_WAITING = 32;

/** What came of the machine while the register was written, in order: taken for having happened just after. */
export class HeldBackEvents {
  #waiting: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  keep(happened: () => void): void {
    this.#waiting.push(happened);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  take(): readonly (() => void)[] {
    return this.#waiting.splice(0);
  }
}
