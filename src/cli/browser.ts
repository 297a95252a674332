import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Config } from "../config/schema.ts";
import { readSecret, secretPath } from "../config/secrets.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { createLog } from "../platform/log/log.ts";
import { systemdService } from "../platform/service/systemd.ts";
import { loadConfig } from "../wiring/load.ts";
import { askHeartbeat } from "./browser/heartbeat.ts";
import { BrowserKeeper, KEEPER } from "./browser/keeper.ts";
import { launchBrowser } from "./browser/launch.ts";
import { toldToEnd } from "./ending.ts";
import { logOutput } from "./log-output.ts";

interface Options {
  readonly config: string;
  readonly browser?: string;
  readonly compositor?: string;
}

const BROWSERS = ["chromium", "chromium-browser"];

/** Keeps the kiosk's page open in a browser until told to end. */
export async function browser(options: Options): Promise<void> {
  const { config, secrets } = loadConfig(options.config, "read");
  const url = urlOf(config.display);
  const token = tokenOf(options.config, config.display);
  const programs = {
    browser: browserOf(options),
    cage: cageOf(options),
    setpriv: find("setpriv", "package util-linux"),
  };
  const isWayland = programs.cage !== null || process.env["WAYLAND_DISPLAY"] !== undefined;
  const clock = systemClock();
  const log = createLog({
    level: config.log.level,
    secrets: token === null ? secrets.all : [...secrets.all, token],
    write: logOutput(process.stdout),
  });
  const runtimeFolder = process.env["RUNTIME_DIRECTORY"] ?? mkdtempSync(join(tmpdir(), "kioskd-display-"));
  const page = token === null ? `${url}/` : `${url}/?token=${encodeURIComponent(token)}`;
  const launch = { ...programs, isWayland, url: page, runtimeFolder, environment: process.env };
  const keeper = new BrowserKeeper(KEEPER, {
    clock,
    log,
    launch: () => launchBrowser(launch, clock),
    heartbeat: () => askHeartbeat(url, token),
  });
  const service = await systemdService(process.env, clock, log);
  void toldToEnd().then((signal) => {
    log.info({ signal }, "ending");
    service.stopping();
    keeper.end();
  });
  service.ready();
  service.watch(() => keeper.isMoving());
  await keeper.run();
  service.close();
  if (process.env["RUNTIME_DIRECTORY"] === undefined) rmSync(runtimeFolder, { recursive: true, force: true });
  log.info({}, "ended");
}

/** Where the browser finds the page: at this machine itself when the daemon listens on all its addresses. */
function urlOf({ driver, listen: { host, port } }: Config["display"]): string {
  if (driver !== "web") throw new CliError(`display.driver is ${driver}: a browser is for driver web only`);
  if (port === 0) throw new CliError("display.listen: give a port that is not 0, or the browser cannot know it");
  const name = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

function tokenOf(file: string, { tokenFile }: Config["display"]): string | null {
  if (tokenFile === undefined) return null;
  try {
    return readSecret(secretPath(file, tokenFile));
  } catch (error) {
    throw new CliError(`display.tokenFile: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function browserOf({ browser: given }: Options): string {
  if (given !== undefined) return find(given, "or give --browser the path of another one");
  const found = BROWSERS.map(onPath).find((path) => path !== null);
  if (found === undefined || found === null) {
    throw new CliError(`there is no ${BROWSERS.join(" or ")}: install chromium, or give --browser PATH`);
  }
  return found;
}

function cageOf({ compositor }: Options): string | null {
  const { WAYLAND_DISPLAY: wayland, DISPLAY: x11 } = process.env;
  const chosen = compositor ?? (wayland === undefined && x11 === undefined ? "cage" : "none");
  if (chosen === "none") return null;
  if (chosen !== "cage") throw new UsageError(`--compositor: expected cage or none, not "${chosen}"`);
  return find("cage", "packages cage and xwayland");
}

function find(program: string, advice: string): string {
  const path = onPath(program);
  if (path === null) throw new CliError(`there is no program ${program}: install it, ${advice}`);
  return path;
}

function onPath(program: string): string | null {
  const folders = program.includes("/") ? [""] : (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => (folder === "" ? program : join(folder, program))).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
