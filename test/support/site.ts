import { parseQuantity } from "../../src/core/quantity.ts";
import type { Site } from "../../src/devices/parts/device.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { SILENT } from "./silent-log.ts";
import { tempFolder } from "./temp.ts";

/** A place of its own for one device: nothing is shared, and there are no lines. */
export function siteOf({ unit }: Pick<Site, "unit">, clock: Clock): Site {
  const folder = tempFolder();
  return {
    ...{ currency: "SEK", unit, unitPrice: "1.00", clock, log: SILENT },
    base: (text) => parseQuantity(text, unit) ?? 0,
    file: (kind) => `${folder}/${kind}.register`,
    path: (name) => `${folder}/${name}`,
    secret: () => {
      throw new Error("there are no secrets here");
    },
    gpio: () => Promise.reject(new Error("there are no lines here")),
    line: async (_port, make) => make(SILENT),
  };
}
