type Begin = (done: () => void) => void;

/** After so many in a row that were urgent one that is not has its turn: those that wait are never shut out. */
const URGENT_IN_A_ROW_MAX = 4;

/**
 * Lets so many things be under way at a time, the urgent ones first, the others in their order after them. Who asks
 * bounds how many wait.
 */
export class Turns {
  readonly #urgent: Begin[] = [];
  readonly #others: Begin[] = [];
  #free = 0;
  #urgentInARow = 0;

  open(places: number): void {
    this.#free = places;
  }

  take(isUrgent: boolean, begin: Begin): void {
    (isUrgent ? this.#urgent : this.#others).push(begin);
    this.#next();
  }

  #next(): void {
    if (this.#free === 0) return;
    const begin = this.#chosen();
    if (begin === undefined) return;
    this.#free -= 1;
    begin(() => {
      this.#free += 1;
      this.#next();
    });
  }

  #chosen(): Begin | undefined {
    const isUrgent = this.#urgent.length > 0 && (this.#others.length === 0 || this.#urgentInARow < URGENT_IN_A_ROW_MAX);
    this.#urgentInARow = isUrgent ? this.#urgentInARow + 1 : 0;
    return (isUrgent ? this.#urgent : this.#others).shift();
  }
}
