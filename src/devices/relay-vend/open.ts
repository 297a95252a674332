import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import type { RelayVendConfig } from "./config.ts";
import { openRelayVend } from "./relay-vend.ts";

export async function open(config: RelayVendConfig, site: Site): Promise<Dispenser> {
  const { mode, motor: motorMs, dropTimeout: dropTimeoutMs, idle: idleMs, maxVends, dropSensor } = config;
  const settings = {
    registerPath: site.file("meter"),
    selections: config.selections.map(({ id, output, button = null, price }) => {
      return { id, output, button, priceBase: site.unit === "pcs" ? 1 : site.base(price) };
    }),
    dropSensors: dropSensor === undefined ? [] : [dropSensor],
    ...{ mode, motorMs, dropTimeoutMs, idleMs, maxVends },
  };
  return await openRelayVend(settings, await site.gpio(), site.clock, site.log);
}
