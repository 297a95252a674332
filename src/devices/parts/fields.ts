import { z } from "zod";
import { about } from "../../config/fields.ts";
import type { PortUse } from "../../ports/device.ts";

export const wattsMax = (mostW: number) =>
  z
    .int()
    .min(100)
    .max(mostW)
    .default(22_000)
    .meta(
      about(
        "The most that the charger can deliver, in watts. An energy that rises faster is not believed, and a fault.",
        11_000,
      ),
    );

export const goodsMax = z
  .int()
  .min(1)
  .max(20)
  .default(1)
  .meta(about("How many goods one payment may buy, as long as the money lasts.", 3));

export const serialPort = z
  .string()
  .regex(/^\/\S{1,200}$/)
  .meta({
    form: "path of a serial port",
    ...about("The serial port of the device. Take a name that stays the same when plugs change.", "/dev/kioskd/rs485"),
  });

/** A port with nothing else on it. */
export function ownPort(path: string): PortUse {
  return { path, alike: null, own: [] };
}

/** Of devices that may share a line. */
export const POLL_OF_BUS = "How often the device is asked. Longer when several share one line.";
export const ANSWER_OF_BUS = "How long an answer of the device is waited for. Longer on a line with a slow converter.";
