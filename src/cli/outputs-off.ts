import { dirname } from "node:path";
import type { Loaded } from "../config/load.ts";
import { outputsOf } from "../config/plug-ins.ts";
import type { Config, PositionConfig } from "../config/schema.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, reasonText } from "../platform/console/failure.ts";
import { print, told } from "../platform/console/print.ts";
import { createLog } from "../platform/log/log.ts";
import { within } from "../platform/time/wait.ts";
import type { Clock } from "../ports/clock.ts";
import { unknown } from "../ports/outcome.ts";
import { deviceAt, openDispenser, Shared, type Surroundings } from "../wiring/devices.ts";
import { loadConfig } from "../wiring/load.ts";
import { logOutput } from "./log-output.ts";

/** How long a device behind a port may take to confirm that it has stopped. */
const STOP_TIMEOUT_MS = 5_000;

/** Closes everything that could let something flow, whatever became of the daemon: valves, contactors, devices. */
export async function outputsOff(options: { config: string }): Promise<void> {
  const loaded = loadConfig(options.config, "read");
  const { config } = loaded;
  const clock = systemClock();
  const failures = [...(await closeLines(config, clock)), ...(await stopDevices(loaded, clock))];
  if (failures.length > 0) throw new CliError(`Something may still flow:\n${failures.join("\n")}`);
  print(told`${config.positions.length} position(s): nothing can flow.`);
}

/** The lines first: they need nobody's answer. */
async function closeLines({ positions, gpio }: Config, clock: Clock): Promise<string[]> {
  const lines = positions.flatMap((position) => outputsOf(deviceAt(position)));
  if (lines.length === 0) return [];
  const { outputsOff: drive } = await import("../platform/gpio/outputs-off.ts");
  try {
    return (await drive(lines, gpio, clock)).map(({ line, detail }) => `line ${line}: ${detail}`);
  } catch (error) {
    return [`lines: ${reasonText(error)}`];
  }
}

/** A device behind a port is told to stop as the daemon would tell it. One whose contactor is a line is closed by now. */
async function stopDevices({ file, config, secrets }: Loaded, clock: Clock): Promise<string[]> {
  const shared = new Shared();
  const log = createLog({ level: "error", secrets: secrets.all, write: logOutput(process.stderr) });
  const around = { file, config, folder: dirname(config.journal.path), clock, log, shared };
  const behindPorts = config.positions.filter((position) => {
    const device = deviceAt(position);
    return device.port !== null && outputsOf(device).length === 0;
  });
  // One that cannot even be opened keeps nobody from stopping the others.
  const failures = await Promise.all(
    behindPorts.map((position) =>
      stopDevice(position, around).catch((error: unknown) => `position ${position.id}: ${reasonText(error)}`),
    ),
  );
  await shared.close();
  return failures.filter((failure) => failure !== null);
}

async function stopDevice(position: PositionConfig, around: Surroundings): Promise<string | null> {
  const dispenser = await openDispenser(position, around);
  const endMs = around.clock.monotonicMs() + STOP_TIMEOUT_MS;
  const stopped = (await within(around.clock, STOP_TIMEOUT_MS, dispenser.stop())) ?? unknown("no answer");
  await within(around.clock, endMs - around.clock.monotonicMs(), dispenser.close());
  return stopped.kind === "done" ? null : `position ${position.id}: ${stopped.detail}`;
}
