import { z } from "zod";
import { about, decimal, file } from "../../config/fields.ts";
import type { DeviceDescription } from "../parts/device.ts";

const schema = z
  .strictObject({
    driver: z.literal("simulated").meta(about("No hardware.", "simulated")),
    quantity: decimal.meta(about("What each customer takes, in the product's unit.", "5.000")),
    rate: decimal.default("40").meta(about("How fast it flows, in the product's unit a minute.", "20")),
    register: file.optional().meta({
      form: "absolute path",
      ...about(
        "The file that plays the meter's memory. Without this key it stands beside the journal.",
        "/var/lib/kioskd/simulated-1.register",
      ),
    }),
  })
  .meta({ description: "A pump without hardware, to try things." });

export type SimulatedConfig = z.output<typeof schema>;

export const simulated: DeviceDescription<typeof schema> = {
  schema,
  files: [{ kind: "simulated", what: "a register of" }],
  facts: ({ quantity, rate, register = null }) => ({
    quantities: [
      { at: ["quantity"], text: quantity },
      { at: ["rate"], text: rate },
    ],
    register,
  }),
};
