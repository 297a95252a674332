/** Lets so many things be under way at a time, the others in their order after them. Who asks bounds how many wait. */
export class Turns {
  readonly #waiting: ((done: () => void) => void)[] = [];
  #free = 0;

  open(places: number): void {
    this.#free = places;
  }

  take(begin: (done: () => void) => void): void {
    this.#waiting.push(begin);
    this.#next();
  }

  #next(): void {
    if (this.#free === 0) return;
    const begin = this.#waiting.shift();
    if (begin === undefined) return;
    this.#free -= 1;
    begin(() => {
      this.#free += 1;
      this.#next();
    });
  }
}
