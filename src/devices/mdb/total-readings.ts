import type { Cancel, Clock } from "../../ports/clock.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";

const READING_EVERY_MS = 400;

/** The readings of a totaliser that changes only with a vend: told all the same while armed. */
export class TotalReadings {
  readonly #events: DispenserEvents;
  readonly #clock: Clock;
  readonly #totalBase: () => number;
  #cancel: Cancel = () => {};

  constructor(events: DispenserEvents, clock: Clock, totalBase: () => number) {
    this.#events = events;
    this.#clock = clock;
    this.#totalBase = totalBase;
  }

  tell(): void {
    this.#events.tell({ type: "reading", totaliserBase: this.#totalBase() });
  }

  begin(): void {
    this.tell();
    this.#cancel = this.#clock.after(READING_EVERY_MS, () => this.begin());
  }

  end(): void {
    this.#cancel();
  }
}
