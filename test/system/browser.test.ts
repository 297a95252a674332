import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { askHeartbeat } from "../../src/cli/browser/heartbeat.ts";
import { BrowserKeeper, KEEPER, type KeeperSettings } from "../../src/cli/browser/keeper.ts";
import { ARGUMENTS, launchBrowser } from "../../src/cli/browser/launch.ts";
import { Patience } from "../../src/cli/browser/patience.ts";
import { systemClock } from "../../src/platform/clock/clock.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { hasChromium } from "../support/browser.ts";
import { needs } from "../support/components.ts";
import { writeConfig } from "../support/config.ts";
import { eventually } from "../support/daemon.ts";
import { hurriedClock } from "../support/hurried-clock.ts";
import { SILENT } from "../support/silent-log.ts";
import { tempFolder } from "../support/temp.ts";

const ROOT = join(import.meta.dirname, "../..");
const TOKEN = "s3cret+of/the=kiosk";
/** A second without a heartbeat is long for a page that sends five a second, once it is there. */
const HURRIED: KeeperSettings = { ...KEEPER, pollMs: 100, staleMs: 1_000, graceMs: 10_000, backoffMs: [100] };

/** The daemon's side: a page that tells that it lives, and what was heard of it. */
class StubDaemon {
  opened = 0;
  beats = 0;
  isDeaf = false;
  #heardMs: number | null = null;
  readonly #server = createServer((request, response) => this.#serve(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #serve({ url = "", method, headers }: IncomingMessage, response: ServerResponse): void {
    const isMine = headers.authorization === `Bearer ${TOKEN}` || headers.cookie === "kioskd=yes";
    if (url === `/?token=${encodeURIComponent(TOKEN)}`) {
      response.writeHead(303, { location: "/", "set-cookie": "kioskd=yes; Path=/; HttpOnly; SameSite=Strict" }).end();
    } else if (url === "/") {
      this.opened += 1;
      response
        .setHeader("content-type", "text/html")
        .end("<script>setInterval(() => fetch('/api/display/heartbeat', { method: 'POST' }), 200)</script>");
    } else if (!isMine) {
      response.writeHead(401).end();
    } else if (method === "POST") {
      this.beats += 1;
      if (!this.isDeaf) this.#heardMs = performance.now();
      response.writeHead(204).end();
    } else {
      const heartbeatAgeMs = this.#heardMs === null ? null : performance.now() - this.#heardMs;
      response.end(JSON.stringify({ heartbeatAgeMs }));
    }
  }
}

/** Chromium as root and without a screen. */
function headless(folder: string): string {
  const wrapper = join(folder, "headless");
  writeFileSync(wrapper, '#!/bin/sh\nexec chromium --headless --no-sandbox --disable-gpu "$@" 2>/dev/null\n');
  chmodSync(wrapper, 0o755);
  return wrapper;
}

/** Command lines of the processes that name the folder. */
function commandsIn(folder: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return command.includes(folder) ? [command] : [];
      } catch {
        return [];
      }
    });
}

/** What `ps` knows of a process group, without what has ended and has not been buried yet. */
function livingIn(group: number | undefined): string[] {
  const rows = execFileSync("ps", ["-eo", "pgid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return rows.filter((row) => new RegExp(`^ *${group} +[^ZX]`).test(row));
}

interface Kept {
  readonly daemon: StubDaemon;
  readonly folder: string;
  /** The process groups of the browsers started so far. */
  readonly groups: readonly number[];
  end(): Promise<void>;
}

async function keep(settings: KeeperSettings = HURRIED, endsBy: Clock = systemClock()): Promise<Kept> {
  const daemon = new StubDaemon();
  const url = await daemon.listen();
  const folder = tempFolder();
  const groups: number[] = [];
  const launch = {
    setpriv: "/usr/bin/setpriv",
    browser: headless(folder),
    cage: null,
    isWayland: false,
    url: `${url}/?token=${encodeURIComponent(TOKEN)}`,
    runtimeFolder: folder,
    environment: process.env,
  };
  const keeper = new BrowserKeeper(settings, {
    clock: systemClock(),
    log: SILENT,
    launch: () => {
      const browser = launchBrowser(launch, endsBy);
      if (browser.pid !== undefined) groups.push(browser.pid);
      return browser;
    },
    heartbeat: () => askHeartbeat(url, TOKEN),
  });
  const ended = keeper.run();
  const end = async (): Promise<void> => {
    keeper.end();
    await ended;
  };
  onTestFinished(end);
  return { daemon, folder, groups, end };
}

const isWhole = [hasChromium(), needs("procps", "/usr/bin/ps")].every((isHere) => isHere);

describe.skipIf(!isWhole)("a browser that is kept", () => {
  it("opens the page with the token, which no command line shows, from a folder that nobody else can read", async () => {
    const { daemon, folder, end } = await keep();
    await eventually("the page lives", () => daemon.beats > 2);
    const commands = commandsIn(folder);
    expect(commands.length).toBeGreaterThan(1);
    for (const command of commands) expect(command).not.toContain("s3cret");
    const [own = ""] = readdirSync(folder).filter((name) => name.startsWith("browser-"));
    expect(statSync(join(folder, own)).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, own, "start.html")).mode & 0o777).toBe(0o600);
    await end();
    await eventually("every process has ended", () => commandsIn(folder).length === 0);
    expect(readdirSync(folder)).toEqual(["headless"]);
  });

  it("is killed and replaced when it hangs", async () => {
    // What hangs does not end when it is asked to; it is given a second instead of five.
    const { daemon, groups } = await keep(HURRIED, hurriedClock(5));
    await eventually("the page lives", () => daemon.beats > 2);
    process.kill(-(groups[0] ?? 0), "SIGSTOP");
    await eventually("another one is started", () => groups.length === 2, 40_000);
    expect(livingIn(groups[0])).toEqual([]);
    const { beats } = daemon;
    await eventually("its page lives", () => daemon.opened === 2 && daemon.beats > beats + 2);
  });

  it("is replaced when it crashes", async () => {
    const { daemon, groups } = await keep();
    await eventually("the page lives", () => daemon.beats > 2);
    process.kill(groups[0] ?? 0, "SIGKILL");
    await eventually("another page lives", () => groups.length === 2 && daemon.opened === 2);
    expect(livingIn(groups[0])).toEqual([]);
  });

  it("is replaced when its page never gets to say that it lives", async () => {
    const { daemon, groups } = await keep({ ...HURRIED, graceMs: 3_000 });
    daemon.isDeaf = true;
    await eventually("another one is started", () => groups.length === 2);
  });
});

