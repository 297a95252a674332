import type { Demo } from "../bench/device.ts";

export const demo: Demo = {
  kind: "simulated",
  position: () => ({
    product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
    reserve: ["100.00", "300.00", "500.00"],
    dispenser: { driver: "simulated", quantity: "5.000" },
  }),
  part: { maximum: "300.00", before: [], begin: [], end: null, resolutionBase: 0 },
};
