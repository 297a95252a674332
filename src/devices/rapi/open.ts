import { textLines } from "../../platform/serial/lines-framing.ts";
import { openSerialLine } from "../../platform/serial/open.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { LONGEST_MESSAGE } from "./codec.ts";
import type { RapiConfig } from "./config.ts";
import { openRapiCharger } from "./driver.ts";

export async function open(config: RapiConfig, { clock, log, line }: Site): Promise<Dispenser> {
  const { port: path, currentA, maxPower: maxPowerW, bootLock } = config;
  const framing = textLines({ end: "\r", maxBytes: LONGEST_MESSAGE });
  const wire = await line(path, (ofPort) => openSerialLine({ path, baudRate: 115_200 }, framing, clock, ofPort));
  return openRapiCharger({ currentA, maxPowerW, bootLock }, wire, clock, log);
}
