import { z } from "zod";
import { about, duration, durationText } from "../../config/fields.ts";
import { sentence } from "../../config/problem.ts";
import type { Found } from "../../ports/configured.ts";
import type { DevicePosition } from "../../ports/device.ts";
import { type DeviceDescription, METER_FILE } from "../parts/device.ts";
import { alive, inputLine, opening, others, outputLine } from "../parts/line-fields.ts";

const schema = z
  .strictObject({
    driver: z.literal("relay-timer").meta(about("A relay that is on for the time that was bought.", "relay-timer")),
    mode: z
      .enum(["metered", "fixed"])
      .default("metered")
      .meta(
        about(
          "metered: the seconds that it ran are charged, and the customer may stop at any moment. fixed: whole blocks are sold, which run to their end.",
          "fixed",
        ),
      ),
    block: duration("10s", "4h").optional().meta(about("How long a block is. Only of the mode fixed.", "5m")),
    lines: z
      .strictObject({
        power: outputLine.meta(about("Switches on what is sold.", "GPIO17")),
        alive,
        running: inputLine
          .optional()
          .meta(
            about(
              "Active while the machine really runs: only then seconds are charged. Without it the relay's own time is charged.",
              { line: "GPIO19", bias: "pull-down" },
            ),
          ),
        start: inputLine.optional().meta(
          about("The customer's button to begin, and to go on after a pause. Without it begins what is paid for.", {
            line: "GPIO5",
            activeLow: true,
            bias: "pull-up",
          }),
        ),
        stop: inputLine.optional().meta(
          about("The customer's button to end, or with `pause` to interrupt.", {
            line: "GPIO6",
            activeLow: true,
            bias: "pull-up",
          }),
        ),
        warning: outputLine
          .optional()
          .meta(about("A lamp or a buzzer that tells that the time is nearly over.", "GPIO22")),
      })
      .meta({ description: "What is wired to which line." }),
    startWithin: duration("1s", "30m")
      .prefault("1m")
      .meta(about("How long the start button is waited for. Then the sale ends, and nothing is charged.", "90s")),
    loadWithin: duration("100ms", "1m")
      .prefault("5s")
      .meta(
        about(
          "So long without `running` while the relay is on, and the sale ends. More for a machine that idles.",
          "10s",
        ),
      ),
    coast: duration("100ms", "1m")
      .prefault("5s")
      .meta(about("How long `running` may still be seen after the relay went off. Longer is a fault.", "10s")),
    pause: duration("1s", "30m")
      .optional()
      .meta(about("How long a customer may pause. Without it the stop button ends the sale.", "1m")),
    warnAt: duration("15s", "10m")
      .prefault("1m")
      .meta(about("What is left when `warning` is given for a second. In the last ten seconds it stays.", "30s")),
    longest: duration("10s", "4h")
      .prefault("4h")
      .meta(about("The longest that one sale may run, whatever was paid for.", "30m")),
  })
  .meta({ description: "Time for money: whatever a relay can switch on." });

export type RelayTimerConfig = z.output<typeof schema>;

export const relayTimer: DeviceDescription<typeof schema> = {
  schema,
  units: ["min", "h"],
  files: [METER_FILE],
  facts: ({ mode, block = 0, lines: { power, warning, ...rest } }) => ({
    lines: [
      ...opening(["lines", "power"], power),
      ...opening(["lines", "warning"], warning, { isLast: true }),
      ...others(["lines"], rest),
    ],
    leastLimitBase: mode === "fixed" ? Math.max(0, Math.floor(block / 1_000) - 1) : 0,
  }),
  problems,
};

function problems(config: RelayTimerConfig, { noFlowTimeoutMs }: DevicePosition): Found[] {
  const { lines, startWithin, loadWithin, pause } = config;
  const found: Found[] = [...blockProblems(config)];
  const waits = {
    ...(lines.start === undefined ? {} : { startWithin }),
    ...(lines.running === undefined ? {} : { loadWithin }),
    ...(pause === undefined ? {} : { pause }),
  };
  for (const [key, ms] of Object.entries(waits)) {
    if (ms < noFlowTimeoutMs) continue;
    const expected = `less than noFlowTimeout, ${durationText(noFlowTimeoutMs)}`;
    const hint = "the sale would be ended before";
    const message = sentence({ found: durationText(ms), expected, hint });
    found.push({ path: ["dispenser", key], message, other: ["noFlowTimeout"] });
  }
  if (pause !== undefined && lines.stop === undefined) {
    const example = "stop: { line: GPIO6, activeLow: true, bias: pull-up }";
    const message = sentence({ found: "no lines.stop beside pause", expected: "a button to pause by", example });
    found.push({ path: ["dispenser", "pause"], message, other: ["dispenser", "lines"] });
  }
  return found;
}

function blockProblems({ mode, block, longest }: RelayTimerConfig): Found[] {
  const path = ["dispenser", "block"];
  if (mode === "metered") {
    if (block === undefined) return [];
    const message = sentence({ found: "block beside the mode metered", expected: "no block, or mode: fixed" });
    return [{ path, message, other: ["dispenser", "mode"] }];
  }
  if (block === undefined) {
    const message = sentence({ found: "no block beside the mode fixed", expected: "its length", example: "block: 5m" });
    return [{ path: ["dispenser", "mode"], message }];
  }
  if (block % 1_000 !== 0) {
    return [
      { path, message: sentence({ found: durationText(block), expected: "whole seconds", example: "block: 90s" }) },
    ];
  }
  if (block <= longest) return [];
  const message = sentence({ found: durationText(block), expected: `at most longest, ${durationText(longest)}` });
  return [{ path, message, other: ["dispenser", "longest"] }];
}
