import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/platform/clock/clock.ts";
import { openGpio } from "../../src/platform/gpio/open.ts";
import { type GpioRig, gpioChecks } from "../contract/gpio-checks.ts";
import { SILENT } from "../support/silent-log.ts";
import { kernelChecks } from "./gpio-kernel-checks.ts";
import { childProcesses } from "./processes.ts";
import { findSimChip } from "./sim-chip.ts";

/**
 * Runs the GPIO contract, and what only a kernel can show, on simulated lines of the kernel's:
 *
 *     hw/rig/guest --root trixie -- node --import tsx test/rig/gpio-contract.ts sysfs|libgpiod gpio-sim.rig
 *
 * Debian 12's userland, the guest's usual root, does for sysfs. Ends with 0 when all held.
 */
const [backend = "", label = ""] = process.argv.slice(2);
if ((backend !== "sysfs" && backend !== "libgpiod") || label === "") {
  console.error("usage: gpio-contract.ts sysfs|libgpiod <label of a gpio-sim chip>");
  process.exit(2);
}

const chip = findSimChip(label);
const line = (offset: number): string => `${label}:${offset}`;
const offsetOf = (name: string): number => Number(name.slice(label.length + 1));

const rig: GpioRig = {
  open: () => openGpio({ backend }, systemClock(), SILENT),
  lines: { output: line(3), input: line(5), counter: line(7), other: line(9) },
  level: (name) => chip.level(offsetOf(name)),
  drive: (name, high) => chip.drive(offsetOf(name), high),
  pulse: (name, count) => {
    for (let n = 0; n < count; n++) {
      chip.drive(offsetOf(name), true);
      chip.drive(offsetOf(name), false);
    }
  },
  until: async (what, holds) => {
    const endMs = performance.now() + 30_000;
    while (!holds()) {
      if (performance.now() > endMs) throw new Error(`waited in vain until ${what}`);
      await sleep(5);
    }
  },
  pass: (ms) => sleep(ms),
  countsAlone: backend === "sysfs",
  debounces: true,
  lose: backend === "sysfs" ? null : killHelpers,
  regain: () => undefined,
};

function killHelpers(): void {
  for (const pid of childProcesses("hold-lines.py")) process.kill(pid, "SIGKILL");
}

let failures = 0;
for (const check of [...gpioChecks, ...kernelChecks(backend, chip)]) {
  const startedMs = performance.now();
  try {
    await check.run(rig);
    console.log(`ok    ${check.name} (${Math.round(performance.now() - startedMs)} ms)`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${check.name}\n      ${error instanceof Error ? error.stack : String(error)}`);
  }
}
console.log(failures === 0 ? `all held with ${backend}` : `${failures} failed with ${backend}`);
process.exit(failures === 0 ? 0 : 1);
