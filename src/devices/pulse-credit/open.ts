import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import type { PulseCreditConfig } from "./config.ts";
import { openPulseCredit } from "./pulse-credit.ts";

export async function open(config: PulseCreditConfig, site: Site): Promise<Dispenser> {
  const { lines, value, maxPulses, on: onMs, off: offMs, pause: pauseMs, inhibitWait: inhibitWaitMs } = config;
  const settings = {
    registerPath: site.file("meter"),
    lines: { coin: lines.coin, inhibit: lines.inhibit ?? null },
    valueBase: site.base(value),
    ...{ maxPulses, onMs, offMs, pauseMs, inhibitWaitMs },
  };
  return await openPulseCredit(settings, await site.gpio(), site.clock, site.log);
}
