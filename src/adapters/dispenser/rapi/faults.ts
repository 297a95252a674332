import type { DispenserEvent } from "../../../ports/dispenser.ts";
import { STATE } from "./codec.ts";

export type Cause = "silent" | "state" | "restarted" | "meter" | "alone" | "running";

/** Several conditions that may overlap, told as the one fault that a dispenser has. */
export class Faults {
  readonly #causes = new Set<Cause>();
  readonly #tell: (event: DispenserEvent) => void;

  constructor(tell: (event: DispenserEvent) => void) {
    this.#tell = tell;
  }

  raise(cause: Cause, detail: string): void {
    if (this.#causes.has(cause)) return;
    this.#causes.add(cause);
    this.#tell({ type: "fault-raised", detail });
  }

  clear(...causes: readonly Cause[]): void {
    const before = this.#causes.size;
    for (const cause of causes) this.#causes.delete(cause);
    if (before > 0 && this.#causes.size === 0) this.#tell({ type: "fault-cleared" });
  }
}

const FAULTS: Readonly<Record<number, string>> = {
  [STATE.ventRequired]: "the car asks for ventilation",
  5: "the car's diode check failed",
  [STATE.groundFault]: "a ground fault: have the car and the cable checked",
  7: "no ground: have the installation checked",
  [STATE.stuckRelay]: "the relay is stuck: power may be on the cable. Switch the supply off and have it repaired",
  9: "the ground fault self-test failed",
  10: "too hot",
  11: "the car draws too much current",
};

/** What a fault state means, and what to do about it. */
export function faultText(state: number): string {
  return `the charger reports fault ${hex(state)}: ${FAULTS[state] ?? "see EVSE_STATE in its firmware"}`;
}

export function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
