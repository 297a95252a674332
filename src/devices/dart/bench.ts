import type { Demo, Simulator } from "../bench/device.ts";
import { startDartPump } from "./simulator/pump.ts";

export const simulator: Simulator = {
  name: "pump-dart",
  what: "a fuel pump that speaks DART, address 80",
  line: { baudRate: 9_600, parity: "odd" },
  start: (port) => startDartPump(port),
};

export const demo: Demo = {
  kind: "fuel",
  position: (port) => ({
    product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
    reserve: ["100.00", "300.00", "500.00"],
    dispenser: { profile: "fuel-dart", port, priceDecimals: 2 },
  }),
  part: {
    maximum: "300.00",
    before: [],
    begin: ["lift", "squeeze"],
    end: { quantity: 3, actions: ["release", "hang-up"] },
    resolutionBase: 10,
  },
};
