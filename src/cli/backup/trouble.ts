import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { CliError } from "../../platform/console/failure.ts";

/** What a person can do when a file cannot be written; any other error as it is. */
export function explainedTrouble(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const named = "path" in error && typeof error.path === "string" ? error.path : file;
  // What is written beside a file is a part of it for people.
  const of = named.startsWith(`${file}.`) ? file : named;
  const what = sentenceOf(String(error.code), of);
  return what === null ? error : new CliError(`${what} Nothing was changed.`);
}

function sentenceOf(code: string, path: string): string | null {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "SQLITE_FULL":
      return `The disk of ${path} is full: make room, or take another one.`;
    case "EFBIG":
      return `${path} would be longer than this disk or this process may have files.`;
    case "ENOTDIR":
      return `${dirname(path)} is no folder.`;
    case "ENOENT":
      return existsSync(dirname(path))
        ? `There is no file ${path}.`
        : `There is no folder ${dirname(path)}: make it first, or mount its disk.`;
    case "EISDIR":
      return `${path} is a folder: expected a file.`;
    case "EACCES":
    case "EPERM":
      return `${path} cannot be read or written by this user: run it as root, or look at its owner and mode.`;
    case "EROFS":
      return `The disk of ${path} can only be read.`;
    case "EIO":
    case "SQLITE_IOERR":
    case "SQLITE_IOERR_WRITE":
      return `The disk of ${path} fails.`;
    default:
      return null;
  }
}
