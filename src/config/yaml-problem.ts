import type { YAMLError } from "yaml";
import { strangeBlankIn } from "./blanks.ts";
import { asYaml } from "./mended.ts";
import { sentence, shown } from "./problem.ts";

type Code = YAMLError["code"];

interface Told {
  readonly expected: string;
  readonly example?: string;
}

const NO_INDENT: Told = { expected: "each key as far in as the keys beside it" };
const NO_COLON: Told = { expected: "a colon and a blank behind the key", example: "currency: SEK" };
const BLANKS: Told = { expected: "blanks", example: "two for each step further in" };
const STAR: Told = { expected: "quotes around a text that begins with *", example: '"*/5 * * * *"' };

/** What the reader of YAML expects where it finds something else; the rest is told in its own words. */
const TOLD: { readonly [C in Code]?: Told } = {
  BAD_ALIAS: STAR,
  BAD_DQ_ESCAPE: { expected: "single quotes around a text with a backslash", example: "'a\\b'" },
  BAD_INDENT: NO_INDENT,
  BAD_SCALAR_START: { expected: "quotes around a text that begins with @, ` or %", example: '"@home"' },
  BLOCK_IN_FLOW: { expected: "no list with dashes inside of { } or [ ]", example: "[a, b]" },
  MISSING_CHAR: NO_COLON,
  MULTILINE_IMPLICIT_KEY: NO_COLON,
  MULTIPLE_DOCS: { expected: "one document in a file: remove the line of dashes or dots between the two" },
  NON_STRING_KEY: { expected: "a word as key", example: "currency: SEK" },
  TAB_AS_INDENT: BLANKS,
  TAG_RESOLVE_FAILED: { expected: "quotes around a text that begins with !", example: '"!Wow"' },
  UNEXPECTED_TOKEN: { expected: "nothing more on this line, or quotes around it", example: '"a] b"' },
};

/** Where a mistake against YAML is told, and how. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

/** A mistake against YAML in the form of all messages, at the line where it was made. */
export function yamlProblem({ code, message, pos: [offset] }: YAMLError, text: string): YamlProblem {
  const line = lineAt(text, offset);
  const told = (found: string, { expected, example }: Told, at = offset): YamlProblem => ({
    offset: at,
    message: sentence({ found, expected, example }),
  });
  if (code === "DUPLICATE_KEY")
    return told(secondKey(text, offset), { expected: "each key once: remove one of the two" });
  if (code === "TAB_AS_INDENT" || /^\s*\t/.test(line)) return told("a tab before the key", BLANKS);
  if (code === "MULTIPLE_DOCS") return told("a second document", TOLD.MULTIPLE_DOCS ?? NO_COLON);
  const bracketed = /:\s+(\[[\da-f]*:[\da-f:]*\]:\d+)/i.exec(line)?.[1];
  if (bracketed !== undefined) {
    return told(shown(line.trim()), { expected: "quotes around an address in brackets", example: `"${bracketed}"` });
  }
  const blank = strangeBlankIn(line);
  if (blank !== null) return told(`${shown(line.replace(/^ +| +$/g, ""))} with ${blank}`, { expected: "plain blanks" });
  if (/^[^"'#]*:\s+\*/.test(line)) return told(shown(line.trim()), STAR);
  const open =
    /(?:must be sufficiently indented and end with a|Expected flow (?:map|sequence) to end with|Missing closing) (\S+)/.exec(
      message,
    );
  if (open !== null) return unclosed(open[1] ?? "", text, offset);
  if (code === "BLOCK_AS_IMPLICIT_KEY") return nested(text, offset);
  const known = TOLD[code];
  return told(shown(line.trim()), known ?? { expected: `YAML: ${message}` });
}

/** The package tells of it where it gives up: at the next key, or at the file's end. */
function unclosed(mark: string, text: string, offset: number): YamlProblem {
  const closing = mark.startsWith('"') || mark.startsWith("'") ? "quote" : mark.replaceAll(/[^\]}]/g, "");
  const before = closing === "quote" ? offset : text.slice(0, offset).trimEnd().length - 1;
  const opened = closing === "quote" ? before : Math.max(0, text.lastIndexOf(closing === "]" ? "[" : "{", before));
  const message = sentence({ found: shown(lineAt(text, opened).trim()), expected: `a closing ${closing} at its end` });
  return { offset: opened, message };
}

/** A colon and a blank where no further key can be: in a text, or on a line that stands too far in. */
function nested(text: string, offset: number): YamlProblem {
  const line = lineAt(text, offset);
  const inText = /^\s*(?:- )?[^\s:]+:\s+(.*:\s.*)$/.exec(line)?.[1];
  if (inText !== undefined) {
    const told = {
      found: shown(line.trim()),
      expected: "quotes around a text with a colon and a blank",
      example: asYaml(inText),
    };
    return { offset, message: sentence(told) };
  }
  const next = text.indexOf("\n", offset) + 1;
  const below = lineAt(text, next);
  const isFurtherIn = next > 0 && below.search(/\S/) > line.search(/\S/);
  const [at, found] = isFurtherIn ? [next, below] : [offset, line];
  return { offset: at, message: sentence({ found: shown(found), ...NO_INDENT }) };
}

/** The package points at the second of the two. */
function secondKey(text: string, offset: number): string {
  const key = /^[^\s:,}]*/.exec(text.slice(offset))?.[0] ?? "";
  const column = offset - (text.lastIndexOf("\n", offset - 1) + 1);
  const lines = text.slice(0, offset).split("\n");
  const first = lines.findLastIndex(
    (each) => each.slice(column).startsWith(`${key}:`) && /^[ -]*$/.test(each.slice(0, column)),
  );
  return `the key ${key} a second time${first === -1 ? "" : `, after line ${first + 1}`}`;
}

function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  return text.slice(start, end === -1 ? undefined : end).trimEnd();
}
