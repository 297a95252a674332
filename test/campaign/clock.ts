import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isHere } from "../support/components.ts";

const LIBRARIES = "/usr/lib";

/** The daemon's wall clock, which is set while it runs. Its monotonic clock goes on. */
export interface DaemonClock {
  readonly env: Readonly<Record<string, string>>;
  /** Ahead of the real time. */
  set(aheadS: number): void;
}

/** Null, with the reason told, where libfaketime is missing or does not move a clock of Node's. */
export function daemonClock(folder: string, tell: (line: string) => void): DaemonClock | null {
  const library = findLibrary();
  if (library === null) {
    tell("SKIPPED: the clock is not moved, because there is no libfaketime (Debian: apt install faketime)");
    return null;
  }
  const file = join(folder, "clock");
  const clock: DaemonClock = {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set: (aheadS) => {
      // Read at every look at the clock: never half written.
      writeFileSync(`${file}.new`, `${aheadS < 0 ? "" : "+"}${aheadS}\n`);
      renameSync(`${file}.new`, file);
    },
  };
  clock.set(-86_400);
  const { stdout } = spawnSync(process.execPath, ["-p", "Date.now()"], { env: { ...process.env, ...clock.env } });
  const offS = (Number(stdout) - Date.now()) / 1_000 + 86_400;
  clock.set(0);
  if (Math.abs(offS) < 60) return clock;
  tell(`SKIPPED: the clock is not moved, because libfaketime does not move Node's (it is ${offS} s off)`);
  return null;
}

function findLibrary(): string | null {
  const folders = existsSync(LIBRARIES) ? readdirSync(LIBRARIES) : [];
  const paths = folders.map((name) => join(LIBRARIES, name, "faketime/libfaketime.so.1"));
  return paths.find((path) => isHere("faketime", path)) ?? null;
}
