import { closeSync, fdatasyncSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemSentence } from "../../platform/console/system-errors.ts";
import { linuxMachine } from "../../platform/machine/linux.ts";
import { type Exam, found, good } from "./exam.ts";

/** A sale waits for some ten of them. */
const SLOW_SYNC_MS = 50;
const TOO_SLOW_SYNC_MS = 500;
const SYNCS = 9;
const PAGE_BYTES = 4096;
const LITTLE_BYTES = 200 * 1024 * 1024;
/** A Raspberry Pi slows down at 80 °C, and further at 85 °C. */
const WARM_C = 75;
const HOT_C = 82;

/** The machine that the kiosk runs on: `folder` is its journal's, `root` where /proc and /sys are. */
export async function machineExams(folder: string, root = "/"): Promise<readonly Exam[]> {
  const machine = linuxMachine(folder);
  const { diskFreeBytes, temperatureC } = await machine.read();
  return [
    clockExam(await machine.clockIsSynchronised()),
    syncExam(folder),
    spaceExam(folder, diskFreeBytes),
    temperatureExam(temperatureC),
    powerExam(root),
    watchdogExam(root),
  ];
}

function clockExam(isSynchronised: boolean): Exam {
  if (isSynchronised) return good("clock", "set by a time server lately");
  return found(
    "look",
    "clock",
    "nothing shows that a time server has set it lately",
    "`timedatectl` says whether the time service runs. Another one than systemd-timesyncd is not seen from here",
  );
}

/** What a sale waits for: a page that is on the disk. */
function syncExam(folder: string): Exam {
  const subject = "disk";
  let scratch: string | null = null;
  try {
    scratch = mkdtempSync(join(folder, ".doctor-"));
    const file = openSync(join(scratch, "page"), "w", 0o600);
    const times: number[] = [];
    for (let at = 0; at < SYNCS; at++) {
      const startedMs = performance.now();
      writeSync(file, Buffer.alloc(PAGE_BYTES, at), 0, PAGE_BYTES, 0);
      fdatasyncSync(file);
      times.push(performance.now() - startedMs);
    }
    closeSync(file);
    const middleMs = times.toSorted((one, other) => one - other)[Math.floor(SYNCS / 2)] ?? 0;
    return syncVerdict(subject, middleMs);
  } catch (error) {
    const why = error instanceof Error ? (systemSentence(error) ?? error.message) : String(error);
    return found(
      "unknown",
      subject,
      `how long it takes to write cannot be tried: ${why}`,
      "run this as the daemon's user",
    );
  } finally {
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  }
}

function syncVerdict(subject: string, middleMs: number): Exam {
  const says = `a page is on the disk in ${middleMs.toFixed(1)} ms`;
  if (middleMs < SLOW_SYNC_MS) return good(subject, says);
  const advice = "a worn card is slow: copy the kiosk to a new one (docs/install.md), or to a disk";
  return found(middleMs < TOO_SLOW_SYNC_MS ? "look" : "bad", subject, says, advice);
}

function spaceExam(folder: string, freeBytes: number | null): Exam {
  if (freeBytes === null) return found("unknown", "space", "cannot be told", `df -h ${folder}`);
  const says = `${Math.floor(freeBytes / 1_048_576).toLocaleString("en")} MiB free`;
  if (freeBytes >= LITTLE_BYTES) return good("space", says);
  return found("look", "space", says, `\`du -xh / | sort -h | tail\` says what fills it`);
}

function temperatureExam(temperatureC: number | null): Exam {
  if (temperatureC === null) return { subject: "warmth", verdict: "unknown", says: "no sensor", advice: null };
  const says = `the processor has ${temperatureC.toFixed(0)} °C`;
  if (temperatureC < WARM_C) return good("warmth", says);
  return found(
    temperatureC < HOT_C ? "look" : "bad",
    "warmth",
    says,
    "shade, air, or a heat sink: it slows down at 80 °C",
  );
}

/**
 * The Raspberry Pi's own sensor, as the kernel's driver raspberrypi-hwmon shows it: `in0_lcrit_alarm` is 1 while the
 * supply is below 4.63 V, and until it was read.
 */
function powerExam(root: string): Exam {
  const alarm = hwmonFile(root, "rpi_volt", "in0_lcrit_alarm");
  if (alarm === null) return { subject: "power", verdict: "unknown", says: "no sensor", advice: null };
  if (alarm === "0") return good("power", "the supply holds its voltage");
  return found(
    "bad",
    "power",
    "the supply falls below 4.63 V",
    "another supply, a shorter and thicker cable: writes fail first",
  );
}

function hwmonFile(root: string, name: string, file: string): string | null {
  const all = join(root, "sys/class/hwmon");
  for (const each of entriesOf(all)) {
    if (textOf(join(all, each, "name")) === name) return textOf(join(all, each, file));
  }
  return null;
}

/** What restarts the board when the kernel hangs. */
function watchdogExam(root: string): Exam {
  const folder = join(root, "sys/class/watchdog");
  const [first] = entriesOf(folder);
  if (first === undefined) {
    return found(
      "look",
      "watchdog",
      "the board has none that the kernel knows",
      "a board that hangs stays so: docs/install.md",
    );
  }
  const state = textOf(join(folder, first, "state"));
  if (state === "active") return good("watchdog", `${first} is fed`);
  if (state === null) return { subject: "watchdog", verdict: "unknown", says: `${first} does not tell`, advice: null };
  const advice = "set RuntimeWatchdogSec=10s in /etc/systemd/system.conf, then `systemctl daemon-reexec`";
  return found("look", "watchdog", `nobody feeds ${first}`, advice);
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return null;
  }
}
