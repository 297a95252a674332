import { dart } from "./dart/config.ts";
import { mdb } from "./mdb/config.ts";
import { modbusMeter } from "./modbus-meter/config.ts";
import { type Device, device } from "./parts/device.ts";
import { fuelPulser } from "./pulser/config.ts";
import { rapi } from "./rapi/config.ts";
import { relayVend } from "./relay-vend/config.ts";
import { s0Charger } from "./s0/config.ts";
import { simulated } from "./simulated/config.ts";

/** Every device, in the order in which documents and messages name them. */
export const DEVICES: readonly Device[] = [
  device(simulated, () => import("./simulated/open.ts")),
  device(fuelPulser, () => import("./pulser/open.ts")),
  device(relayVend, () => import("./relay-vend/open.ts")),
  device(s0Charger, () => import("./s0/open.ts")),
  device(dart, () => import("./dart/open.ts")),
  device(modbusMeter, () => import("./modbus-meter/open.ts")),
  device(rapi, () => import("./rapi/open.ts")),
  device(mdb, () => import("./mdb/open.ts")),
];
