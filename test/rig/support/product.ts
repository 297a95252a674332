import { systemClock } from "../../../src/platform/clock/clock.ts";
import type { Gpio } from "../../../src/platform/gpio/gpio.ts";
import { openGpio } from "../../../src/platform/gpio/open.ts";
import { createLog } from "../../../src/platform/log/log.ts";

/** The product's own lines; what it logs from a warning on goes to stderr. */
export function productGpio(backend: "sysfs" | "libgpiod" = "sysfs"): Promise<Gpio> {
  const log = createLog({ level: "warn", secrets: [], write: (line) => process.stderr.write(line) });
  return openGpio({ backend }, systemClock(), log);
}
