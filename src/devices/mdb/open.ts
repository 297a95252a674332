import { minorDigits } from "../../core/money.ts";
import { textLines } from "../../platform/serial/lines-framing.ts";
import { openSerialLine } from "../../platform/serial/open.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import type { DecimalPlaces } from "./codec.ts";
import { currencyNumberOf, type MdbConfig } from "./config.ts";
import { openMdbVending } from "./driver.ts";

export async function open(config: MdbConfig, site: Site): Promise<Dispenser> {
  const { currency, clock, log } = site;
  const { port: path, flow, address, maxVends, vendTimeout: vendTimeoutMs, wantTimeout: wantTimeoutMs } = config;
  const prices =
    config.prices === undefined
      ? null
      : new Map(Object.entries(config.prices).map(([item, price]) => [Number(item), site.base(price)]));
  const currencyNumber = currencyNumberOf(config, currency) ?? 0;
  const { scaleFactor, decimalPlaces = placesOf(currency) } = config;
  const amounts = { decimalPlaces, scaleFactor, currencyNumber };
  const settings = { flow, address, prices, maxVends, vendTimeoutMs, wantTimeoutMs, ...amounts };
  const framing = textLines({ end: "\n", maxBytes: 128 });
  const wire = await site.line(path, (ofPort) => openSerialLine({ path, baudRate: 115_200 }, framing, clock, ofPort));
  return await openMdbVending(settings, wire, site.file("meter"), clock, log);
}

/** MDB has no more than three. */
function placesOf(currency: string): DecimalPlaces {
  return Math.min(minorDigits(currency), 3) as DecimalPlaces;
}
