import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import type { RelayTimerConfig } from "./config.ts";
import { openRelayTimer } from "./relay-timer.ts";

export async function open(config: RelayTimerConfig, site: Site): Promise<Dispenser> {
  const { mode, block = 0, lines, startWithin: startWithinMs, loadWithin: loadWithinMs, longest } = config;
  const { alive = null, running = null, start = null, stop = null, warning = null } = lines;
  const settings = {
    registerPath: site.file("meter"),
    blockS: mode === "fixed" ? Math.floor(block / 1_000) : null,
    longestS: Math.floor(longest / 1_000),
    lines: { power: lines.power, alive, running, start, stop, warning },
    ...{ startWithinMs, loadWithinMs, coastMs: config.coast, pauseMs: config.pause ?? null, warnAtMs: config.warnAt },
  };
  return await openRelayTimer(settings, await site.gpio(), site.clock, site.log);
}
