import { minorDigits, parseScaled } from "../../core/money.ts";
import { parseUnitPrice } from "../../core/tariff.ts";
import { openSerialLine } from "../../platform/serial/open.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { openDartBus } from "./bus.ts";
import { dartFraming } from "./codec.ts";
import type { DartConfig } from "./config.ts";

export async function open(config: DartConfig, { currency, unitPrice, clock, line }: Site): Promise<Dispenser> {
  const { port: path, baudRate, address, nozzles, volumeDecimals, priceDecimals, amountDecimals } = config;
  const { pollInterval: pollMs, answerTimeout: answerTimeoutMs } = config;
  const bus = await line(path, (log) => {
    const wire = openSerialLine({ path, baudRate, parity: "odd", gapMs: 2 }, dartFraming(), clock, log);
    return openDartBus(wire, { pollMs, answerTimeoutMs }, clock, log);
  });
  const priceDigits = priceDecimals === undefined ? null : (parseScaled(unitPrice, priceDecimals) ?? null);
  const figures = { currencyDecimals: minorDigits(currency), unitPriceE6: parseUnitPrice(unitPrice) };
  return bus.pump({ address, nozzles, volumeDecimals, priceDigits, priceDecimals, amountDecimals, ...figures });
}
