import type { Clock } from "../../ports/clock.ts";
import { wait } from "../time/wait.ts";
import { startHelper } from "./libgpiod/helper.ts";
import { HOLD_LINES, refusal, takeRequest } from "./libgpiod/libgpiod.ts";
import { chooseBackend, type GpioSettings } from "./open.ts";
import { findSysfsLine } from "./sysfs/chips.ts";
import { driveInactive, exportLine } from "./sysfs/exported.ts";

export interface OutputToSwitchOff {
  readonly line: string;
  readonly activeLow: boolean;
}

/** An output that may still be active, and why. */
export interface OutputNotOff {
  readonly line: string;
  readonly detail: string;
}

/** A helper whose daemon was killed takes a moment to drive its outputs inactive and go. */
const BUSY_TIMEOUT_MS = 2_000;
const BUSY_AGAIN_MS = 100;

/** Drives the outputs inactive, whatever state they are in and without the daemon. Returns those it could not. */
export async function outputsOff(
  outputs: readonly OutputToSwitchOff[],
  settings: GpioSettings,
  clock: Clock,
): Promise<readonly OutputNotOff[]> {
  return chooseBackend(settings) === "sysfs"
    ? await eachOff(outputs, (output) => offBySysfs(output, settings, clock))
    : await offByLibgpiod(outputs, settings, clock);
}

async function eachOff(
  outputs: readonly OutputToSwitchOff[],
  off: (output: OutputToSwitchOff) => Promise<string | null>,
): Promise<readonly OutputNotOff[]> {
  const failed: OutputNotOff[] = [];
  for (const output of outputs) {
    const detail = await off(output).catch((error: unknown): string | null =>
      error instanceof Error ? error.message : String(error),
    );
    if (detail !== null) failed.push({ line: output.line, detail });
  }
  return failed;
}

async function offBySysfs(
  { line, activeLow }: OutputToSwitchOff,
  { root = "/", headerChip = null }: GpioSettings,
  clock: Clock,
): Promise<null> {
  const exported = await exportLine(root, findSysfsLine(root, line, headerChip), clock);
  driveInactive(exported, activeLow);
  return null;
}

/** Requested as an output that is inactive and then given back, it stays inactive, or is no output any more. */
async function offByLibgpiod(
  outputs: readonly OutputToSwitchOff[],
  { headerChip = null }: GpioSettings,
  clock: Clock,
): Promise<readonly OutputNotOff[]> {
  const started = await startHelper(HOLD_LINES, clock, () => undefined);
  if (started.kind !== "done") return outputs.map(({ line }) => ({ line, detail: started.detail }));
  const helper = started.value;
  const untilMs = clock.monotonicMs() + BUSY_TIMEOUT_MS;
  const failed = await eachOff(outputs, async ({ line, activeLow }) => {
    const request = takeRequest(line, headerChip, line, "kioskd-outputs-off", { take: "output", activeLow });
    for (;;) {
      const answer = await helper.ask(request);
      if (answer.kind !== "done") return answer.detail;
      if ("ok" in answer.value) return null;
      if (answer.value.error !== "EBUSY" || clock.monotonicMs() >= untilMs) return refusal(line, answer.value);
      await wait(clock, BUSY_AGAIN_MS);
    }
  });
  await helper.end();
  return failed;
}
