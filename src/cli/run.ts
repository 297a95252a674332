import type { Loaded } from "../config/load.ts";
import { CliError } from "../platform/console/failure.ts";
import { findingText, warningsIn } from "../platform/console/finding.ts";
import { createLog } from "../platform/log/log.ts";
import type { Log } from "../ports/log.ts";
import { loadConfig } from "../wiring/load.ts";
import type { StartDaemon } from "../wiring/served.ts";
import { EmergencyStop, onToldToFinish, toldToEnd } from "./ending.ts";
import { logOutput } from "./log-output.ts";
import { machineChecks } from "./machine-checks.ts";

export async function run(options: { config: string }, startDaemon: StartDaemon): Promise<void> {
  const loaded = loadConfig(options.config);
  const log = logFor(loaded, loaded.config.log.level);
  const emergencyStop = new EmergencyStop((error) => {
    log.error({ error }, "kioskd has met an error that nobody foresaw, and ends, to be restarted");
  });
  const ending = toldToEnd(() => emergencyStop.end(() => log.warn({}, "told twice to end: ending at once")));
  const onFatal = (reason: string): void => {
    void emergencyStop.end(() => log.error({ reason }, "kioskd cannot go on and ends, to be restarted"));
  };
  for (const text of warningsIn(loaded)) log.warn({}, text);
  await tellOfMachine(loaded, log);
  const daemon = await startDaemon(loaded, { log, emergencyStop, onFatal });
  onToldToFinish(() => {
    log.info({}, "asked to finish: no sale begins for two minutes");
    daemon.finish();
  });
  const operator = daemon.operatorUrl === null ? {} : { operator: daemon.operatorUrl };
  log.info({ display: daemon.displayUrl, ...operator, kiosk: loaded.config.kiosk.id }, "serving");
  log.info({ signal: await ending }, "ending");
  await daemon.close();
  log.info({}, "ended");
}

/**
 * What `check-config` would say, in its words. What can be mended while the daemon runs keeps it from nothing.
 * @throws CliError with what keeps it from starting
 */
async function tellOfMachine(loaded: Loaded, log: Log): Promise<void> {
  const { findings } = await machineChecks(loaded, Date.now());
  const wrong = findings.filter(({ keeps }) => keeps === "start").map((found) => findingText(loaded.file, found));
  if (wrong.length > 0) throw new CliError(wrong.join("\n"));
  for (const found of findings) {
    if (found.keeps === "sale") log.error({}, findingText(loaded.file, found));
    else log.warn({}, findingText(loaded.file, found));
  }
}

export function logFor({ config, secrets }: Loaded, level: "debug" | "info" | "warn" | "error"): Log {
  const { display } = config;
  // There the display draws on standard output.
  const out = display.driver === "terminal" && display.device === undefined ? process.stderr : process.stdout;
  return createLog({ level, secrets: secrets.all, write: logOutput(out) });
}
