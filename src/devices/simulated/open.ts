import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import type { SimulatedConfig } from "./config.ts";
import { createSimulatedDispenser } from "./simulated.ts";

export async function open({ quantity, rate, register }: SimulatedConfig, site: Site): Promise<Dispenser> {
  const registerPath = register ?? site.file("simulated");
  const settings = { quantityBase: site.base(quantity), rateBasePerMinute: site.base(rate), registerPath };
  return createSimulatedDispenser(settings, site.clock);
}
