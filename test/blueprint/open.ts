import type { Site } from "../../src/devices/parts/device.ts";
import { textLines } from "../../src/platform/serial/lines-framing.ts";
import { openSerialLine } from "../../src/platform/serial/open.ts";
import type { Dispenser } from "../../src/ports/dispenser.ts";
import { LONGEST_LINE } from "./codec.ts";
import type { TapConfig } from "./config.ts";
import { createTap } from "./driver.ts";

export async function open(config: TapConfig, { clock, line }: Site): Promise<Dispenser> {
  const { port: path, pollInterval: pollIntervalMs, answerTimeout: answerTimeoutMs } = config;
  const framing = textLines({ end: "\n", maxBytes: LONGEST_LINE });
  const wire = await line(path, (log) => openSerialLine({ path, baudRate: 9_600, gapMs: 2 }, framing, clock, log));
  return createTap(wire, { pollIntervalMs, answerTimeoutMs }, clock);
}
