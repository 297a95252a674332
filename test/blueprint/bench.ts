import type { Simulator } from "../../src/devices/bench/device.ts";
import { simulateTap } from "./simulator/tap.ts";

export const simulator: Simulator = {
  name: "tap",
  what: "a tap that speaks lines of text",
  line: { baudRate: 9_600 },
  start: (port, speed) => simulateTap(port, { rateMlPerS: 50 * speed }),
};
