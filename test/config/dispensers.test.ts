import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { claimsOf, outputsOf } from "../../src/config/plug-ins.ts";
import { profileNames } from "../../src/config/profile.ts";
import { shortfallWh } from "../../src/devices/rapi/delivery.ts";
import { DEVICES } from "../../src/devices/registry.ts";
import { deviceAt, meterOf } from "../../src/wiring/devices.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";

const ROOT = join(import.meta.dirname, "../..");
const HARDWARE = readFileSync(join(ROOT, "docs/hardware.md"), "utf8");

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

/** What no assembly can say: who is let in at this very place. */
const OF_POSITION: Readonly<Record<string, object>> = { "charger-ocpp": { withoutPassword: true } };

describe("the assemblies that come with the program", () => {
  it("are those that docs/hardware.md lists", () => {
    const listed = [...HARDWARE.matchAll(/^\| \[([a-z0-9-]+)\]\(\.\.\/hw\//gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThanOrEqual(7);
    expect(new Set(profileNames())).toEqual(new Set(listed));
  });

  it.each(profileNames())("%s is a whole dispenser, for a product that it counts", (profile) => {
    const { driver } = parse(readFileSync(join(ROOT, `hw/${profile}/profile.yaml`), "utf8"));
    const unit = DEVICES.find((each) => each.driver === driver)?.units?.[0] ?? "";
    const { config } = loadConfig(write({ unit, dispensers: [{ profile, ...OF_POSITION[profile] }] }));
    expect(config.positions[0]?.dispenser.driver).toBe(driver);
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
    ["an unknown assembly", { unit: "L", dispensers: [{ profile: "pump" }] }, "expected one of charger-ocpp, "],
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
    const leastBase = config.positions.map((position) => deviceAt(position).leastLimitBase);
    expect(leastBase).toEqual([shortfallWh({ currentA: 16, maxPowerW: 7_400, bootLock: "expected" })]);
  });

  it("but two pumps on one line, at two addresses, are two positions", () => {
    const { config } = loadConfig(write({ unit: "L", dispensers: [dart, { ...dart, address: 81 }] }));
    expect(config.positions.flatMap((position) => claimsOf(deviceAt(position)))).toEqual([
      "address 80 on /dev/ttyUSB0",
      "address 81 on /dev/ttyUSB0",
    ]);
  });

  it("and all that can let something flow is known by name", () => {
    const { config } = loadConfig(write({ unit: "L", dispensers: [{ profile: "fuel-pulser-pi" }] }));
    const outputs = config.positions.flatMap((position) => outputsOf(deviceAt(position)).map(({ line }) => line));
    expect(outputs).toEqual(["GPIO27", "GPIO22", "GPIO17"]);
  });
});

const PULSER = { driver: "fuel-pulser", pulsesPerUnit: 100 };
const METER = { driver: "modbus-meter", port: "/dev/ttyU0", meter: "sdm120", unit: 3 };
const DART = { driver: "dart", port: "/dev/ttyU0", address: 80 };

describe("what a journal knows a meter by never changes", () => {
  it.each<[string, object, string]>([
    ["L", { driver: "simulated", quantity: "5" }, "simulated, /var/simulated-p0.register"],
    ["L", { driver: "simulated", quantity: "5", register: "/x/y.register" }, "simulated, /x/y.register"],
    [
      "L",
      { ...PULSER, lines: { pulser: "GPIO6", pulserB: "pin 40", slowValve: "GPIO27", motor: "GPIO17" } },
      "fuel-pulser, line GPIO17, line GPIO27, line GPIO6, line pin 40",
    ],
    [
      "kWh",
      { driver: "s0-charger", lines: { s0: "GPIO19", plug: "GPIO13", alive: "GPIO23", contactor: "GPIO17" } },
      "s0-charger, line GPIO17, line GPIO23, line GPIO13, line GPIO19",
    ],
    [
      "credit",
      {
        driver: "relay-vend",
        selections: [{ id: "1", output: "GPIO17", button: "GPIO5", price: "12.00" }],
        dropSensor: "GPIO19",
      },
      "relay-vend, line GPIO17, line GPIO5, line GPIO19",
    ],
    [
      "min",
      { driver: "relay-timer", lines: { power: "GPIO17", running: "GPIO19", warning: "GPIO22" } },
      "relay-timer, line GPIO17, line GPIO22, line GPIO19",
    ],
    [
      "credit",
      { driver: "pulse-credit", lines: { coin: "GPIO17", inhibit: "GPIO19" }, value: "1.00" },
      "pulse-credit, line GPIO17, line GPIO19",
    ],
    ["L", DART, "dart, address 80 on /dev/ttyU0"],
    ["L", { ...DART, volumeDecimals: 3 }, "dart, address 80 on /dev/ttyU0, 3 decimals"],
    ["kWh", { ...METER, contactor: "GPIO17" }, "modbus-meter, unit 3 on /dev/ttyU0, line GPIO17"],
    ["kWh", { ...METER, contactor: { coil: 4 } }, "modbus-meter, unit 3 on /dev/ttyU0, coil 4 of unit 3 on /dev/ttyU0"],
    [
      "kWh",
      { ...METER, contactor: { coil: 4, unit: 9 } },
      "modbus-meter, unit 3 on /dev/ttyU0, coil 4 of unit 9 on /dev/ttyU0",
    ],
    ["kWh", { driver: "rapi", port: "/dev/ttyU0", currentA: 16 }, "rapi, port /dev/ttyU0"],
    ["credit", { driver: "mdb", port: "/dev/ttyU0" }, "mdb, port /dev/ttyU0"],
  ])("in %s, %j", (unit, dispenser, known) => {
    const { config } = loadConfig(write({ unit, dispensers: [dispenser] }));
    expect(config.positions.map((position) => meterOf(position, { folder: "/var" }))).toEqual([known]);
  });
});
