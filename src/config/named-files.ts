import type { z } from "zod";
import { partsOf } from "./keys.ts";
import type { Problem } from "./problem.ts";
import type { Config } from "./schema.ts";

/** A file that a configuration names, as it names it, and the way to the key that does. */
export interface NamedFile {
  /** `positions.pump-2.terminal.passwordFile`: by ids, for positions may stand in another order on another machine. */
  readonly key: string;
  readonly path: Problem["path"];
  readonly file: string;
  readonly isSecret: boolean;
}

/** A configuration as it was read, with the files that it names. */
export interface Named {
  readonly file: string;
  readonly config: Config;
  /** Every secret and every other `…File`. */
  readonly files: readonly NamedFile[];
}

/** Keys that name a secret, as the schema marks them: `positions.*.terminal.passwordFile`. */
export function secretKeysOf(schema: z.core.$ZodType): ReadonlySet<string> {
  const marked = partsOf(schema).filter(({ about }) => about["secret"] === true);
  return new Set(marked.map(({ way }) => way.join(".")));
}

/** Every secret and every other `…File` of a configuration. */
export function namedFiles(config: Config, schema: z.core.$ZodType): NamedFile[] {
  const secretKeys = secretKeysOf(schema);
  const found: NamedFile[] = [];
  const walk = (value: unknown, path: Problem["path"], names: readonly string[], way: readonly string[]): void => {
    const isSecret = secretKeys.has(way.join("."));
    if (typeof value === "string" && (isSecret || way.at(-1)?.endsWith("File") === true)) {
      found.push({ key: names.join("."), path, file: value, isSecret });
    }
    if (Array.isArray(value)) {
      for (const [index, part] of value.entries()) {
        walk(part, [...path, index], [...names, idOf(part, index)], [...way, "*"]);
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [key, part] of Object.entries(value)) walk(part, [...path, key], [...names, key], [...way, key]);
    }
  };
  walk(config, [], [], []);
  return found;
}

function idOf(part: unknown, index: number): string {
  return typeof part === "object" && part !== null && "id" in part ? String(part.id) : String(index);
}

/** In an address as it is written: from the account's name to the last @ before the path. */
const WRITTEN_PASSWORD = /^[^:]*:[\\/]*[^:/?#]*:([^/?#]+)@/;

/** Passwords that stand in addresses, as they are written and as they are meant, the longest first. */
export function passwordsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(passwordsIn);
  if (typeof value !== "string" || !URL.canParse(value)) return [];
  const { password } = new URL(value);
  if (password === "") return [];
  const shapes = new Set([WRITTEN_PASSWORD.exec(value)?.[1] ?? password, password, decoded(password)]);
  return [...shapes].sort((a, b) => b.length - a.length);
}

/** The same to be shown: without the passwords that stand in addresses. */
export function withoutPasswords(config: Config): unknown {
  return JSON.parse(JSON.stringify(config), (_key, part: unknown) =>
    typeof part === "string" ? passwordsIn(part).reduce((text, each) => text.replaceAll(each, "***"), part) : part,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
