import { ExplainedError } from "../../core/explained-error.ts";
import type { Outcome } from "../../ports/outcome.ts";

/**
 * Lines of GPIO chips, the same for every way the kernel offers them. A line is named by its header pin (`pin 11`),
 * its name (`GPIO17`) or its chip's label and the offset on it (`pinctrl-bcm2711:17`).
 *
 * Taking a line rejects with a GpioError that says which line, what was found, and what to do. Afterwards nothing throws.
 */
export interface Gpio {
  readonly backend: "sysfs" | "libgpiod";
  /** Takes the line and drives it inactive, without a glitch to active on the way. */
  output(line: string, options?: OutputOptions): Promise<GpioOutput>;
  /** `changed` is told the level now, and again after each change. */
  input(line: string, options: InputOptions, changed: (active: boolean) => void): Promise<GpioInput>;
  /** Takes the line for one edge, so that the kernel counts. */
  counter(line: string, options?: CounterOptions): Promise<PulseCounter>;
  /** Told when lines are lost (a process that held them died) and when all are held again. Outputs come back inactive. All listeners are told. */
  onHeld(listener: (held: boolean, detail: string) => void): void;
  /** Drives every output inactive, then gives back what can be given back; counters stay counting where the kernel allows it. */
  close(): Promise<void>;
}

export interface OutputOptions {
  readonly activeLow?: boolean;
}

export interface InputOptions {
  readonly activeLow?: boolean;
  readonly bias?: Bias;
  /** A level counts once it has held for so long. */
  readonly debounceMs?: number;
}

export interface CounterOptions {
  readonly edge?: "rising" | "falling";
  readonly bias?: Bias;
}

/** Sysfs knows no bias: there the device tree sets it. */
export type Bias = "as-is" | "pull-up" | "pull-down" | "disabled";

export interface GpioOutput {
  /** Resolves when the line has the level. Calls are carried out in order; the last one wins. */
  set(active: boolean): Promise<Outcome<null>>;
}

export interface GpioInput {
  readonly active: boolean;
}

/** What the kernel counted on one line: pulses, not events, so none is lost while nobody looks. */
export interface PulseCounter {
  /**
   * Pulses modulo 2^32, at once. It starts again with the machine, which `bootId` tells. `unknown` while the line is
   * not held, for then nobody counts.
   */
  read(): Outcome<number>;
  readonly bootId: string;
}

/** A line cannot be used. The message says which, what was found and what to do. */
export class GpioError extends ExplainedError {
  override readonly name = "GpioError";
}
