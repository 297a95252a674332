import { systemClock } from "../../src/platform/clock/clock.ts";
import { openGpio } from "../../src/platform/gpio/open.ts";
import { SILENT } from "../support/silent-log.ts";

/** Plays a daemon that has opened a valve and counts: `gpio-daemon.ts <backend> <output> <counter>`. Waits to be killed. */
const [backend = "", output = "", counter = ""] = process.argv.slice(2);
if (backend !== "sysfs" && backend !== "libgpiod") throw new Error(`no backend: ${backend}`);
const gpio = await openGpio({ backend }, systemClock(), SILENT);
await gpio.counter(counter);
await (await gpio.output(output)).set(true);
console.log("open");
setInterval(() => undefined, 1_000);
