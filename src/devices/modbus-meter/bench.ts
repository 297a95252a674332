import type { Simulator } from "../bench/device.ts";
import { startModbusMeter } from "./simulator/modbus-meter.ts";

export const simulator: Simulator = {
  name: "meter-sdm",
  what: "an Eastron SDM meter with a contactor, unit 1",
  line: { baudRate: 9_600 },
  start: (port) => startModbusMeter(port),
};
