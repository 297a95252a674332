import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { claimsOf, leastLimitBase, outputsOf } from "../../src/config/dispensers.ts";
import { loadConfig } from "../../src/config/load.ts";
import { profileNames } from "../../src/config/profile.ts";
import { shortfallWh } from "../../src/devices/rapi/delivery.ts";
import { tempFolder } from "../support/temp.ts";

interface Given {
  readonly unit: string;
  readonly unitPrice?: string;
  readonly dispensers: readonly object[];
}

function write({ unit, unitPrice = "1.00", dispensers }: Given): string {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  const positions = dispensers.map((dispenser, index) => {
    writeFileSync(join(folder, `secrets/${index}`), "12345678", { mode: 0o600 });
    return {
      id: `p${index}`,
      terminal: { id: `t${index}`, passwordFile: `secrets/${index}` },
      product: { name: "Goods", sku: "G", unit, unitPrice, taxRate: 25 },
      reserve: ["100.00"],
      dispenser,
    };
  });
  const config = {
    kiosk: { id: "k-1", name: "Kiosk", currency: "SEK" },
    journal: { path: "journal.db" },
    payment: { provider: "seqr", seqr: { endpoint: "http://127.0.0.1:1/" } },
    display: { driver: "web", listen: "127.0.0.1:0", required: false },
    positions,
  };
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  return file;
}

function refusal(given: Given): string {
  try {
    loadConfig(write(given));
  } catch (error) {
    return (error as Error).message.replace(/^\S+kioskd.yaml/gm, "kioskd.yaml");
  }
  throw new Error("the configuration was taken");
}

const UNITS: Readonly<Record<string, string>> = {
  "fuel-pulser-pi": "L",
  "fuel-dart": "L",
  "charger-sdm": "kWh",
  "charger-rapi": "kWh",
  "charger-s0": "kWh",
  "vending-mdb": "credit",
  "vending-relay": "credit",
};

describe("the assemblies that come with the program", () => {
  it("are these", () => {
    expect(new Set(profileNames())).toEqual(new Set(Object.keys(UNITS)));
  });

  it.each(Object.entries(UNITS))("%s is a whole dispenser for a product in %s", (profile, unit) => {
    const { config } = loadConfig(write({ unit, dispensers: [{ profile }] }));
    expect(config.positions[0]?.dispenser.driver).toMatch(/^[a-z0-9-]+$/);
  });

  it("give way to what the configuration says, key by key", () => {
    const own = { profile: "fuel-pulser-pi", pulsesPerUnit: 330, lines: { slowValve: "pin 40" } };
    const { config } = loadConfig(write({ unit: "L", dispensers: [own] }));
    expect(config.positions[0]?.dispenser).toMatchObject({
      driver: "fuel-pulser",
      pulsesPerUnit: 330,
      lines: { slowValve: { line: "pin 40", activeLow: false }, motor: { line: "GPIO17" } },
    });
  });
});

describe("a dispenser that cannot be right is refused", () => {
  const dart = { driver: "dart", port: "/dev/ttyUSB0", address: 80 };
  const rapi = { driver: "rapi", port: "/dev/ttyUSB0", currentA: 16 };
  const vend = { driver: "mdb", port: "/dev/ttyACM0", prices: { 1: "12.00" } };
  const pulser = { driver: "fuel-pulser", pulsesPerUnit: 100, lines: { slowValve: "GPIO27", pulser: "GPIO6" } };
  it.each<[string, Given, string]>([
    ["an unknown assembly", { unit: "L", dispensers: [{ profile: "pump" }] }, "expected one of charger-rapi, "],
    [
      "a driver that counts something else",
      { unit: "kWh", dispensers: [dart] },
      "product.unit: found kWh, expected L. Nothing else is counted by dart",
    ],
    ["a price for a credit", { unit: "credit", unitPrice: "2.00", dispensers: [vend] }, 'expected "1.00"'],
    [
      "two pumps at one address",
      { unit: "L", dispensers: [dart, dart] },
      "positions[1].dispenser.address: found address 80 on /dev/ttyUSB0 a second time",
    ],
    [
      "two chargers on one port",
      { unit: "kWh", dispensers: [rapi, rapi] },
      'positions[1].dispenser.port: found "/dev/ttyUSB0" for rapi, where another rapi is',
    ],
    [
      "a line with two uses",
      { unit: "L", dispensers: [{ ...pulser, lines: { slowValve: "GPIO17", pulser: "GPIO17" } }] },
      'positions[0].dispenser.lines.pulser: found "GPIO17" a second time',
    ],
    ["a quantity too fine", { unit: "L", dispensers: [{ ...pulser, slowDown: "0.0001" }] }, "no more decimals than L"],
    ["an unknown key in a line", { unit: "L", dispensers: [{ ...pulser, lines: { valve: "GPIO5" } }] }, "unknown key"],
    [
      "a reserve that buys less than the charger needs to stop",
      { unit: "kWh", unitPrice: "6000.00", dispensers: [rapi] },
      'reserve[0]: found "100.00", expected an amount that buys more than 0.037 kWh at 6000.00 SEK/kWh',
    ],
    [
      "no device's path",
      { unit: "L", dispensers: [{ ...dart, port: "COM1" }] },
      'found "COM1", expected a path of a serial port, such as /dev/kioskd/rs485',
    ],
  ])("%s", (_what, given, message) => {
    expect(refusal(given)).toContain(message);
  });

  it("by as much as its driver really needs", () => {
    const { config } = loadConfig(write({ unit: "kWh", dispensers: [{ ...rapi, maxPower: 7_400 }] }));
    const leastBase = config.positions.map(({ dispenser }) => leastLimitBase(dispenser));
    expect(leastBase).toEqual([shortfallWh({ currentA: 16, maxPowerW: 7_400, bootLock: "expected" })]);
  });

  it("but two pumps on one line, at two addresses, are two positions", () => {
    const { config } = loadConfig(write({ unit: "L", dispensers: [dart, { ...dart, address: 81 }] }));
    expect(config.positions.flatMap(({ dispenser }) => claimsOf(dispenser))).toEqual([
      "address 80 on /dev/ttyUSB0",
      "address 81 on /dev/ttyUSB0",
    ]);
  });

  it("and all that can let something flow is known by name", () => {
    const { config } = loadConfig(write({ unit: "L", dispensers: [{ profile: "fuel-pulser-pi" }] }));
    const outputs = config.positions.flatMap(({ dispenser }) => outputsOf(dispenser).map(({ line }) => line));
    expect(outputs).toEqual(["GPIO27", "GPIO22", "GPIO17"]);
  });
});
