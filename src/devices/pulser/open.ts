import { basePerUnit } from "../../core/quantity.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { ABOVE_THE_MOST } from "../parts/pulse-parts.ts";
import type { FuelPulserConfig } from "./config.ts";
import { openFuelPulser } from "./pulser.ts";

export async function open(config: FuelPulserConfig, site: Site): Promise<Dispenser> {
  const { pulsesPerUnit, channelTolerance, overrun: overrunPulses, lines } = config;
  const { motor = null, fastValve = null, nozzle = null, pulserB = null, alive = null } = lines;
  const unitBase = basePerUnit(site.unit);
  const settings = {
    registerPath: site.file("meter"),
    basePerUnit: unitBase,
    maxPulsesPerSecond: (ABOVE_THE_MOST * site.base(config.maxRate) * pulsesPerUnit) / unitBase / 60,
    slowDownBase: site.base(config.slowDown),
    startDelayMs: config.startDelay,
    settleMs: config.settle,
    lines: { ...lines, motor, fastValve, nozzle, pulserB, alive },
    ...{ pulsesPerUnit, channelTolerance, overrunPulses },
  };
  return await openFuelPulser(settings, await site.gpio(), site.clock, site.log);
}
