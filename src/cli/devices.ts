import type { BenchDevice, SimulatorPort } from "../devices/bench/device.ts";
import type { PortOptions } from "../devices/bench/port.ts";

/** The devices that can be simulated at the end of a serial line, by the names of `kioskd simulate`. */
interface Device {
  readonly what: string;
  readonly line: Omit<PortOptions, "path">;
  /** @param speed how many times faster than in life */
  start(port: SimulatorPort, speed: number): Promise<BenchDevice>;
}

export const DEVICES = {
  "pump-dart": {
    what: "a fuel pump that speaks DART, address 80",
    line: { baudRate: 9_600, parity: "odd" },
    start: async (port) => (await import("../devices/dart/simulator/pump.ts")).startDartPump(port),
  },
  "meter-sdm": {
    what: "an Eastron SDM meter with a contactor, unit 1",
    line: { baudRate: 9_600 },
    start: async (port) => (await import("../devices/modbus-meter/simulator/modbus-meter.ts")).startModbusMeter(port),
  },
  "charger-rapi": {
    what: "an OpenEVSE charger with a car",
    line: { baudRate: 115_200 },
    start: async (port, speed) =>
      (await import("../devices/rapi/simulator/charger.ts")).startRapiCharger(port, { speed }),
  },
  "vending-mdb": {
    what: "a vending machine behind a Qibixx MDB adapter",
    line: { baudRate: 115_200 },
    start: async (port) => (await import("../devices/mdb/simulator/vending-machine.ts")).startVendingMachine(port),
  },
} as const satisfies Record<string, Device>;

export type DeviceName = keyof typeof DEVICES;

/** Rejects when the port cannot be opened. */
export async function startDevice(name: DeviceName, path: string, speed = 1): Promise<BenchDevice> {
  const device: Device = DEVICES[name];
  const { openSimulatorPort } = await import("../devices/bench/port.ts");
  return await device.start(await openSimulatorPort({ ...device.line, path }), speed);
}
