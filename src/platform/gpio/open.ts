import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Gpio } from "./gpio.ts";
import { HOLD_LINES, LibgpiodGpio } from "./libgpiod/libgpiod.ts";
import { CloseList } from "./sysfs/close-list.ts";
import { onoffLines, SysfsGpio } from "./sysfs/sysfs.ts";

export interface GpioSettings {
  /** `auto`: sysfs where the kernel has it, for its counters outlive the daemon; else libgpiod. */
  readonly backend: "auto" | "sysfs" | "libgpiod";
  /** The label of the chip whose line N is GPIO N of the header, on a board that is no Raspberry Pi. */
  readonly headerChip?: string | null | undefined;
  /** Where the outputs are listed while the daemon runs, where they keep their level without it. */
  readonly closeListPath?: string | undefined;
  /** What stands for / before /sys and /proc. */
  readonly root?: string;
}

/** Rejects with a GpioError where the backend cannot work on this machine. */
export async function openGpio(settings: GpioSettings, clock: Clock, log: Log): Promise<Gpio> {
  const { root = "/", headerChip = null, closeListPath = null } = settings;
  return chooseBackend(settings) === "sysfs"
    ? new SysfsGpio({ root, headerChip, closeList: new CloseList(closeListPath) }, await onoffLines(), clock, log)
    : LibgpiodGpio.open(root, headerChip, HOLD_LINES, clock, log);
}

export function chooseBackend({ backend, root = "/" }: GpioSettings): "sysfs" | "libgpiod" {
  if (backend !== "auto") return backend;
  return existsSync(join(root, "/sys/class/gpio/export")) ? "sysfs" : "libgpiod";
}
