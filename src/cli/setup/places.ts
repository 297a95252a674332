import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Path } from "../../config/problem.ts";
import { assemblyFolder } from "../../config/profile.ts";
import { LANGUAGES } from "../../displays/texts/languages.ts";
import type { Draft } from "./draft.ts";
import { secretName } from "./schema-text.ts";

const BY_ID = "/dev/serial/by-id";
const MOST_PORTS = 32;
/** Beside one that is there already for another purpose. */
const MOST_NAMES = 100;

/** Serial ports by names that stay the same when plugs change. */
export function serialPorts(folder = BY_ID): readonly string[] {
  try {
    return readdirSync(folder)
      .sort()
      .slice(0, MOST_PORTS)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** A file that is not there yet: what stands in the folder is somebody's. */
export function freeSecretName(draft: Draft, path: Path, position: string | null): string {
  const name = secretName(path, position);
  const isTaken = (each: string): boolean => existsSync(resolve(dirname(draft.file), each));
  for (let number = 2; number <= MOST_NAMES; number += 1) {
    const next = number === 2 ? name : `${name}-${number - 1}`;
    if (!isTaken(next)) return next;
  }
  return name;
}

/** What an assembly is, in the words of its own README. */
export function whatItIs(assembly: string): string {
  const readme = join(assemblyFolder(assembly), "README.md");
  if (!existsSync(readme)) return "";
  const lines = readFileSync(readme, "utf8").split("\n");
  return lines.find((line) => line !== "" && !line.startsWith("#")) ?? "";
}

/** The machine's own name, as far as it can be one of a kiosk. */
export function usualId(): string {
  const plain = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return plain === "" ? "kiosk-1" : plain.slice(0, 64);
}

/** The language of the person at the keyboard, where the display speaks it, and English. */
export function usualLanguages({ LC_ALL, LC_MESSAGES, LANG }: NodeJS.ProcessEnv): string {
  const own = /^[a-z]+/.exec(LC_ALL || LC_MESSAGES || LANG || "")?.[0] ?? "";
  return [...new Set([LANGUAGES.includes(own) ? own : "en", "en"])].join(" ");
}

export function usualTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const MM_AN_INCH = 25.4;

/** `7in 800x480` as a data sheet has it; pixels are taken as square. */
export function panelFrom(text: string): Readonly<Record<string, number>> | null {
  const match = /^(\d{1,3}(?:[.,]\d{1,2})?)\s*(?:in|inch|"|”)?[\s,]+(\d{2,5})\s*[x×*]\s*(\d{2,5})(?:\s*px)?$/i.exec(
    text,
  );
  if (match === null) return null;
  const [inches, widthPx, heightPx] = match.slice(1).map((part) => Number(part.replace(",", "."))) as [
    number,
    number,
    number,
  ];
  const mmAPixel = (inches * MM_AN_INCH) / Math.hypot(widthPx, heightPx);
  return { widthMm: Math.round(widthPx * mmAPixel), heightMm: Math.round(heightPx * mmAPixel), widthPx, heightPx };
}
