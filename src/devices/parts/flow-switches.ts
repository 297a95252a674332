import type { Switch } from "./switch.ts";

export interface FlowSwitchParts {
  /** What must run before anything is opened: a pump's motor. */
  readonly drive: Switch | null;
  /** How long it must have run: pumps reset meanwhile. */
  readonly startDelayMs: number;
  readonly narrow: Switch;
  readonly wide: Switch | null;
}

/** What lets goods out, in its order: drive, narrow, wide; and back: wide and narrow at once, the drive when all is quiet. */
export class FlowSwitches {
  readonly #parts: FlowSwitchParts;
  #drivenSinceMs: number | null = null;
  #shutSinceMs: number | null;

  constructor(parts: FlowSwitchParts, nowMs: number) {
    this.#parts = parts;
    this.#shutSinceMs = nowMs;
  }

  /** A step towards being open so far; to be called again until it is. */
  open(width: "wide" | "narrow", nowMs: number): void {
    const { drive, narrow, wide, startDelayMs } = this.#parts;
    drive?.set(true);
    if (drive !== null && drive.known !== true) return;
    this.#drivenSinceMs ??= nowMs;
    if (nowMs - this.#drivenSinceMs < startDelayMs) return;
    this.#shutSinceMs = null;
    narrow.set(true);
    wide?.set(width === "wide" && narrow.known === true);
  }

  /** Closes; to be called again until it is known to be shut. */
  shut(nowMs: number): void {
    const { narrow, wide } = this.#parts;
    wide?.set(false);
    narrow.set(false);
    const shut = narrow.known === false && (wide === null || wide.known === false);
    this.#shutSinceMs = shut ? (this.#shutSinceMs ?? nowMs) : null;
  }

  /** Since when it is known to be shut; null while it is not. */
  get shutSinceMs(): number | null {
    return this.#shutSinceMs;
  }

  /** Whether everything is known to be off. */
  get atRest(): boolean {
    const { drive, narrow, wide } = this.#parts;
    return [drive, narrow, wide].every((each) => each === null || each.known === false);
  }

  rest(): void {
    this.#parts.drive?.set(false);
    this.#drivenSinceMs = null;
  }

  /** The lines were lost. */
  forget(): void {
    const { drive, narrow, wide } = this.#parts;
    for (const each of [drive, narrow, wide]) each?.forget();
    this.#shutSinceMs = null;
  }
}
