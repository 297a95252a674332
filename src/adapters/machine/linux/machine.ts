import { readFile, statfs } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Machine } from "../../../ports/machine.ts";

/** Finer than what anything here waits for, and still next to no work. */
const RESOLUTION_MS = 20;
/** The processor's, in thousandths of a degree. */
const THERMAL_ZONE = "/sys/class/thermal/thermal_zone0/temp";

/** A Linux machine. `folder` stands on the disk whose free space counts. */
export function linuxMachine(folder: string, thermalZone: string = THERMAL_ZONE): Machine {
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
  };
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
