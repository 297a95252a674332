import { ExplainedError } from "../core/explained-error.ts";
import { visible, visibleLine } from "../core/visible.ts";
import type { Found, Path } from "../ports/configured.ts";

export type { Found, Path } from "../ports/configured.ts";

/** One thing that is wrong with a configuration: where, and what was expected. */
export interface Problem {
  readonly path: Path;
  readonly line: number | null;
  readonly message: string;
}

const MOST_TOLD = 100;
const LONGEST_SHOWN = 60;

/** The configuration cannot be used. The message lists the problems with path and line. */
export class ConfigError extends ExplainedError {
  override readonly name = "ConfigError";
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const told = problems.slice(0, MOST_TOLD).map((problem) => describe(file, problem));
    const left = problems.length - told.length;
    super([...told, ...(left > 0 ? [`${file}: and ${left} problems more`] : [])].join("\n"));
    this.file = file;
    this.problems = problems.map((each) => ({ ...each, message: withoutPassword(each.message) }));
  }
}

function describe(file: string, { path, line, message }: Problem): string {
  const place = line === null ? file : `${file}:${line}`;
  return withoutPassword(path.length === 0 ? `${place}: ${message}` : `${place}: ${pathText(path)}: ${message}`);
}

export function pathText(path: Path): string {
  return visibleLine(
    path
      .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${maskedValue(key)}`))
      .join(""),
  );
}

interface Sentence {
  readonly found: string;
  readonly expected: string;
  readonly example?: string | undefined;
  /** What to do about it, or why. */
  readonly hint?: string | undefined;
}

/** The one form of all messages, without a password of any address in it. */
export function sentence({ found, expected, example, hint }: Sentence): string {
  const such = example === undefined || example === found ? "" : `, such as ${example}`;
  const end = hint === undefined ? "" : `. ${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}`;
  return withoutPassword(`found ${found}, expected ${expected}${such}${end}`);
}

/** A text in which addresses may stand: each word with an account, and with a scheme as far as the quotes around it. */
function withoutPassword(text: string): string {
  return text.replace(/[a-z][\w+.-]*:[\\/]+[^"\n]*@|\S+@/gi, (address) => maskedValue(address));
}

/**
 * A value without what may be a password in it: from the colon that is no scheme's to the last @, whatever stands
 * between. Rather too much is hidden than a password shown.
 */
export function maskedValue(value: string): string {
  return value.replace(/^([\s\S]*?:)(?!\s|[\\/]{2})[\s\S]*@/, "$1***@");
}

/** A value as a message shows it: in quotes where it is text, cut where it is long, without a password in an address. */
export function shown(value: unknown, source: string | null = null): string {
  if (value === undefined) return "nothing";
  if (value === null) return "an empty value";
  if (typeof value === "string") return value === "" ? "an empty text" : quoted(value);
  if (Array.isArray(value)) return shownList(value);
  if (typeof value !== "object")
    return `the ${typeof value === "number" ? "number " : "value "}${source ?? String(value)}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "no keys" : `the ${keys.length === 1 ? "key" : "keys"} ${listed(keys)}`;
}

function shownList(list: readonly unknown[]): string {
  if (list.length === 0) return "an empty list";
  const isShort = list.length <= 8 && list.every((each) => typeof each === "number" || typeof each === "string");
  return isShort ? `[${list.map((each) => shownShort(each)).join(", ")}]` : `a list of ${list.length}`;
}

function shownShort(value: unknown): string {
  return typeof value === "string" ? quoted(value) : String(value);
}

function quoted(text: string): string {
  const safe = maskedValue(text);
  return inQuotes(safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}…` : safe);
}

/** In double quotes, with what nobody could see, or tell from a plain blank, as `\\u{a0}`. */
export function inQuotes(text: string): string {
  return visible(JSON.stringify(text)).replaceAll("\u3000", "\\u{3000}");
}

const MOST_LISTED = 30;

/** "a, b and c", cut where it is long. */
export function listed(names: readonly string[], last = "and"): string {
  if (names.length > MOST_LISTED)
    return `${names.slice(0, MOST_LISTED).join(", ")} and ${names.length - MOST_LISTED} more`;
  const [end = "", ...before] = [...names].reverse();
  return before.length === 0 ? end : `${before.reverse().join(", ")} ${last} ${end}`;
}

/** What stands at an address and port, as a message shows it. */
export function shownListen({ host, port }: { readonly host: string; readonly port: number }): string {
  return shown(host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
}

/** A certificate without its key, or a key without its certificate. */
export function halfPair(path: Path, certFile: string | undefined, keyFile: string | undefined): Found | null {
  if ((certFile === undefined) === (keyFile === undefined)) return null;
  const [there, missing] = certFile === undefined ? ["keyFile", "certFile"] : ["certFile", "keyFile"];
  const message = sentence({
    found: `${there} without ${missing}`,
    expected: "certFile and keyFile together, or neither",
  });
  return { path: [...path, there], message };
}

interface Same {
  /** What it has to be of. */
  readonly of: string;
  readonly hint?: string;
}

/** What stands twice where each must be another. */
export function duplicates(
  values: readonly (string | null | undefined)[],
  pathAt: (index: number) => Path,
  { of, hint }: Same,
): Found[] {
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (value === null || value === undefined || first === index) return [];
    const message = sentence({ found: `${shown(value)} a second time`, expected: of, hint });
    return [{ path: pathAt(index), message, other: pathAt(first) }];
  });
}