describe.skipIf(!hasChromium())("kioskd browser", () => {
  async function start(): Promise<{ child: ChildProcess; daemon: StubDaemon; folder: string; log: string[] }> {
    const daemon = new StubDaemon();
    const url = await daemon.listen();
    const folder = tempFolder();
    const file = writeConfig(folder, { endpoint: "http://127.0.0.1:1/" });
    writeFileSync(join(folder, "secrets/display"), TOKEN, { mode: 0o600 });
    const display = { driver: "web", listen: new URL(url).host, tokenFile: "secrets/display" };
    writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), display }));
    const command = ["browser", "--config", file, "--browser", headless(folder), "--compositor", "none"];
    const child = spawn(process.execPath, [join(ROOT, "dist/main.js"), ...command], {
      env: { ...process.env, RUNTIME_DIRECTORY: folder },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => log.push(String(data)));
    await eventually("the page lives", () => daemon.beats > 2 || child.exitCode !== null);
    expect(child.exitCode, log.join("")).toBeNull();
    return { child, daemon, folder, log };
  }

  it("takes the browser with it when it is told to end, and says nothing of the token", async () => {
    const { child, folder, log } = await start();
    child.kill("SIGTERM");
    await eventually("it ends", () => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
    await eventually("every process has ended", () => commandsIn(join(folder, "browser-")).length === 0);
    expect(log.join("")).toContain("the browser is started");
    expect(log.join("")).not.toContain("s3cret");
  });

  it("takes the browser with it when it is killed", async () => {
    const { child, folder } = await start();
    child.kill("SIGKILL");
    await eventually("every process has ended", () => commandsIn(join(folder, "browser-")).length === 0);
  });
});

describe("how long a browser may be without a heartbeat", () => {
  /** A second, what the daemon says then ("-" nothing, "null" no page since its start, or an age in seconds), what follows. */
  const table: readonly [string, readonly (readonly [number, number | null | "-", string])[]][] = [
    [
      "30 s after its start",
      [
        [0, null, "waiting"],
        [30, null, "waiting"],
        [31, null, "missing"],
      ],
    ],
    [
      "30 s after its start, whatever the browser before it left",
      [
        [0, 40, "waiting"],
        [30, 70, "waiting"],
        [31, 71, "missing"],
      ],
    ],
    [
      "15 s later on",
      [
        [10, 1, "well"],
        [100, 15, "well"],
        [101, 16, "missing"],
      ],
    ],
    [
      "for ever while no daemon answers, and 30 s from then on",
      [
        [10, 1, "well"],
        [100, "-", "waiting"],
        [500, "-", "waiting"],
        [501, null, "waiting"],
        [530, null, "waiting"],
        [531, null, "missing"],
      ],
    ],
    [
      "30 s after the daemon was started anew, too fast to be missed",
      [
        [10, 1, "well"],
        [100, null, "waiting"],
        [130, null, "waiting"],
        [131, null, "missing"],
      ],
    ],
  ];
  it.each(table)("%s", (_, rows) => {
    const patience = new Patience(KEEPER, 0);
    const judged = rows.map(([second, said]) => {
      const ageMs = typeof said === "number" ? said * 1_000 : null;
      return patience.judge(
        said === "-" ? { kind: "no-answer", detail: "" } : { kind: "answer", ageMs },
        second * 1_000,
      );
    });
    expect(judged).toEqual(rows.map(([, , expected]) => expected));
  });

  it("is asked for health in one piece", () => {
    const patience = new Patience(KEEPER, 0);
    const wellForMs = [1, 40, 2, 3].map((ageS, index) => {
      patience.judge({ kind: "answer", ageMs: ageS * 1_000 }, index * 100_000);
      return patience.wellForMs(index * 100_000);
    });
    expect(wellForMs).toEqual([0, 0, 0, 100_000]);
  });
});

it("docs/display.md explains every option that Chromium is given", () => {
  const text = readFileSync(join(ROOT, "docs/display.md"), "utf8");
  for (const argument of ARGUMENTS) expect(text).toContain(`\`${argument}\``);
});
