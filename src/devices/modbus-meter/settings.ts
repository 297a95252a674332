import type { Contactor } from "./contactor.ts";
import type { Dispute } from "./dispute.ts";
import type { OwnRegister } from "./register-map.ts";
import type { RegisterMap } from "./registers.ts";

export interface ModbusMeterSettings {
  readonly unit: number;
  /** The name of a model, or where another meter has its energy. */
  readonly meter: string | OwnRegister;
  /** Whether the meter is wired the other way round. */
  readonly invert?: boolean;
  /** What the outlet can give at most: no reading that rises faster is believed. */
  readonly maxPowerW: number;
  /** How often the meter is read while energy flows. */
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly timing?: Partial<Timing>;
}

export interface ModbusMeterParts {
  readonly contactor: Contactor;
  /** Closed with the dispenser. */
  readonly dispute: Dispute;
}

export interface Timing {
  /** How often it is read while nothing may flow. */
  readonly restingPollMs: number;
  /** By how much the meter's registers may run behind what flows, where its model does not say. */
  readonly lagMs: number;
  /** From the decision to open the contactor until it is open. */
  readonly openingMs: number;
  /** Without a reading for so long while energy flows, the contactor is opened. */
  readonly silentMs: number;
  /** How often it is proven while nothing may flow that the contactor follows. */
  readonly proveMs: number;
  /** How long a register that went on from elsewhere must go on from there until it is believed. */
  readonly steadyMs: number;
}

export const TIMING: Timing = {
  restingPollMs: 2_000,
  lagMs: 1_000,
  openingMs: 100,
  silentMs: 2_000,
  proveMs: 10_000,
  steadyMs: 60_000,
};

export function timingOf({ lagMs }: RegisterMap, given: Partial<Timing> = {}): Timing {
  return { ...TIMING, ...(lagMs === null ? {} : { lagMs }), ...given };
}
