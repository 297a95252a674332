import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Waits until the disk has a file, or the names in a folder. */
export function sync(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Gives a file that the disk has already its name. A rename survives a power cut only when the folder is written too. */
export function putInPlace(draft: string, path: string): void {
  renameSync(draft, path);
  sync(dirname(path));
}

/** Writes a file that is whole, or as it was before, whenever the power goes. What is left of a draft is begun anew. */
export function writeWhole(path: string, content: string | Uint8Array, mode: number): void {
  const draft = `${path}.new`;
  rmSync(draft, { force: true });
  try {
    writeFileSync(draft, content, { flag: "wx", mode, flush: true });
    putInPlace(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
