import { accessSync, constants, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../ports/clock.ts";
import { wait } from "../../time/wait.ts";
import { GpioError } from "../gpio.ts";
import type { SysfsLine } from "./chips.ts";

const LOOK_AGAIN_MS = 10;
const UDEV_TIMEOUT_MS = 2_000;

/** A line's files in /sys/class/gpio. The export outlives the process. */
export interface ExportedLine {
  readonly line: SysfsLine;
  path(attribute: string): string;
  has(attribute: string): boolean;
  /** Throw a GpioError. */
  read(attribute: string): string;
  write(attribute: string, value: string): void;
}

/** Exports the line unless it is, and waits until udev has given the files to the group. Rejects with a GpioError. */
export async function exportLine(root: string, line: SysfsLine, clock: Clock): Promise<ExportedLine> {
  const folder = join(root, `/sys/class/gpio/gpio${line.number}`);
  if (!existsSync(folder))
    attempt(line, () => writeFileSync(join(root, "/sys/class/gpio/export"), String(line.number)));
  const files = ["direction", "value", "active_low", "edge"].map((name) => join(folder, name));
  const untilMs = clock.monotonicMs() + UDEV_TIMEOUT_MS;
  while (!files.filter((file) => existsSync(file)).every(isWritable) && clock.monotonicMs() < untilMs) {
    await wait(clock, LOOK_AGAIN_MS);
  }
  return {
    line,
    path: (name) => join(folder, name),
    has: (name) => existsSync(join(folder, name)),
    read: (name) => attempt(line, () => readFileSync(join(folder, name), "utf8").trim()),
    write: (name, value) => attempt(line, () => writeFileSync(join(folder, name), value)),
  };
}

/**
 * `high` and `low` are levels on the wire and make the line an output at that level from the first moment. A line that
 * was left as a counter is freed of its interrupt first.
 */
export function driveInactive(exported: ExportedLine, activeLow: boolean): void {
  if (exported.has("edge") && exported.read("edge") !== "none") exported.write("edge", "none");
  exported.write("active_low", "0");
  exported.write("direction", activeLow ? "high" : "low");
  expectFile(exported, "direction", "out");
}

/** Throws a GpioError unless the file reads so. */
export function expectFile(exported: ExportedLine, attribute: string, expected: string): void {
  const found = exported.has(attribute) ? exported.read(attribute) : "missing";
  if (found === expected) return;
  throw new GpioError(
    `${exported.line.description}: ${attribute} should have become ${expected} and is ${found}. ` +
      "Its chip cannot do it, or another uses the line: choose another.",
  );
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Documentation/ABI/obsolete/sysfs-gpio and drivers/gpio/gpiolib-sysfs.c: what its errors mean. */
const REASONS: Readonly<Record<string, string>> = {
  EBUSY: "it is in use by another. `gpioinfo` or /sys/kernel/debug/gpio says by whom; free it there, or in config.txt",
  EACCES: "not permitted. Run the daemon in the group `gpio`, and see that its udev rules are installed",
  EPERM: "the kernel refuses. It is in use otherwise, or its direction is fixed",
  EROFS: "/sys is mounted read-only for this process. See ReadWritePaths in its systemd unit",
  EINVAL: "the kernel does not accept it. The line may be reserved",
  EIO: "the chip does not do that",
};

export function attempt<T>(line: SysfsLine, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new GpioError(`${line.description}: ${REASONS[code] ?? "it cannot be used"}. (${String(error)})`);
  }
}
