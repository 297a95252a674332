import type { Gpio } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import type { CounterLine, InputLine, OutputLine } from "../parts/lines.ts";
import { openPulseDispenser } from "../parts/pulse-parts.ts";
import { fileStore, type OpenStore } from "../parts/register-file.ts";

export interface FuelPulserSettings {
  /** The register's file, of this position alone. Made when it is missing; its folder must be there and survive. */
  readonly registerPath: string;
  readonly pulsesPerUnit: number;
  /** Base units in one of these: 1,000 ml in a litre. */
  readonly basePerUnit: number;
  /** Well above the greatest flow: more is noise, and stops the delivery. */
  readonly maxPulsesPerSecond: number;
  /** By how many pulses two channels may differ in one delivery; without a second channel of no use. */
  readonly channelTolerance: number;
  /** So much before the limit the fast valve closes: more than flows until it has closed and 300 ms longer. */
  readonly slowDownBase: number;
  /** The most that may flow after the slow valve was told to close, as long as nothing was learned. */
  readonly overrunPulses: number;
  /** From the motor to the valve, in which a pump resets. */
  readonly startDelayMs: number;
  /** So long without a pulse after closing, and nothing flows any more. */
  readonly settleMs: number;
  readonly lines: {
    readonly motor: OutputLine | null;
    readonly slowValve: OutputLine;
    readonly fastValve: OutputLine | null;
    /** Active while the nozzle is lifted. */
    readonly nozzle: InputLine | null;
    /** The channel that is charged. */
    readonly pulser: CounterLine;
    readonly pulserB: CounterLine | null;
    readonly alive: OutputLine | null;
  };
}

/**
 * A fuel pump by its motor relay, its valves and its pulser: motor, delay, slow valve, fast valve; the fast one closes
 * before the limit, the slow one so that what still flows ends there; the motor goes off last. A nozzle hung up ends the
 * delivery. Rejects with a GpioError or a RegisterError.
 */
export async function openFuelPulser(
  settings: FuelPulserSettings,
  gpio: Gpio,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(settings.registerPath),
): Promise<Dispenser> {
  const { lines, pulsesPerUnit, basePerUnit, maxPulsesPerSecond, channelTolerance } = settings;
  const slowDownPulses = Math.ceil((settings.slowDownBase * pulsesPerUnit) / basePerUnit);
  const { motor, slowValve, fastValve, nozzle, pulser, pulserB, alive } = lines;
  return await openPulseDispenser(
    {
      meter: { pulsesPerUnit, basePerUnit, maxPulsesPerSecond, channelTolerance },
      limits: {
        slowDownPulses: fastValve === null ? 0 : slowDownPulses,
        overrunPulses: settings.overrunPulses,
        maxPulsesPerSecond,
      },
      settleMs: settings.settleMs,
      startDelayMs: settings.startDelayMs,
      lines: {
        drive: motor,
        narrow: slowValve,
        wide: fastValve,
        present: nozzle,
        channels: pulserB === null ? [pulser] : [pulser, pulserB],
        alive,
      },
    },
    openStore,
    gpio,
    clock,
    log,
  );
}
