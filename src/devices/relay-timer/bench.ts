import type { Demo, LineSimulator } from "../bench/device.ts";
import { startBay } from "./simulator/bay.ts";

const AT = { power: "GPIO17", running: "GPIO19", start: "GPIO5", stop: "GPIO6", warning: "GPIO22" };

export const onLines: LineSimulator = {
  what: "a bay of a car wash",
  start: (lines) => startBay(lines, AT),
};

export const demo: Demo = {
  kind: "timer",
  position: () => ({
    product: { name: "Wash bay", sku: "WASH", unit: "min", unitPrice: "15.00", taxRate: 25 },
    reserve: ["30.00", "60.00", "90.00"],
    // Nobody waits a minute to see a pause end.
    dispenser: { profile: "wash-bay", pause: "5s" },
  }),
  part: {
    maximum: "30.00",
    before: [],
    begin: ["press-start"],
    end: { quantity: 0.1, actions: ["press-stop"] },
    // What it took to run up, and the second that was not whole.
    resolutionBase: 2,
  },
};
