import { z } from "zod";
import { about, duration } from "../../config/fields.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { wattsMax } from "../parts/fields.ts";
import { alive, inputLine, opening, others, outputLine, pulseLine } from "../parts/line-fields.ts";
import { pulseProblems, pulsesAfterClosing } from "../parts/pulse-fields.ts";

const schema = z
  .strictObject({
    driver: z.literal("s0-charger").meta(about("A contactor and a meter with pulses.", "s0-charger")),
    lines: z
      .strictObject({
        contactor: outputLine.meta(about("Switches the socket on.", "GPIO17")),
        alive,
        plug: inputLine.optional().meta(
          about("Active while a plug is in; pulling it ends the delivery. Without it nothing is seen of it.", {
            line: "GPIO13",
            bias: "pull-down",
          }),
        ),
        s0: pulseLine.meta(about("The meter's pulses, which are charged.", { line: "GPIO19", bias: "pull-down" })),
      })
      .meta({ description: "What is wired to which line." }),
    pulsesPerUnit: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .meta(about("Pulses for one kWh, printed on the meter as imp/kWh.", 800)),
    settle: duration("100ms", "30s")
      .prefault("2s")
      .meta(about("So long without a pulse after the contactor opened, and all has been counted.", "3s")),
    overrun: pulsesAfterClosing
      .default(1)
      .meta(about("Pulses that still come after the contactor was opened, until the driver has learned how many.", 2)),
    maxPower: wattsMax(1_000_000),
  })
  .meta({ description: "A socket by a contactor and a meter with an S0 output." });

export type S0ChargerConfig = z.output<typeof schema>;

export const s0Charger: DeviceDescription<typeof schema> = {
  schema,
  units: ["kWh"],
  files: [METER_FILE],
  facts: ({ lines: { contactor, ...rest } }) => ({
    lines: [...opening(["lines", "contactor"], contactor), ...others(["lines"], rest)],
  }),
  problems: ({ maxPower, pulsesPerUnit }) =>
    pulseProblems((maxPower * pulsesPerUnit) / 3_600_000, { pulsesPerUnit, by: "maxPower" }),
};
