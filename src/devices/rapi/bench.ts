import type { Demo, Simulator } from "../bench/device.ts";
import { startRapiCharger } from "./simulator/charger.ts";

export const simulator: Simulator = {
  name: "charger-rapi",
  what: "an OpenEVSE charger with a car",
  line: { baudRate: 115_200 },
  start: (port, speed) => startRapiCharger(port, { speed }),
};

export const demo: Demo = {
  kind: "charger",
  position: (port, speed) => ({
    product: { name: "Charging", sku: "AC", unit: "kWh", unitPrice: "4.50", taxRate: 25 },
    reserve: ["50.00", "100.00", "200.00"],
    dispenser: { profile: "charger-rapi", port, maxPower: 11_000 * speed },
  }),
  part: {
    maximum: "100.00",
    before: ["plug-in"],
    begin: ["charge"],
    end: { quantity: 0.13, actions: ["unplug"] },
    resolutionBase: 1,
  },
};
