import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "./at-end.ts";

/** A folder of the running test's own, gone with it. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-test-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
