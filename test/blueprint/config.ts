import { z } from "zod";
import { about, duration, durationText } from "../../src/config/fields.ts";
import { sentence } from "../../src/config/problem.ts";
import type { DeviceDescription } from "../../src/devices/parts/device.ts";
import { ownPort, serialPort } from "../../src/devices/parts/fields.ts";

const schema = z
  .strictObject({
    driver: z.literal("tap").meta(about("A tap that speaks lines of text.", "tap")),
    port: serialPort,
    pollInterval: duration("20ms", "1s")
      .prefault("250ms")
      .meta(about("How often the tap is asked. It closes when it hears nothing for a second.", "200ms")),
    answerTimeout: duration("20ms", "1s")
      .prefault("200ms")
      .meta(about("How long an answer of the tap is waited for.", "300ms")),
  })
  .meta({ description: "A tap on a serial port." });

export type TapConfig = z.output<typeof schema>;

/** From the last question that it hears until it closes by itself. */
const FORGOTTEN_MS = 1_000;

export const tap: DeviceDescription<typeof schema> = {
  schema,
  units: ["L"],
  facts: ({ port }) => ({ port: ownPort(port) }),
  problems: ({ pollInterval, answerTimeout }) => {
    const roomMs = FORGOTTEN_MS - pollInterval;
    if (answerTimeout < roomMs) return [];
    const expected = `less than ${durationText(roomMs)} beside this pollInterval`;
    const hint = "with one answer lost the tap would close";
    const message = sentence({ found: durationText(answerTimeout), expected, hint });
    return [{ path: ["dispenser", "answerTimeout"], message, other: ["dispenser", "pollInterval"] }];
  },
};
