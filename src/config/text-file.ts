import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { ConfigError, sentence } from "./problem.ts";

/** As many positions as are allowed, each with all that can be said of it, are half of this. */
const LARGEST_CONFIG_BYTES = 256 * 1024;

/**
 * The text of a configuration. No more is read than is taken, for a path may name what has no end.
 * @throws ConfigError for what is no text in UTF-8
 */
export function readText(file: string): string {
  const bytes = readBytes(file);
  const refuse = (line: number | null, found: string, expected: string, hint?: string): never => {
    throw new ConfigError(file, [{ path: [], line, message: sentence({ found, expected, hint }) }]);
  };
  if (bytes.length > LARGEST_CONFIG_BYTES)
    refuse(null, `more than ${LARGEST_CONFIG_BYTES} bytes`, "a configuration of kioskd");
  const asUtf8 = "a file in UTF-8 without a mark at its beginning";
  if ([0xff, 0xfe].includes(bytes[0] ?? 0)) refuse(1, "a file in UTF-16", asUtf8, "save it as UTF-8");
  if (bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) {
    refuse(1, "a byte order mark", asUtf8, 'save it as UTF-8 without "BOM"');
  }
  const text = bytes.toString("utf8");
  if (!Buffer.from(text).equals(bytes)) {
    const line = firstLine(text, "\uFFFD");
    refuse(line, "a letter that is not in UTF-8", asUtf8, "save it as UTF-8, not as Latin-1 or Windows-1252");
  }
  if (/\r(?!\n)/.test(text)) {
    refuse(firstLine(text, "\r"), "a line that ends with CR alone", "LF, or CR and LF, at the end of each line");
  }
  const control = [...text].find((letter) => isControl(letter));
  if (control !== undefined) {
    const code = (control.codePointAt(0) ?? 0).toString(16).padStart(4, "0").toUpperCase();
    refuse(firstLine(text, control), `the invisible character U+${code}`, "letters, blanks and line breaks: remove it");
  }
  if (text.trim() === "") refuse(null, "an empty file", "a configuration, such as config/kioskd.yaml of the package");
  return text;
}

/** What no editor shows; a tab and line breaks are told of by the reader of YAML. */
function isControl(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (code < 0x20 && !"\t\n\r".includes(letter)) || code === 0x7f || code === 0xfeff;
}

function firstLine(text: string, part: string): number {
  return text.slice(0, text.indexOf(part)).split("\n").length;
}

function readBytes(file: string): Buffer {
  const bytes = Buffer.alloc(LARGEST_CONFIG_BYTES + 1);
  let length = 0;
  try {
    // Opening a pipe that nobody writes to would wait for ever; one of the shell's has its writer.
    if (statSync(file).isFIFO() && !file.startsWith("/dev/")) throw Object.assign(new Error(), { code: "FIFO" });
    const opened = openSync(file, "r");
    try {
      if (fstatSync(opened).isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" });
      for (let more = 1; more > 0 && length < bytes.length; length += more) {
        more = readSync(opened, bytes, length, bytes.length - length, null);
      }
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new ConfigError(file, [{ path: [], line: null, message: whyUnread(file, code) }]);
  }
  return bytes.subarray(0, length);
}

function whyUnread(file: string, code: string): string {
  const expected = "a file with the configuration";
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return sentence({ found: "no such file", expected, example: `/etc/kioskd/kioskd.yaml (${code})` });
    case "FIFO":
      return sentence({ found: "a pipe", expected, hint: "or pipe it into --config /dev/stdin" });
    case "EISDIR":
      return sentence({ found: "a folder", expected, example: "kioskd.yaml in it" });
    case "EACCES":
    case "EPERM":
      return sentence({
        found: "a file that this user may not read",
        expected: "one that it may",
        hint: `as root: chgrp kioskd ${file}; chmod 640 ${file}`,
      });
    default:
      return sentence({ found: `what cannot be read (${code})`, expected });
  }
}
