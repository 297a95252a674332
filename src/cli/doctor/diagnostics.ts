import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, release } from "node:os";
import type { Loaded } from "../../config/load.ts";
import { passwordsIn, withoutPasswords } from "../../config/named-files.ts";
import { readSecret, secretPath } from "../../config/secrets.ts";
import { isoTime } from "../../core/time.ts";
import { openHistory } from "../../platform/journal/sqlite/history.ts";
import { notStarted } from "../../platform/programs.ts";
import { version } from "../../platform/version.ts";
import type { Exam } from "./exam.ts";

const LOG_LINES = 2_000;
const LOG_BYTES = 4 * 1024 * 1024;
const LOG_TIMEOUT_MS = 10_000;
const SALES = 50;
const HIDDEN = "***";
/** Of a key in several lines: what is shorter says nothing. */
const LONG_LINE = 20;

/**
 * All that somebody who helps wants to see, as one text that its owner can read before it is sent. No secret that the
 * configuration names is in it, in whatever part it would stand.
 */
export function diagnostics(loaded: Loaded, exams: readonly Exam[], nowMs: number): string {
  const parts: readonly (readonly [title: string, text: string])[] = [
    ["this kiosk", machineText(loaded, nowMs)],
    ["what the doctor found", json(exams)],
    ["configuration", json(withoutPasswords(loaded.config))],
    ["the last sales", salesText(loaded)],
    ["log", logText()],
  ];
  const text = parts.map(([title, part]) => `===== ${title} =====\n${part.trimEnd()}\n`).join("\n");
  return withoutSecrets(text, secretsIn(loaded));
}

function machineText({ config }: Loaded, nowMs: number): string {
  const system = quietly(() => /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "?");
  const board = quietly(() => readFileSync("/proc/device-tree/model", "utf8").replaceAll("\0", ""));
  return [
    `kioskd ${version}, Node ${process.version}`,
    `kiosk ${config.kiosk.id}, ${isoTime(nowMs)}`,
    `${system}, Linux ${release()}, ${arch()}`,
    `board: ${board}`,
  ].join("\n");
}

function salesText({ config }: Loaded): string {
  return quietly(() => {
    const history = openHistory(config.journal.path);
    try {
      return json(history.latest(SALES, null));
    } finally {
      history.close();
    }
  });
}

function logText(): string {
  const { stdout, error } = spawnSync(
    "journalctl",
    ["-u", "kioskd", "-n", String(LOG_LINES), "--no-pager", "-o", "cat"],
    {
      encoding: "utf8",
      timeout: LOG_TIMEOUT_MS,
      maxBuffer: LOG_BYTES,
    },
  );
  return error === undefined ? stdout : `journalctl ${notStarted(error)}`;
}

/** What cannot be told says why, in its place. */
function quietly(tell: () => string): string {
  try {
    return tell();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @throws what an operator can act on, when a secret cannot be read: it could not be looked for then */
function secretsIn({ file, files, config }: Loaded): readonly string[] {
  const named = files.filter(({ isSecret }) => isSecret).map((each) => readSecret(secretPath(file, each.file)));
  return [...named, ...passwordsIn(config)];
}

/** Also a line of a key, and as JSON, an address or a header has them; the longest first, for one may hold another. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const lines = secrets.flatMap((secret) => secret.split(/\r?\n/).filter((line) => line.length >= LONG_LINE));
  const shapes = [...secrets, ...lines].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ]);
  const ordered = [...new Set(shapes)].toSorted((one, other) => other.length - one.length);
  return ordered.reduce((left, shape) => left.replaceAll(shape, HIDDEN), text);
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
