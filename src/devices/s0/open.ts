import { basePerUnit } from "../../core/quantity.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { ABOVE_THE_MOST } from "../parts/pulse-parts.ts";
import type { S0ChargerConfig } from "./config.ts";
import { openS0Charger } from "./s0.ts";

export async function open(config: S0ChargerConfig, site: Site): Promise<Dispenser> {
  const { pulsesPerUnit, overrun: overrunPulses, settle: settleMs, maxPower } = config;
  const { contactor, s0: meter, plug = null, alive = null } = config.lines;
  const unitBase = basePerUnit(site.unit);
  const settings = {
    registerPath: site.file("meter"),
    basePerUnit: unitBase,
    maxPulsesPerSecond: (ABOVE_THE_MOST * maxPower * pulsesPerUnit) / unitBase / 3_600,
    lines: { contactor, meter, plug, alive },
    ...{ pulsesPerUnit, overrunPulses, settleMs },
  };
  return await openS0Charger(settings, await site.gpio(), site.clock, site.log);
}
