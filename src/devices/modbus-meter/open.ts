import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { fileStore } from "../parts/register-file.ts";
import { openBus } from "./bus.ts";
import type { ModbusMeterConfig } from "./config.ts";
import { coilContactor, gpioContactor } from "./contactor.ts";
import { Dispute } from "./dispute.ts";
import { openModbusMeter } from "./modbus-meter.ts";

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
