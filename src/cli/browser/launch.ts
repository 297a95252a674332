import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { notStarted } from "../../platform/programs.ts";
import type { Clock } from "../../ports/clock.ts";
import { endGroup } from "./group.ts";

/** docs/display.md says what each is for. */
export const ARGUMENTS = [
  "--kiosk",
  "--no-first-run",
  "--no-default-browser-check",
  "--noerrdialogs",
  "--disable-infobars",
  "--disable-pinch",
  "--overscroll-history-navigation=0",
  "--disable-features=Translate",
  "--force-device-scale-factor=1",
  "--check-for-update-interval=31536000",
  "--disable-component-update",
  "--disable-background-networking",
  "--password-store=basic",
  "--disk-cache-size=10000000",
] as const;

export interface LaunchSettings {
  /** util-linux's, as are the others the path of a program. */
  readonly setpriv: string;
  readonly browser: string;
  /** The program that shows the browser's only window, where no desktop runs. */
  readonly cage: string | null;
  readonly isWayland: boolean;
  /** The page, token included. */
  readonly url: string;
  /** Where each start gets a folder of its own, which nobody else can read. */
  readonly runtimeFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A browser with all its processes. */
export interface RunningBrowser {
  /** Undefined when it could not even be started. */
  readonly pid: number | undefined;
  /** Resolves with how it ended by itself. */
  readonly ended: Promise<string>;
  /** Ends all of it and removes what it wrote; false when something of it is still there. */
  end(): Promise<boolean>;
}

/** What is the supervisor's own business with systemd, or none of the browser's. */
const WITHHELD = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY"];

/** Starts a browser with a profile that was never used, in a process group of its own. */
export function launchBrowser(settings: LaunchSettings, clock: Clock): RunningBrowser {
  const folder = mkdtempSync(join(settings.runtimeFolder, "browser-"));
  // By the kernel's hand the browser ends with this process, even when that is killed.
  const command = ["--pdeathsig", "KILL", "--", ...commandLine(settings, folder)];
  const child = spawn(settings.setpriv, command, {
    detached: true,
    stdio: ["ignore", "ignore", "inherit"],
    env: environmentOf(settings, folder),
  });
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`${settings.setpriv} ${notStarted(error, "util-linux")}`));
    child.on("exit", (status, signal) => resolve(`it ended with ${signal ?? `status ${status}`}`));
  });
  return {
    pid: child.pid,
    ended,
    end: async () => {
      const isGone = child.pid === undefined || (await endGroup(child.pid, clock));
      if (isGone) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return isGone;
    },
  };
}

function commandLine({ browser, cage, isWayland, url }: LaunchSettings, folder: string): string[] {
  const page = [
    browser,
    ...ARGUMENTS,
    ...(isWayland ? ["--ozone-platform=wayland"] : []),
    `--user-data-dir=${join(folder, "profile")}`,
    writeStartPage(folder, url),
  ];
  return cage === null ? page : [cage, "-d", "--", ...page];
}

/** Command lines can be read by everyone on the machine, so that the token comes to the browser in a file. */
function writeStartPage(folder: string, url: string): string {
  const file = join(folder, "start.html");
  const target = JSON.stringify(url).replaceAll("<", "\\u003c");
  const page = `<!doctype html><meta charset="utf-8"><style>html{background:#000}</style><script>location.replace(${target})</script>\n`;
  writeFileSync(file, page, { mode: 0o600 });
  return pathToFileURL(file).href;
}

function environmentOf({ environment, cage }: LaunchSettings, folder: string): Record<string, string | undefined> {
  const kept = Object.entries(environment).filter(([name]) => !WITHHELD.includes(name));
  const runtime = cage === null ? {} : { XDG_RUNTIME_DIR: folder };
  return { ...Object.fromEntries(kept), ...runtime, HOME: folder };
}
