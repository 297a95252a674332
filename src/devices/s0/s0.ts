import type { Gpio } from "../../platform/gpio/gpio.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import type { CounterLine, InputLine, OutputLine } from "../parts/lines.ts";
import { openPulseDispenser } from "../parts/pulse-parts.ts";
import { fileStore, type OpenStore } from "../parts/register-file.ts";

export interface S0ChargerSettings {
  /** The register's file, of this position alone. Made when it is missing; its folder must be there and survive. */
  readonly registerPath: string;
  /** Impulses for a kilowatt-hour, as printed on the meter: 1,000 commonly. */
  readonly pulsesPerUnit: number;
  /** Base units in one of these: 1,000 Wh in a kilowatt-hour. */
  readonly basePerUnit: number;
  /** Well above the greatest power: more is noise, and stops the charge. 22 kW at 1,000 imp/kWh are 6.1. */
  readonly maxPulsesPerSecond: number;
  /** The most that may come after the contactor was told to open, as long as nothing was learned. */
  readonly overrunPulses: number;
  /** So long without a pulse after opening the contactor, and it counts as open. */
  readonly settleMs: number;
  readonly lines: {
    readonly contactor: OutputLine;
    readonly meter: CounterLine;
    /** Active while a vehicle is plugged in; pulled out, it ends the charge. */
    readonly plug: InputLine | null;
    readonly alive: OutputLine | null;
  };
}

/**
 * A charging point by its contactor and the S0 output (IEC 62053-31) of its meter. The contactor closes when armed and
 * plugged in, and opens before the limit. Rejects with a GpioError or a RegisterError.
 */
export async function openS0Charger(
  settings: S0ChargerSettings,
  gpio: Gpio,
  clock: Clock,
  log: Log,
  openStore: OpenStore = fileStore(settings.registerPath),
): Promise<Dispenser> {
  const { lines, pulsesPerUnit, basePerUnit, maxPulsesPerSecond, overrunPulses, settleMs } = settings;
  return await openPulseDispenser(
    {
      meter: { pulsesPerUnit, basePerUnit, maxPulsesPerSecond, channelTolerance: 0 },
      limits: { slowDownPulses: 0, overrunPulses, maxPulsesPerSecond },
      settleMs,
      startDelayMs: 0,
      lines: {
        drive: null,
        narrow: lines.contactor,
        wide: null,
        present: lines.plug,
        channels: [lines.meter],
        alive: lines.alive,
      },
    },
    openStore,
    gpio,
    clock,
    log,
  );
}
