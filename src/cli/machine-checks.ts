import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  realpathSync,
  type Stats,
  statfsSync,
  statSync,
} from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { signalLines } from "../config/claims.ts";
import type { Loaded } from "../config/load.ts";
import { partOf } from "../config/payment.ts";
import { filesIn, keptIn } from "../config/plug-ins.ts";
import type { PositionConfig } from "../config/schema.ts";
import { markNameOf } from "../core/journal-files.ts";
import type { Finding } from "../platform/console/finding.ts";
import { notLoaded, systemSentence } from "../platform/console/system-errors.ts";
import { GpioError } from "../platform/gpio/gpio.ts";
import { isRunningOn } from "../platform/journal/sqlite/open.ts";
import { groupAdvice } from "../platform/serial/device.ts";
import { deviceAt } from "../wiring/devices.ts";
import { paymentPlugIn } from "../wiring/payment.ts";
import { PLUG_INS } from "../wiring/plug-ins.ts";
import { certificateChecks } from "./certificate-checks.ts";

export interface MachineChecks {
  readonly findings: readonly Finding[];
  /** Whether a kioskd runs on the configuration's journal. */
  readonly isRunning: boolean;
}

/** What this machine must have for a configuration to work on it, looked at as this user. Nothing is changed. */
export async function machineChecks(loaded: Loaded, nowMs: number): Promise<MachineChecks> {
  const native = await nativeChecks(loaded);
  const isRunning = native.length === 0 && isRunningOn(loaded.config.journal.path);
  const findings = [
    ...native,
    ...certificateChecks(loaded, nowMs),
    ...placeChecks(loaded),
    ...(isRunning ? [] : await portChecks(loaded)),
    ...deviceChecks(loaded),
    ...(await gpioChecks(loaded)),
  ];
  return { findings, isRunning };
}

interface Native {
  readonly name: string;
  readonly at: Finding["at"];
  load(): Promise<unknown>;
}

/** What npm compiled for one machine and one version of Node. */
async function nativeChecks({ config }: Loaded): Promise<Finding[]> {
  const needed: Native[] = [
    {
      name: "better-sqlite3",
      at: ["journal"],
      load: async () => new (await import("better-sqlite3")).default(":memory:").close(),
    },
  ];
  const serial = config.positions.findIndex((position) => serialPortOf(position) !== null);
  if (serial >= 0) {
    needed.push({ name: "serialport", at: ["positions", serial, "dispenser"], load: () => import("serialport") });
  }
  if (linesIn(config.positions).some(({ keeps }) => keeps === "start") && (await usesSysfs(config.gpio))) {
    needed.push({ name: "onoff", at: ["gpio"], load: () => import("onoff") });
  }
  if (existsSync("/run/systemd/system")) {
    needed.push({ name: "unix-dgram", at: [], load: () => import("unix-dgram") });
  }
  const found: Finding[] = [];
  for (const { name, at, load } of needed) {
    try {
      await load();
    } catch (error) {
      found.push({ at, message: notLoaded(name, error), keeps: "start" });
    }
  }
  return found;
}

async function usesSysfs(gpio: Loaded["config"]["gpio"]): Promise<boolean> {
  const { chooseBackend } = await import("../platform/gpio/open.ts");
  return chooseBackend(gpio) === "sysfs";
}

/** The folders and files that the daemon writes to. Whether it starts without its journal, the journal decides. */
function placeChecks({ config }: Loaded): Finding[] {
  const { path } = config.journal;
  const folder = dirname(path);
  const mark = config.journal.mark ?? join(folder, markNameOf(basename(path)));
  const kept = keptIn(PLUG_INS).map((each) => join(folder, each.folder));
  const registers = config.positions.map((position, index) => ({
    at: ["positions", index, "dispenser", "register"],
    file: deviceAt(position).register,
  }));
  return [
    ...folderCheck(["journal", "path"], folder),
    ...fileCheck(["journal", "path"], path),
    ...(dirname(mark) === folder ? [] : folderCheck(["journal", "mark"], dirname(mark))),
    ...fileCheck(["journal", "mark"], mark),
    ...kept.filter((each) => existsSync(each)).flatMap((each) => folderCheck(["journal", "path"], each)),
    ...registers.flatMap(({ at, file }) =>
      file === null ? [] : [...folderCheck(at, dirname(file)), ...fileCheck(at, file)],
    ),
    ...config.positions.flatMap((position, index) => registerChecks(position, index, folder)),
  ];
}

