import type { Demo, NetSimulator } from "../bench/device.ts";
import { startCharger } from "./simulator/socket.ts";

const CAR_W = 11_000;

export const simulator: NetSimulator = {
  name: "charger-ocpp",
  what: "a charger that speaks OCPP 1.6J, with a car",
  usual: "ws://127.0.0.1:8887/charger-1",
  urlAt: (address) => `ws://${address}/charger-1`,
  call: (url, speed) => startCharger({ url }, { carPowerW: CAR_W * speed }),
};

export const demo: Demo = {
  kind: "ocpp",
  position: (address, speed) => ({
    product: { name: "Charging", sku: "AC", unit: "kWh", unitPrice: "4.50", taxRate: 25 },
    reserve: ["50.00", "100.00", "200.00"],
    dispenser: {
      ...{ driver: "ocpp", listen: address, identity: "charger-1", withoutPassword: true },
      ...{ maxPower: CAR_W * speed, sampleInterval: "1s" },
    },
  }),
  part: {
    maximum: "100.00",
    before: ["plug-in"],
    begin: ["charge"],
    end: { quantity: 0.13, actions: ["unplug"] },
    resolutionBase: 1,
  },
};
