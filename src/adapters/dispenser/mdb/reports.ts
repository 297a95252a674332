import type { Cancel, Clock } from "../../../ports/clock.ts";
import type { DispenserEvent } from "../../../ports/dispenser.ts";

const READING_EVERY_MS = 400;

/** What the driver tells the engine: faults once each, readings while armed. */
export class Reports {
  readonly #clock: Clock;
  readonly #totalBase: () => number;
  readonly #faults = new Map<"adapter" | "register", string>();
  #listener: ((event: DispenserEvent) => void) | null = null;
  #cancelReading: Cancel = () => {};

  constructor(clock: Clock, totalBase: () => number) {
    this.#clock = clock;
    this.#totalBase = totalBase;
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  /** Why nothing may be sold; null while all is well. */
  get fault(): string | null {
    const [fault = null] = this.#faults.values();
    return fault;
  }

  /** The listener is told at once of a fault that is raised. */
  listen(listener: ((event: DispenserEvent) => void) | null): void {
    this.#listener = listener;
    const { fault } = this;
    if (fault !== null) this.emit({ type: "fault-raised", detail: fault });
  }

  emit(event: DispenserEvent): void {
    this.#listener?.(event);
  }

  raise(owner: "adapter" | "register", detail: string): void {
    if (this.#faults.get(owner) === detail) return;
    this.#faults.set(owner, detail);
    this.emit({ type: "fault-raised", detail });
  }

  clear(owner: "adapter" | "register"): void {
    if (!this.#faults.delete(owner)) return;
    const { fault } = this;
    this.emit(fault === null ? { type: "fault-cleared" } : { type: "fault-raised", detail: fault });
  }

  reading(): void {
    this.emit({ type: "reading", totaliserBase: this.#totalBase() });
  }

  keepReading(): void {
    this.reading();
    this.#cancelReading = this.#clock.after(READING_EVERY_MS, () => this.keepReading());
  }

  endReading(): void {
    this.#cancelReading();
  }
}
