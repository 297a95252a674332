import type { Demo, LineSimulator } from "../bench/device.ts";
import { startCoinMachine } from "./simulator/coin-machine.ts";

const AT = { coin: "GPIO17", inhibit: "GPIO19" };
/** In hundredths of a credit. */
const VALUE_BASE = 100;

export const onLines: LineSimulator = {
  what: "a machine that counts coins",
  start: (lines) => startCoinMachine(lines, AT, VALUE_BASE),
};

export const demo: Demo = {
  kind: "credit",
  position: () => ({
    product: { name: "Washing machine", sku: "WASH", unit: "credit", unitPrice: "1.00", taxRate: 25 },
    reserve: ["3.00", "5.00"],
    dispenser: { driver: "pulse-credit", lines: AT, value: "1.00", pause: "1s" },
  }),
  part: { maximum: "5.00", before: [], begin: [], end: null, resolutionBase: 0 },
};
