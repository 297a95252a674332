import type { Cancel, Clock } from "../../ports/clock.ts";

/** A page sends one every two seconds. */
const SILENT_AFTER_MS = 10_000;

/** Whether some page shows the kiosk to its customers, as told by the page itself. */
export class Presence {
  readonly #clock: Clock;
  readonly #listeners: ((problem: string | null) => void)[] = [];
  #heardMs: number | null = null;
  #problem: string | null = "no page has been opened yet";
  #cancel: Cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long ago a page was heard of last; null when none was. */
  get ageMs(): number | null {
    return this.#heardMs === null ? null : Math.round(this.#clock.monotonicMs() - this.#heardMs);
  }

  watch(listener: (problem: string | null) => void): void {
    this.#listeners.push(listener);
    listener(this.#problem);
  }

  heard(): void {
    this.#heardMs = this.#clock.monotonicMs();
    this.#cancel();
    this.#cancel = this.#clock.after(SILENT_AFTER_MS, () =>
      this.#tell(`no page has been heard of for ${SILENT_AFTER_MS / 1000} s`),
    );
    this.#tell(null);
  }

  close(): void {
    this.#cancel();
    this.#listeners.splice(0);
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    for (const listener of this.#listeners) listener(problem);
  }
}
