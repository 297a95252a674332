import { dart } from "./dart/config.ts";
import { mdb } from "./mdb/config.ts";
import { modbusMeter } from "./modbus-meter/config.ts";
import { ocpp } from "./ocpp/config.ts";
import { type Device, device } from "./parts/device.ts";
import { pulseCredit } from "./pulse-credit/config.ts";
import { fuelPulser } from "./pulser/config.ts";
import { rapi } from "./rapi/config.ts";
import { relayTimer } from "./relay-timer/config.ts";
import { relayVend } from "./relay-vend/config.ts";
import { s0Charger } from "./s0/config.ts";
import { simulated } from "./simulated/config.ts";

/** Every device, in the order in which documents and messages name them. */
export const DEVICES: readonly Device[] = [
  device(simulated, { open: () => import("./simulated/open.ts"), bench: () => import("./simulated/bench.ts") }),
  device(fuelPulser, { open: () => import("./pulser/open.ts") }),
  device(relayVend, { open: () => import("./relay-vend/open.ts") }),
  device(relayTimer, { open: () => import("./relay-timer/open.ts"), bench: () => import("./relay-timer/bench.ts") }),
  device(pulseCredit, { open: () => import("./pulse-credit/open.ts"), bench: () => import("./pulse-credit/bench.ts") }),
  device(s0Charger, { open: () => import("./s0/open.ts") }),
  device(dart, { open: () => import("./dart/open.ts"), bench: () => import("./dart/bench.ts") }),
  device(modbusMeter, { open: () => import("./modbus-meter/open.ts"), bench: () => import("./modbus-meter/bench.ts") }),
  device(rapi, { open: () => import("./rapi/open.ts"), bench: () => import("./rapi/bench.ts") }),
  device(ocpp, { open: () => import("./ocpp/open.ts"), bench: () => import("./ocpp/bench.ts") }),
  device(mdb, { open: () => import("./mdb/open.ts"), bench: () => import("./mdb/bench.ts") }),
];
