import type { DispenserEvent } from "../../../ports/dispenser.ts";

export type Condition =
  | "silent"
  | "alarm"
  | "price"
  | "off"
  | "unprogrammed"
  | "unarmed"
  | "unaccounted"
  | "register"
  | "audit"
  | "overrun";

/** What stands against selling at a pump, told as one fault that is cleared when nothing is left of it. */
export class Conditions {
  readonly #standing = new Map<Condition, string>();
  readonly #tell: (event: DispenserEvent) => void;

  constructor(tell: (event: DispenserEvent) => void) {
    this.#tell = tell;
  }

  /** All that stands, or null. */
  get detail(): string | null {
    return this.#standing.size === 0 ? null : [...this.#standing.values()].join("; ");
  }

  has(name: Condition): boolean {
    return this.#standing.has(name);
  }

  raise(name: Condition, detail: string): void {
    if (this.#standing.get(name) === detail) return;
    this.#standing.set(name, detail);
    this.repeat();
  }

  clear(name: Condition): void {
    if (!this.#standing.delete(name)) return;
    if (this.#standing.size === 0) this.#tell({ type: "fault-cleared" });
    else this.repeat();
  }

  /** Tells a listener that comes later. */
  repeat(): void {
    const detail = this.detail;
    if (detail !== null) this.#tell({ type: "fault-raised", detail });
  }
}
