import type { Part } from "./customer.ts";
import type { DeviceName } from "./devices.ts";

/** What is sold in a demo, by what, and how its customer goes about it. */
export interface Kind {
  /** Simulated at the far end of a pseudo-terminal; null for a dispenser without any wire. */
  readonly device: DeviceName | null;
  /** The position's part of the configuration. */
  position(port: string): object;
  readonly part: Part;
}

/** How much faster than in life the simulated devices are. */
export const HURRY = 8;

const NOTHING: Part = { maximum: "300.00", before: [], begin: [], end: null, resolutionBase: 0 };

const DIESEL = {
  product: { name: "Diesel", sku: "DSL", unit: "L", unitPrice: "19.89", taxRate: 25 },
  reserve: ["100.00", "300.00", "500.00"],
};

export const KINDS = {
  simulated: {
    device: null,
    position: () => ({
      ...DIESEL,
      dispenser: { driver: "simulated", quantity: "5.000" },
    }),
    part: NOTHING,
  },
  fuel: {
    device: "pump-dart",
    position: (port) => ({
      ...DIESEL,
      dispenser: { profile: "fuel-dart", port, priceDecimals: 2 },
    }),
    part: {
      ...NOTHING,
      begin: ["lift", "squeeze"],
      end: { quantity: 3, actions: ["release", "hang-up"] },
      resolutionBase: 10,
    },
  },
  charger: {
    device: "charger-rapi",
    position: (port) => ({
      product: { name: "Charging", sku: "AC", unit: "kWh", unitPrice: "4.50", taxRate: 25 },
      reserve: ["50.00", "100.00", "200.00"],
      // Nobody watches a demo for an hour.
      dispenser: { profile: "charger-rapi", port, maxPower: 11_000 * HURRY },
    }),
    part: {
      maximum: "100.00",
      before: ["plug-in"],
      begin: ["charge"],
      end: { quantity: 0.03, actions: ["unplug"] },
      resolutionBase: 1,
    },
  },
  vending: {
    device: "vending-mdb",
    position: (port) => ({
      product: { name: "Snacks", sku: "SNK", unit: "credit", unitPrice: "1.00", taxRate: 12 },
      reserve: ["20.00", "50.00"],
      dispenser: { profile: "vending-mdb", port, flow: "always-idle", prices: { 1: "12.00", 2: "15.50" } },
    }),
    part: { ...NOTHING, maximum: null, before: ["choose-1"] },
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof KINDS;
