import { describe, it } from "vitest";
import { type GpioRig, gpioChecks } from "./gpio-checks.ts";

/** What every way to GPIO lines must hold to. `test/rig/gpio-contract.ts` runs the same on a kernel's lines. */
export function gpioContract(name: string, makeRig: () => GpioRig): void {
  describe(`the GPIO contract: ${name}`, () => {
    it.each(gpioChecks)("$name", ({ run }) => run(makeRig()));
  });
}
