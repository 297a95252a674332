import { z } from "zod";
import { lineMeant } from "../core/line-name.ts";
import { strangeBlankIn, withPlainBlanks } from "./blanks.ts";
import {
  branchesFor,
  choicesOf,
  type Expectation,
  expectationOf,
  ownWords,
  schemaAt,
  shapeOf,
  valuesOf,
} from "./expectation.ts";
import { aboutOf, written } from "./keys.ts";
import { asYaml, mended } from "./mended.ts";
import { nearest } from "./nearest.ts";
import { type Found, listed, type Path, pathText, sentence, shown } from "./problem.ts";

/** What a configuration says, and what it should. */
export interface Reading {
  readonly schema: z.core.$ZodType;
  readonly value: unknown;
  /** A number or a word as it stands in the file; null for what is no such thing. */
  sourceOf(path: Path): string | null;
}

/** The schema's findings as sentences: made here and nowhere else, from what was found and what the schema takes. */
export function problemsOf(issue: z.core.$ZodIssue, text: Reading): Found[] {
  const path = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], text));
  if (issue.code === "invalid_key") return [wrongKey(path, text)];
  if (issue.code === "invalid_union") return ofUnion(issue, path, text);
  const isOwn = issue.code === "custom" && issue.message !== "" && !issue.message.startsWith("Invalid input");
  return [{ path, message: wrongValue(path, text, isOwn || "pattern" in issue ? issue.message : "") }];
}

/** `told` is what the check that failed says itself: what it expects, or why it refuses. */
function wrongValue(path: Path, text: Reading, told: string): string {
  const value = valueAt(text.value, path);
  const schema = schemaAt(text.schema, text.value, path);
  const source = text.sourceOf(path);
  if (schema === null) return sentence({ found: shown(value, source), expected: "nothing here" });
  const isHidden = aboutOf(schema)["secret"] === true && typeof value !== "string";
  const found = isHidden ? foundKind(value) : shown(value, source);
  const blank = typeof value === "string" ? strangeBlankIn(value) : null;
  if (typeof value === "string" && blank !== null) return wrongBlank(schema, value, blank);
  const own = ownWords(told);
  const usual = expectationFor(schema, value);
  const what = own?.what ?? usual.what;
  const hint = own === null && told !== "" && !told.startsWith("Invalid") ? told : undefined;
  const near = typeof value === "string" ? nearest(value, valuesOf(schema).map(String)) : null;
  if (near !== null) return sentence({ found, expected: what, hint: `did you mean ${near}?` });
  const better = isHidden ? null : meantBy(value, { schema, usual, source });
  const example = better ?? own?.example ?? usual.example;
  return sentence({ found, expected: what, example: example === what ? undefined : example, hint });
}

function meantBy(value: unknown, place: { schema: z.core.$ZodType; usual: Expectation; source: string | null }) {
  const { schema, usual, source } = place;
  if (usual.meant === undefined || typeof value === "object") return mended(schema, value, source);
  return usual.meant(source ?? String(value));
}

/** Where nothing else is wrong, the message says so; else both. */
function wrongBlank(schema: z.core.$ZodType, value: string, blank: string): string {
  const usual = expectationFor(schema, value);
  const meant = withPlainBlanks(value);
  const isAll = z.safeParse(schema, meant).success;
  return sentence({
    found: `${shown(value)} with ${blank}`,
    expected: isAll ? "a plain blank" : `${usual.what}, without it`,
    example: isAll ? asYaml(meant) : (meantBy(meant, { schema, usual, source: null }) ?? usual.example),
  });
}

/** Of a union only what takes a value of this kind, where something does. */
function expectationFor(schema: z.core.$ZodType, value: unknown): Expectation {
  const bare = written(schema);
  const branches =
    bare instanceof z.ZodUnion && valuesOf(bare).length === 0
      ? bare.options.filter((each) => takesKind(each, value))
      : [];
  const expected = expectationOf(branches[0] ?? schema);
  const isBare = typeof value === "number" || typeof value === "boolean";
  return isBare && expected.what.startsWith("text") ? { ...expected, what: `${expected.what} in quotes` } : expected;
}

function takesKind(schema: z.core.$ZodType, value: unknown): boolean {
  const bare = written(schema);
  const values = valuesOf(bare);
  if (values.length > 0) return values.some((each) => typeof each === typeof value);
  if (bare instanceof z.ZodArray) return Array.isArray(value);
  if (bare instanceof z.ZodObject) return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === "string";
}

