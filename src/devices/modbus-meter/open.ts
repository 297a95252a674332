import type { SerialLine } from "../../platform/serial/line.ts";
import { openNetLine, openSerialLine } from "../../platform/serial/open.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Log } from "../../ports/log.ts";
import type { Site } from "../parts/device.ts";
import { fileStore } from "../parts/register-file.ts";
import { answersFraming, type Frame } from "./codec.ts";
import type { ModbusMeterConfig } from "./config.ts";
import { coilContactor, gpioContactor } from "./contactor.ts";
import { Dispute } from "./dispute.ts";
import { MbapFraming, overTcp } from "./mbap.ts";
import { openModbusMeter } from "./modbus-meter.ts";
import { networkPlace } from "./place.ts";

export async function open(config: ModbusMeterConfig, site: Site): Promise<Dispenser> {
  const { port: path, unit, meter, invert, maxPower: maxPowerW, contactor: by } = config;
  const { pollInterval: pollMs, answerTimeout: timeoutMs } = config;
  const { clock, log } = site;
  const bus = await site.line(path, (ofPort) => openBus(config, clock, ofPort));
  const contactor =
    "line" in by
      ? gpioContactor(await (await site.gpio()).output(by.line, by))
      : coilContactor({ unit: by.unit ?? unit, coil: by.coil, timeoutMs }, bus);
  const dispute = await Dispute.open(fileStore(site.file("dispute")), clock, log);
  const settings = { unit, meter, invert, maxPowerW, pollMs, timeoutMs };
  return openModbusMeter(settings, bus, clock, log, { contactor, dispute });
}

/** Silence on a network is no silence on the wire behind it: this is what a gateway needs to tell two messages apart. */
const GATEWAY_GAP_MS = 20;

type Place = Pick<ModbusMeterConfig, "port" | "framing" | "baudRate" | "parity" | "stopBits">;

/** A serial line, a meter that speaks Modbus TCP, or a gateway to a serial line. */
export function openBus({ port: path, framing, ...line }: Place, clock: Clock, log: Log): SerialLine<Frame> {
  const place = networkPlace(path);
  if (place === null) {
    const gapMs = Math.ceil(38_500 / line.baudRate);
    return openSerialLine({ path, ...line, gapMs }, answersFraming(), clock, log);
  }
  if (framing === "rtu") return openNetLine({ path, ...place, gapMs: GATEWAY_GAP_MS }, answersFraming(), clock, log);
  return overTcp(openNetLine({ path, ...place }, new MbapFraming(), clock, log));
}
