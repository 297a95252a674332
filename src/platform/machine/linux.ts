import { readFile, stat, statfs } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Machine } from "../../ports/machine.ts";

/** Finer than what anything here waits for, and still next to no work. */
const RESOLUTION_MS = 20;
/** The processor's, in thousandths of a degree. */
const THERMAL_ZONE = "/sys/class/thermal/thermal_zone0/temp";

/** systemd-timesyncd touches it each time it has heard a time server and set the clock. */
const TIMESYNC_MARK = "/run/systemd/timesync/synchronized";
/** It asks a server every 34 minutes at the least (PollIntervalMaxSec), and again when an answer got lost. */
const TIMESYNC_AGE_MS = 75 * 60_000;

/** A Linux machine. `folder` stands on the disk whose free space counts. */
export function linuxMachine(
  folder: string,
  thermalZone: string = THERMAL_ZONE,
  timesyncMark: string = TIMESYNC_MARK,
): Machine {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return {
    read: async () => {
      const loopLagMs = Math.max(0, Math.round(delay.max / 1e6) - RESOLUTION_MS);
      delay.reset();
      return {
        uptimeS: Math.floor(process.uptime()),
        residentBytes: process.memoryUsage.rss(),
        loopLagMs,
        diskFreeBytes: await freeBytes(folder),
        temperatureC: await temperatureC(thermalZone),
      };
    },
    clockIsSynchronised: () => isFresh(timesyncMark),
  };
}

/** A mark that lies ahead, or long ago, was made before somebody moved the clock. */
async function isFresh(mark: string): Promise<boolean> {
  try {
    const ageMs = Date.now() - (await stat(mark)).mtimeMs;
    return ageMs >= -1_000 && ageMs <= TIMESYNC_AGE_MS;
  } catch {
    return false;
  }
}

async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function temperatureC(zone: string): Promise<number | null> {
  try {
    const milliC = Number(await readFile(zone, "utf8"));
    return Number.isFinite(milliC) ? Math.round(milliC / 1000) : null;
  } catch {
    return null;
  }
}