function foundKind(value: unknown): string {
  if (value === undefined || value === null) return shown(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "keys" : `a ${typeof value}`;
}

function wrongKey(path: Path, { schema, value }: Reading): Found {
  const record = schemaAt(schema, value, path.slice(0, -1));
  const bare = record === null ? null : written(record);
  const { what, example } = bare instanceof z.ZodRecord ? expectationOf(bare.keyType) : { what: "another key" };
  return { path, message: sentence({ found: `the key ${shown(String(path.at(-1)))}`, expected: what, example }) };
}

function unknownKey(path: Path, { schema, value }: Reading): Found {
  const key = String(path.at(-1));
  const holder = schemaAt(schema, value, path.slice(0, -1));
  const known = holder === null ? [] : keysOf(holder, valueAt(value, path.slice(0, -1)));
  if (key === "<<") {
    return {
      path,
      message: sentence({ found: "a merge key", expected: "each key written out, or a list named by &name and *name" }),
    };
  }
  const expected = known.length === 0 ? "no key" : `one of ${listed(known, "or")}`;
  const given = valueAt(value, path.slice(0, -1));
  const taken = typeof given === "object" && given !== null ? Object.keys(given) : [];
  const near = nearest(
    key,
    known.filter((each) => !taken.includes(each)),
  );
  const slip = near === null ? slipOf(key, known, valueAt(value, path)) : null;
  const elsewhere = near === null && slip === null ? placesOf(key, schema, path) : [];
  const hint =
    near !== null
      ? `did you mean ${near}?`
      : elsewhere.length > 0
        ? `it belongs to ${listed(elsewhere, "or")}`
        : slip?.hint;
  const instead = near ?? slip?.instead ?? null;
  const meant = instead === null ? {} : { meant: [...path.slice(0, -1), instead] };
  return { path, message: sentence({ found: "an unknown key", expected, hint }), ...meant };
}

/** Keys that are none: the rest of a number behind its comma, and a line by its kind. */
function slipOf(key: string, known: readonly string[], value: unknown): Slip | null {
  if (/^\d+$/.test(key) && value === null) {
    return { hint: "within braces a comma ends a value: write 5.5, and 11000 without a mark", instead: null };
  }
  if (!known.includes("line") || !/^(gpio|bcm|pin)$/i.test(key)) return null;
  const line = lineMeant(`${key} ${String(value)}`);
  return line === null ? null : { hint: `write line: ${line}`, instead: "line" };
}

interface Slip {
  readonly hint: string;
  /** The key in whose place it stands, where it stands for one. */
  readonly instead: string | null;
}

function keysOf(schema: z.core.$ZodType, value: unknown): readonly string[] {
  const bare = written(schema);
  if (!(bare instanceof z.ZodUnion)) return Object.keys(shapeOf(bare) ?? {});
  return [...new Set(branchesFor(bare, value).flatMap((each) => keysOf(each, value)))];
}

const MOST_PLACES = 3;

/** Where else a key of this name is known: elsewhere, or here with another driver. */
function placesOf(key: string, root: z.core.$ZodType, from: Path): readonly string[] {
  const found = new Set<string>();
  const walk = (schema: z.core.$ZodType, path: Path, choice: string): void => {
    const bare = written(schema);
    if (bare instanceof z.ZodArray) walk(bare.element, [...path, indexOf(from[path.length])], "");
    if (bare instanceof z.ZodUnion) for (const each of bare.options) walk(each, path, choiceOf(bare, each));
    for (const [name, inner] of Object.entries(shapeOf(bare) ?? {})) {
      if (name === key) found.add(`${path.length === 0 ? "the top of the file" : pathText(path)}${choice}`);
      else walk(inner, [...path, name], "");
    }
  };
  walk(root, [], "");
  return found.size > MOST_PLACES ? [] : [...found];
}

function indexOf(key: string | number | undefined): number {
  return typeof key === "number" ? key : 0;
}

function choiceOf(union: z.ZodUnion, branch: z.core.$ZodType): string {
  if (!(union instanceof z.ZodDiscriminatedUnion)) return "";
  const { discriminator } = union.def;
  return ` with ${discriminator}: ${valuesOf(shapeOf(branch)?.[discriminator]).join(" or ")}`;
}

/** A union is told by the branch that fits best: of those that take a value of this kind the one with least to say. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, text: Reading): Found[] {
  if (issue.errors.length === 0) return [wrongChoice(path, text)];
  const fitting = issue.errors
    .filter(
      (issues) => !issues.some((each) => each.path.length === 0 && isOfOtherKind(each, valueAt(text.value, path))),
    )
    .sort((one, other) => one.length - other.length);
  const [best] = fitting;
  if (best === undefined) return [{ path, message: wrongValue(path, text, "") }];
  if (fitting.length > 1 && fitting.every((issues) => issues.every(({ code }) => code === "unrecognized_keys"))) {
    return [mixed(path, text)];
  }
  return best.flatMap((each) => problemsOf({ ...each, path: [...path, ...each.path] }, text));
}

function isOfOtherKind(issue: z.core.$ZodIssue, value: unknown): boolean {
  if (issue.code === "invalid_type") return true;
  return issue.code === "invalid_value" && !issue.values.some((each) => typeof each === typeof value);
}

/** Keys of several branches at once. */
function mixed(path: Path, { schema, value }: Reading): Found {
  const here = schemaAt(schema, value, path);
  const bare = here === null ? null : written(here);
  const branches =
    bare instanceof z.ZodUnion && valuesOf(bare).length === 0
      ? bare.options.map((each) => Object.keys(shapeOf(each) ?? {})).filter((keys) => keys.length > 0)
      : [];
  const found = shown(valueAt(value, path));
  return {
    path,
    message: sentence({ found, expected: `either ${branches.map((keys) => listed(keys)).join(", or ")}` }),
  };
}

function wrongChoice(path: Path, { schema, value }: Reading): Found {
  const key = String(path.at(-1));
  const holder = schemaAt(schema, value, path.slice(0, -1));
  const bare = holder === null ? null : written(holder);
  const choices = bare instanceof z.ZodUnion ? choicesOf(bare, key) : [];
  const given = valueAt(value, path);
  const near = typeof given === "string" ? nearest(given, choices) : null;
  const hint = near === null ? undefined : `did you mean ${near}?`;
  return { path, message: sentence({ found: shown(given), expected: `one of ${listed(choices, "or")}`, hint }) };
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string | number, unknown>)[key];
  }
  return here;
}