function registerChecks({ id, formerly }: PositionConfig, index: number, folder: string): Finding[] {
  const at = ["positions", index, "dispenser"];
  const kinds = filesIn(PLUG_INS).map(({ kind }) => kind);
  const names = [id, ...formerly].flatMap((name) => kinds.map((kind) => `${kind}-${name}.register`));
  return names.flatMap((name) => fileCheck(at, join(folder, name)));
}

function folderCheck(at: Finding["at"], folder: string): Finding[] {
  const stat = statOf(folder);
  if (stat === null) {
    const message = `there is no folder ${folder}: make it, owned by the daemon's user. systemd makes its StateDirectory at the first start`;
    return [{ at, message, keeps: "sale" }];
  }
  if (!stat.isDirectory()) return [{ at, message: `${folder} is no folder: name another one`, keeps: "sale" }];
  const refused = refusal(folder, constants.R_OK | constants.W_OK | constants.X_OK) ?? fullDisk(folder);
  return refused === null ? [] : [{ at, message: `the folder ${folder} cannot be written: ${refused}`, keeps: "sale" }];
}

function fileCheck(at: Finding["at"], file: string): Finding[] {
  const stat = statOf(file);
  if (stat === null) return [];
  if (!stat.isFile()) return [{ at, message: `${file} is no file: name one`, keeps: "sale" }];
  const refused = refusal(file, constants.R_OK | constants.W_OK);
  return refused === null ? [] : [{ at, message: `${file} cannot be written: ${refused}`, keeps: "sale" }];
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Why the kernel does not let this user; null when it does. */
function refusal(path: string, mode: number): string | null {
  try {
    accessSync(path, mode);
    return null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EROFS") return "its disk is mounted read-only. `dmesg` says why; a failing card does that too";
    return `this user (uid ${process.getuid?.() ?? "unknown"}) may not. Give it to the daemon's user with chown`;
  }
}

/** The journal's write-ahead log, and what SQLite needs beside it, fit into this. */
const LEAST_FREE_BYTES = 8 * 1024 * 1024;

function fullDisk(folder: string): string | null {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  if (freeBytes >= LEAST_FREE_BYTES) return null;
  const hasMiB = (freeBytes / 1_048_576).toFixed(1);
  return `its disk has ${hasMiB} MiB left. \`df -h ${folder}\` says which, \`du -xh / | sort -h\` what fills it`;
}

/** Whether what the daemon listens on is free. */
async function portChecks({ config }: Loaded): Promise<Finding[]> {
  const { section } = partOf(config);
  const listened = [
    { at: ["display", "listen"], listen: config.display.listen },
    ...paymentPlugIn({ config }).listens(section),
    ...devicesListens(config.positions),
  ];
  const found: Finding[] = [];
  for (const { at, listen } of listened) {
    const message = await listenProblem(listen);
    if (message !== null) found.push({ at, message, keeps: "start" });
  }
  return found;
}

/** Positions may share where their devices come to. */
function devicesListens(positions: readonly PositionConfig[]) {
  const found = positions.flatMap((position, index) => {
    const { port } = deviceAt(position);
    const at = ["positions", index, "dispenser", "listen"];
    return port?.listens === undefined ? [] : [[port.path, { at, listen: port.listens }] as const];
  });
  return new Map(found).values();
}

function listenProblem({ host, port }: { readonly host: string; readonly port: number }): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(systemSentence(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** Serial ports, and the devices of a display. They may be plugged in later, so a start waits for them. */
function deviceChecks({ config }: Loaded): Finding[] {
  const { display } = config;
  const ports = config.positions.flatMap((position, index) => {
    const port = serialPortOf(position);
    const at = ["positions", index, "dispenser", "port"];
    return port === null ? [] : [{ at, path: port.path, isSerial: true }];
  });
  const screens = [
    { at: ["display", "device"], path: "device" in display ? display.device : undefined },
    { at: ["display", "touch", "device"], path: "touch" in display ? display.touch?.device : undefined },
    { at: ["display", "keys"], path: "keys" in display ? display.keys : undefined },
  ].flatMap(({ at, path }) => (path === undefined ? [] : [{ at, path, isSerial: false }]));
  return [...ports, ...screens].flatMap(({ at, path, isSerial }): Finding[] => {
    const message = deviceProblem(path, isSerial);
    return message === null ? [] : [{ at, message, keeps: "sale" }];
  });
}

function serialPortOf(position: PositionConfig): { readonly path: string } | null {
  const { port } = deviceAt(position);
  return port?.listens === undefined && port?.isRemote !== true ? port : null;
}

function deviceProblem(path: string, isSerial: boolean): string | null {
  const stat = statOf(path);
  if (stat === null) {
    const toDo = "plug it in, or correct the path";
    return isSerial ? `there is no device ${path}: ${toDo}. ${byIdText()}` : `there is no device ${path}: ${toDo}`;
  }
  if (!stat.isCharacterDevice()) return `${path} is no device: correct the path`;
  if (isSerial && !isTerminal(stat.rdev)) return `${path} is no serial port: correct the path. ${byIdText()}`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return `${path} may not be opened by this user: ${groupAdvice(path)}`;
  }
}

/** Asked of the kernel: opening a port would tell its device so, and some begin anew then. */
function isTerminal(device: number): boolean {
  const [major, minor] = [(device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00)];
  // Pseudo-terminals, of which sysfs knows nothing.
  if (major >= 136 && major <= 143) return true;
  try {
    return basename(realpathSync(`/sys/dev/char/${major}:${minor}/subsystem`)) === "tty";
  } catch {
    return !existsSync("/sys/dev/char");
  }
}

/** By these names a device is found whatever else is plugged in. */
const BY_ID = "/dev/serial/by-id";

function byIdText(): string {
  if (!existsSync(BY_ID)) return `\`ls -l ${BY_ID}\` shows adapters that are plugged in; now there are none`;
  const names = readdirSync(BY_ID).map((name) => join(BY_ID, name));
  return `Now there are: ${names.map((name) => `${name} (${realpathSync(name)})`).join(", ")}`;
}

interface NamedLine extends Pick<Finding, "at" | "keeps"> {
  readonly line: string;
}

/** Without a lamp or a beeper all else goes on. */
function linesIn(positions: readonly PositionConfig[]): readonly NamedLine[] {
  return positions.flatMap((position, index): NamedLine[] => [
    ...deviceAt(position).lines.map(({ line }) => ({
      at: ["positions", index, "dispenser"],
      line,
      keeps: "start" as const,
    })),
    ...signalLines(position.signals).map(({ at, line }) => ({
      ...{ at: ["positions", index, ...at], line },
      keeps: "nothing" as const,
    })),
  ]);
}

async function gpioChecks({ config }: Loaded): Promise<Finding[]> {
  const lines = linesIn(config.positions);
  if (lines.length === 0) return [];
  if (await usesSysfs(config.gpio)) {
    const { findSysfsLine } = await import("../platform/gpio/sysfs/chips.ts");
    return lines.flatMap((line) =>
      gpioProblem(line, () => findSysfsLine("/", line.line, config.gpio.headerChip ?? null)),
    );
  }
  const { parseLineName } = await import("../platform/gpio/line-name.ts");
  const names = lines.flatMap((line) =>
    gpioProblem(line, () => parseLineName(line.line, config.gpio.headerChip ?? null)),
  );
  const keeps = lines.some((line) => line.keeps === "start") ? "start" : "nothing";
  return [...names, ...chipProblems(keeps)];
}

function gpioProblem({ at, keeps }: NamedLine, work: () => unknown): Finding[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof GpioError)) throw error;
    return [{ at, message: error.message, keeps }];
  }
}

/** Of libgpiod: that there is a chip at all, and that this user may use one. */
function chipProblems(keeps: Finding["keeps"]): Finding[] {
  const at = ["gpio"];
  const chips = readdirSync("/dev").filter((name) => /^gpiochip\d+$/.test(name));
  const [first] = chips;
  if (first === undefined) {
    const message = "this machine has no GPIO chip (/dev/gpiochip0): is it the right machine, and its kernel?";
    return [{ at, message, keeps }];
  }
  const isAllowed = chips.some((name) => refusal(join("/dev", name), constants.R_OK | constants.W_OK) === null);
  if (isAllowed) return [];
  const path = join("/dev", first);
  return [{ at, message: `${path} may not be opened by this user: ${groupAdvice(path)}`, keeps }];
}
