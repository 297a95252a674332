/** Receivers that do not take what is theirs, by topic, until they do. One at a time is told. */
export class Silences {
  /** Told before all others: the records there wait. */
  readonly #first: string;
  readonly #details = new Map<string, string>();
  readonly #listeners: ((detail: string | null) => void)[] = [];
  #lastTold: string | null = null;

  constructor(first: string) {
    this.#first = first;
  }

  listen(listener: (detail: string | null) => void): void {
    this.#listeners.push(listener);
    if (this.#lastTold !== null) listener(this.#lastTold);
  }

  note(topic: string, detail: string | null): void {
    if (detail === null) this.#details.delete(topic);
    else this.#details.set(topic, detail);
    const told = this.#details.get(this.#first) ?? [...this.#details.values()][0] ?? null;
    if (told === this.#lastTold) return;
    this.#lastTold = told;
    for (const listener of this.#listeners) listener(told);
  }
}

/** The broker took a record and says that it gave it to nobody. That is delivery all the same, see `docs/mqtt.md`. */
export function unheardText(topic: string): string {
  return `nobody is subscribed to ${topic}: the broker took a record for it and gave it to nobody. Let a receiver subscribe, with a session that the broker keeps, and get what it has missed with cmd/republish`;
}
