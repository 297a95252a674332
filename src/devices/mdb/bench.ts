import type { Demo, Simulator } from "../bench/device.ts";
import { startVendingMachine } from "./simulator/vending-machine.ts";

export const simulator: Simulator = {
  name: "vending-mdb",
  what: "a vending machine behind a Qibixx MDB adapter",
  line: { baudRate: 115_200 },
  start: (port) => startVendingMachine(port),
};

export const demo: Demo = {
  kind: "vending",
  position: (port) => ({
    product: { name: "Snacks", sku: "SNK", unit: "credit", unitPrice: "1.00", taxRate: 12 },
    reserve: ["20.00", "50.00"],
    dispenser: { profile: "vending-mdb", port, flow: "always-idle", prices: { 1: "12.00", 2: "15.50" } },
  }),
  part: { maximum: null, before: ["choose-1"], begin: [], end: null, resolutionBase: 0 },
};
