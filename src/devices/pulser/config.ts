import { z } from "zod";
import { about, decimal, duration, durationText } from "../../config/fields.ts";
import { sentence } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";
import type { DevicePosition } from "../../ports/device.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { alive, inputLine, opening, others, outputLine, pulseLine } from "../parts/line-fields.ts";
import { pulseProblems, pulsesAfterClosing } from "../parts/pulse-fields.ts";

const schema = z
  .strictObject({
    driver: z.literal("fuel-pulser").meta(about("Pulses, valves and a motor on the header.", "fuel-pulser")),
    lines: z
      .strictObject({
        motor: outputLine
          .optional()
          .meta(about("Switches the pump's motor. Leave it out where another device does.", "GPIO17")),
        slowValve: outputLine.meta(
          about("Opens the valve that closes last: the slow one, or the only one.", "GPIO27", {
            line: "GPIO27",
            activeLow: true,
          }),
        ),
        fastValve: outputLine
          .optional()
          .meta(about("Opens the valve for full flow. Leave it out where there is one valve.", "GPIO22")),
        alive,
        nozzle: inputLine.optional().meta(
          about(
            "Active while the nozzle is lifted; hanging it up ends the delivery. Without it nothing is seen of it.",
            {
              line: "GPIO13",
              bias: "pull-down",
            },
          ),
        ),
        pulser: pulseLine.meta(about("The pulses that are charged.", "GPIO19", { line: "GPIO19", bias: "pull-down" })),
        pulserB: pulseLine
          .optional()
          .meta(
            about(
              "A second channel of the pulser, to see when pulses are lost. Without it nothing is compared.",
              "GPIO26",
            ),
          ),
      })
      .meta({ description: "What is wired to which line." }),
    pulsesPerUnit: z
      .int()
      .min(1)
      .max(100_000)
      .meta(about("Pulses for one unit (a litre): read it off the pulser, prove it with a measuring can.", 100)),
    slowDown: decimal
      .default("0.300")
      .meta(
        about(
          "The fast valve closes this much before the limit, in the product's unit. More for a valve that closes slowly.",
          "0.500",
        ),
      ),
    startDelay: duration("0ms", "30s")
      .prefault("2s")
      .meta(about("From the motor's start to the valve's opening, in which a pump resets its display.", "3s")),
    settle: duration("100ms", "10s")
      .prefault("1s")
      .meta(about("So long without a pulse after closing, and all that flowed has been counted.", "2s")),
    channelTolerance: z
      .int()
      .min(0)
      .max(1_000)
      .default(4)
      .meta(about("By how many pulses the two channels may differ in one delivery before it is a fault.", 2)),
    overrun: pulsesAfterClosing
      .default(3)
      .meta(
        about(
          "Pulses that still pass after the valve was closed, until the driver has learned how many it really are.",
          5,
        ),
      ),
    maxRate: decimal
      .default("130")
      .meta(about("The greatest flow, in the product's unit a minute. What is faster is noise, and a fault.", "40")),
  })
  .meta({ description: "A fuel pump by its pulses, valves and motor." });

export type FuelPulserConfig = z.output<typeof schema>;

export const fuelPulser: DeviceDescription<typeof schema> = {
  schema,
  units: ["L", "kg"],
  files: [METER_FILE],
  facts: ({ slowDown, maxRate, lines: { motor, slowValve, fastValve, ...rest } }) => ({
    quantities: [
      { at: ["slowDown"], text: slowDown },
      { at: ["maxRate"], text: maxRate },
    ],
    lines: [
      ...opening(["lines", "motor"], motor, { isLast: true }),
      ...opening(["lines", "slowValve"], slowValve),
      ...opening(["lines", "fastValve"], fastValve),
      ...others(["lines"], rest),
    ],
  }),
  problems,
};

function problems(config: FuelPulserConfig, { noFlowTimeoutMs }: DevicePosition): Found[] {
  const { maxRate, pulsesPerUnit, startDelay, lines, channelTolerance } = config;
  const found: Found[] = [];
  if (startDelay >= noFlowTimeoutMs) {
    const expected = `less than noFlowTimeout, ${durationText(noFlowTimeoutMs)}`;
    const hint = "each delivery would end before it begins";
    const message = sentence({ found: durationText(startDelay), expected, hint });
    found.push({ path: ["dispenser", "startDelay"], message, other: ["noFlowTimeout"] });
  }
  found.push(...pulseProblems((Number(maxRate) * pulsesPerUnit) / 60, { pulsesPerUnit, by: "maxRate" }));
  if (lines.pulserB !== undefined && channelTolerance >= pulsesPerUnit) {
    const expected = `fewer than pulsesPerUnit, ${pulsesPerUnit}`;
    const hint = "a whole unit might be missing on one channel";
    const message = sentence({ found: String(channelTolerance), expected, hint });
    found.push({ path: ["dispenser", "channelTolerance"], message, other: ["dispenser", "pulsesPerUnit"] });
  }
  return found;
}
