import type { DispenserEvent } from "../../ports/dispenser.ts";

/** What a driver tells before anybody listens is kept, but for faults: each listener is told what stands when it comes. */
const MOST_KEPT = 16;

/** A driver's voice: its events, and the faults and warnings that stand, each under a cause of its own. */
export class DispenserEvents {
  readonly #faults = new Map<string, string>();
  readonly #warnings = new Map<string, string>();
  #kept: DispenserEvent[] = [];
  #listener: ((event: DispenserEvent) => void) | null = null;

  listen(listener: (event: DispenserEvent) => void): void {
    this.#listener = listener;
    const kept = this.#kept;
    this.#kept = [];
    for (const event of kept) listener(event);
    const { fault } = this;
    if (fault !== null) listener({ type: "fault-raised", detail: fault });
    if (this.#warnings.size > 0) this.#tellWarnings();
  }

  tell(event: DispenserEvent): void {
    if (this.#listener !== null) this.#listener(event);
    else if (this.#kept.length < MOST_KEPT) this.#kept.push(event);
  }

  /** Why nothing may be sold now; null when all is well. */
  get fault(): string | null {
    return this.#faults.values().next().value ?? null;
  }

  has(cause: string): boolean {
    return this.#faults.has(cause);
  }

  /** False when it stands already. */
  raise(cause: string, detail: string): boolean {
    if (this.#faults.has(cause)) return false;
    this.#faults.set(cause, detail);
    this.#listener?.({ type: "fault-raised", detail });
    return true;
  }

  /** With other causes left, the first of them is told anew. */
  clear(cause: string): void {
    if (!this.#faults.delete(cause)) return;
    const { fault } = this;
    this.#listener?.(fault === null ? { type: "fault-cleared" } : { type: "fault-raised", detail: fault });
  }

  /** What a person should mend, though it sells. Each cause stands until it is unsaid. */
  warn(cause: string, detail: string): void {
    if (this.#warnings.get(cause) === detail) return;
    this.#warnings.set(cause, detail);
    this.#tellWarnings();
  }

  unwarn(cause: string): void {
    if (this.#warnings.delete(cause)) this.#tellWarnings();
  }

  #tellWarnings(): void {
    const detail = [...this.#warnings.values()].join("; ");
    this.#listener?.(detail === "" ? { type: "warning-cleared" } : { type: "warning-raised", detail });
  }
}
