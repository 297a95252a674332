import { z } from "zod";
import { about, decimal, duration, durationText } from "../../config/fields.ts";
import { sentence } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";
import type { DevicePosition } from "../../ports/device.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { inputLine, opening, others, outputLine } from "../parts/line-fields.ts";

const schema = z
  .strictObject({
    driver: z
      .literal("pulse-credit")
      .meta(about("Pulses to the coin input of a machine that only counts coins.", "pulse-credit")),
    lines: z
      .strictObject({
        coin: outputLine.meta(
          about("Closes the machine's coin input, by an isolated contact that is open without current.", "GPIO17"),
        ),
        inhibit: inputLine.optional().meta(
          about("Active while the machine takes no coins: nothing is sold, and no pulse begins.", {
            line: "GPIO19",
            activeLow: true,
            bias: "pull-up",
          }),
        ),
      })
      .meta({ description: "What is wired to which line." }),
    value: decimal.meta(
      about(
        "What the machine gives for one pulse, in kiosk.currency. Sell amounts that are whole pulses: no part of one is given or charged.",
        "1.00",
      ),
    ),
    maxPulses: z.int().min(1).max(500).default(100).meta(about("The most pulses that one payment buys.", 20)),
    on: duration("10ms", "2s").prefault("100ms").meta(about("How long the coin input is closed for a pulse.", "50ms")),
    off: duration("10ms", "2s")
      .prefault("100ms")
      .meta(about("How long it is open at the least before the next pulse.", "200ms")),
    pause: duration("0s", "1m")
      .prefault("15s")
      .meta(about("How long after the last pulse of a sale the next sale's first one waits.", "5s")),
    inhibitWait: duration("0s", "2m")
      .prefault("30s")
      .meta(
        about("How long `inhibit` is waited out in a sale. Then the sale ends, and what was given is charged.", "1m"),
      ),
  })
  .meta({ description: "Credits for a machine that counts coins: prepaid pulses, whose effect nobody sees." });

export type PulseCreditConfig = z.output<typeof schema>;

export const pulseCredit: DeviceDescription<typeof schema> = {
  schema,
  units: ["credit"],
  files: [METER_FILE],
  facts: ({ lines: { coin, inhibit }, value }) => ({
    prices: [{ at: ["value"], text: value }],
    lines: [...opening(["lines", "coin"], coin), ...others(["lines"], { inhibit })],
  }),
  problems,
};

function problems({ pause, inhibitWait, lines }: PulseCreditConfig, { noFlowTimeoutMs }: DevicePosition): Found[] {
  const longestMs = pause + (lines.inhibit === undefined ? 0 : inhibitWait);
  if (longestMs < noFlowTimeoutMs) return [];
  const message = sentence({
    found: `${durationText(longestMs)} in which no pulse may come`,
    expected: `less than noFlowTimeout, ${durationText(noFlowTimeoutMs)}`,
    hint: "pause, and with an inhibit line inhibitWait, count together: the sale would be ended before",
  });
  return [{ path: ["dispenser", "pause"], message, other: ["noFlowTimeout"] }];
}
