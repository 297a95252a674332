import { readdirSync } from "node:fs";
import { join } from "node:path";

export const JOURNAL = "journal.db";
/** How far it had come; from the third layout on. */
export const MARK = "journal.mark";
export const EXPECTED = "expected.json";
/** As `sha256sum` writes and reads it. */
export const CHECKSUMS = join(import.meta.dirname, "checksums");

/** The folders of all golden journals, oldest first. */
export function goldenJournals(): string[] {
  const names = readdirSync(import.meta.dirname).filter((name) => /^v\d+$/.test(name));
  return names.sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)));
}
