import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Of the journal of a campaign of a thousand kills, several times over. */
const SIZE = "32m";
const MOST_BLOCKS = 64 * 1_024;

/** A disk of the journal's own, small enough to be filled. */
export interface SmallDisk {
  readonly folder: string;
  /** Not a byte is left. */
  fill(): void;
  free(): void;
  close(): void;
}

/** Null, with the reason told, where nothing can be mounted. */
export function smallDisk(around: string, tell: (line: string) => void): SmallDisk | null {
  const folder = join(around, "disk");
  mkdirSync(folder);
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", folder]);
  if (status !== 0) {
    tell(`SKIPPED: no disk is filled, because none can be mounted (as root only): ${error ?? String(stderr).trim()}`);
    return null;
  }
  const ballast = join(folder, "ballast");
  const unmount = (): void => {
    process.off("exit", unmount);
    spawnSync("umount", ["--lazy", folder]);
  };
  process.on("exit", unmount);
  return {
    folder,
    fill: () => {
      const file = openSync(ballast, "a");
      for (const size of [64 * 1_024, 1_024, 1]) {
        const block = Buffer.alloc(size);
        try {
          for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) writeSync(file, block);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        }
      }
      closeSync(file);
    },
    free: () => rmSync(ballast, { force: true }),
    close: unmount,
  };
}
