import type { GpioInput } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { DispenserEvents } from "../parts/dispenser-events.ts";
import type { HeartbeatLine } from "../parts/heartbeat-line.ts";
import type { Switch } from "../parts/switch.ts";
import type { TimerRegister } from "./timer-register.ts";

export interface TimerRules {
  /** Whole blocks of so many seconds are sold, each to its end; null where the seconds that ran are. */
  readonly blockS: number | null;
  readonly longestS: number;
  readonly startWithinMs: number;
  /** So long without the machine's word that it runs, and the delivery ends. */
  readonly loadWithinMs: number;
  /** So long it may go on running after the relay is off. */
  readonly coastMs: number;
  /** Null where nobody may pause. */
  readonly pauseMs: number | null;
  readonly warnAtMs: number;
}

export interface TimerParts {
  readonly rules: TimerRules;
  readonly power: Switch;
  readonly warning: Switch | null;
  readonly heartbeat: HeartbeatLine;
  readonly feedback: GpioInput | null;
  readonly hasStart: boolean;
  readonly stop: GpioInput | null;
  readonly register: TimerRegister;
  readonly events: DispenserEvents;
  readonly clock: Clock;
  readonly log: Log;
}

/** `ended`: off, and the sale has not confirmed it by a stop yet. */
export type Phase =
  | { readonly at: "idle" | "arming" | "ended" }
  | { readonly at: "waiting" | "paused"; readonly untilMs: number }
  | { readonly at: "running" }
  /** `byItself`: not because somebody asked or something failed. */
  | { readonly at: "shutting"; readonly byItself: boolean; readonly delivery: boolean };
