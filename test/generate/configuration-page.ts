import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { aboutOf, written } from "../../src/config/keys.ts";
import { profileNames } from "../../src/config/profile.ts";
import { configSchema } from "../../src/wiring/load.ts";
import { EXAMPLES, FORMS, INTRODUCTION, LINES } from "./configuration-prose.ts";
import type { Schema } from "./schemas.ts";

type Zod = z.core.$ZodType;
type Entry = readonly [name: string, schema: Zod];

const COLUMNS = 100;
const DEVICES = join(import.meta.dirname, "../../src/devices");

/** All keys of the configuration, for people. */
export function configurationPage(): string {
  const sections = entriesOf(configSchema()).flatMap(([name, schema]) => section(name, schema));
  const page = [...FORMS, ...sections, ...LINES, ...lineKinds()];
  return [...INTRODUCTION, contents(page), ...page].join("\n\n");
}

/** Links to all headings, as GitHub names them. */
function contents(page: readonly string[]): string {
  return page
    .flatMap((paragraph) => {
      const [, deeper = "", title = ""] = /^##(#*) (.*)$/.exec(paragraph) ?? [];
      const anchor = title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-");
      return title === "" ? [] : [`${"  ".repeat(deeper.length)}- [${title}](#${anchor})`];
    })
    .join("\n");
}

function section(name: string, schema: Zod): string[] {
  const { def } = written(schema)._zod;
  const must = z.safeParse(schema, undefined).success ? "May be left out." : "Must be there.";
  if (!isContainer(schema)) return [`## ${name}`, ...exampleOf(name), keyList([[name, schema]])];
  const head = [`## ${name}`, wrapped(`${descriptionOf(schema)} ${must}`, ""), ...exampleOf(name)];
  if (def.type === "union") return [...head, ...kinds(name, def.options, "###")];
  if (def.type === "object") return [...head, keyList(entriesOf(schema))];
  const entries = entriesOf(schema);
  const own = entries.filter(([, inside]) => !isKinds(inside));
  const others = entries.filter(([, inside]) => isKinds(inside));
  return [
    ...head,
    keyList(own),
    ...others.flatMap(([key, inside]) => [
      `### ${key}`,
      wrapped(`${descriptionOf(inside)} Must be there.`, ""),
      wrapped(`Assemblies: ${listed(profileNames().map(assembly), "and")}.`, ""),
      ...exampleOf(key),
      ...kinds(key, optionsOf(inside), "####"),
    ]),
  ];
}

/** What all kinds have, then each by itself. */
function kinds(name: string, options: readonly Zod[], depth: "###" | "####"): string[] {
  const [first, ...others] = options;
  const shared = entriesOf(first as Zod).filter(([key, schema]) =>
    others.every((other) => entriesOf(other).some(([each, its]) => each === key && its === schema)),
  );
  const isShared = ([key]: Entry): boolean => shared.some(([each]) => each === key);
  return [
    ...(shared.length === 0
      ? []
      : [name === "payment" ? "Whatever the service:" : "Whatever the driver:", keyList(shared)]),
    ...options.flatMap((option) => {
      const entries = entriesOf(option).filter((entry) => !isShared(entry));
      const driver = String(jsonOf(entries[0]?.[1] as Zod).const);
      return [
        `${depth} ${name}: ${driver}`,
        wrapped(descriptionOf(option), ""),
        ...exampleOf(`${name} ${driver}`),
        keyList(entries),
      ];
    }),
  ];
}

/** By `dispenser DRIVER`: each device's `example.yaml`. */
function deviceExamples(): Readonly<Record<string, string>> {
  const folders = readdirSync(DEVICES).map((folder) => join(DEVICES, folder, "example.yaml"));
  const texts = folders.filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8"));
  return Object.fromEntries(texts.map((text) => [`dispenser ${parse(text).dispenser.driver}`, text]));
}

function exampleOf(name: string): string[] {
  const text = EXAMPLES[name] ?? deviceExamples()[name];
  return text === undefined ? [] : [`\`\`\`yaml\n${text.trim()}\n\`\`\``];
}

/** The keys of an object, or of a list's objects. */
function entriesOf(schema: Zod): readonly Entry[] {
  const { def } = written(schema)._zod;
  if (def.type === "object") return Object.entries(def.shape);
  return def.type === "array" ? entriesOf(def.element) : [];
}

function keyList(entries: readonly Entry[]): string {
  return entries.flatMap(([name, schema]) => keyLines(name, schema, "")).join("\n");
}

function keyLines(name: string, schema: Zod, indent: string): string[] {
  const facts = [formOf(schema), ...needOf(schema)].filter((fact) => fact !== "").join("; ");
  const { examples } = aboutOf(schema);
  const example = isContainer(schema) ? "" : ` Example: ${listed((examples as unknown[]).map(code), "or")}.`;
  const text = `- \`${name}\` (${facts}). ${descriptionOf(schema)}${example}`;
  return [wrapped(text, indent), ...insideOf(schema).flatMap(([key, inside]) => keyLines(key, inside, `${indent}  `))];
}

/** Keys below a key; lines, and what says its form in words, have a chapter of their own. */
function insideOf(schema: Zod): readonly Entry[] {
  const isElsewhere = isContainer(schema) && typeof aboutOf(schema)["form"] === "string";
  return isLine(schema) || isElsewhere
    ? []
    : [...entriesOf(schema), ...optionsOf(schema).flatMap((option) => entriesOf(option))];
}

function needOf(schema: Zod): string[] {
  const { default: assumed } = jsonOf(schema);
  if (assumed !== undefined && !isContainer(schema)) return [`default ${assumed === "" ? "empty" : code(assumed)}`];
  return z.safeParse(schema, undefined).success ? ["may be left out"] : ["**required**"];
}

function formOf(schema: Zod): string {
  const { form } = aboutOf(schema);
  if (typeof form === "string" && !isLine(schema)) return form;
  if (isLine(schema)) return "[line](#lines)";
  const { def } = written(schema)._zod;
  if (def.type === "array") {
    const { minItems, maxItems } = jsonOf(schema);
    const least = minItems === undefined || minItems === 0 ? "at most" : `${minItems} to`;
    const most = maxItems === undefined ? "" : ` of ${least} ${maxItems}`;
    return isContainer(schema) ? `list${most}` : `list${most}: ${formOf(def.element)}`;
  }
  if (def.type === "object") return "keys below";
  if (def.type === "union") {
    return isContainer(schema) ? "one of the keys below" : listed([...new Set(def.options.map(formOf))], "or");
  }
  return plainForm(jsonOf(schema));
}

function plainForm(json: Schema): string {
  const { type, minimum, maximum, exclusiveMinimum, maxLength, format } = json;
  if (json.const !== undefined) return code(json.const);
  if (json.enum !== undefined) return listed(json.enum.map(code), "or");
  if (type === "boolean") return "`true` or `false`";
  if (type === "integer") return `whole number, ${minimum} to ${maximum}`;
  if (type === "number") return exclusiveMinimum === undefined ? `number, ${minimum} to ${maximum}` : `number above 0`;
  if (format === "uri") return "address";
  return maxLength === undefined ? "text" : `text, at most ${maxLength} characters`;
}

function isContainer(schema: Zod): boolean {
  const { def } = written(schema)._zod;
  if (def.type === "array") return isContainer(def.element);
  return def.type === "object" || (def.type === "union" && aboutOf(schema)["examples"] === undefined);
}

function assembly(name: string): string {
  return `[${name}](../hw/${name})`;
}

function isKinds(schema: Zod): boolean {
  return written(schema)._zod.def.type === "union" && isContainer(schema);
}

function optionsOf(schema: Zod): readonly Zod[] {
  const { def } = written(schema)._zod;
  return def.type === "union" ? def.options : [];
}

/** A line by itself, or with what is special about it. */
function isLine(schema: Zod): boolean {
  const options = optionsOf(schema);
  const keyed = options.map(entriesOf).filter((entries) => entries.length > 0);
  const areLines = keyed.every((entries) => entries.some(([key]) => key === "line"));
  return areLines && options.some((option) => aboutOf(option)["form"] === "line");
}

/** The three kinds of lines, each once. */
function lineKinds(): string[] {
  const found = new Map<string, Zod>();
  const look = (schema: Zod): void => {
    const options = [...optionsOf(schema), ...entriesOf(schema).map(([, inside]) => inside)];
    for (const inside of options) {
      if (isLine(schema) && entriesOf(inside).length > 0) found.set(descriptionOf(inside), inside);
      else look(inside);
    }
  };
  look(configSchema());
  return [...found].flatMap(([what, schema]) => [what, keyList(entriesOf(schema))]);
}

function descriptionOf(schema: Zod): string {
  return String(aboutOf(schema)["description"]);
}

function jsonOf(schema: Zod): Schema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
}

/** As YAML would have it in one line. */
function code(value: unknown): string {
  return `\`${inline(value)}\``;
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, each]) => `${/^\d/.test(key) ? `"${key}"` : key}: ${inline(each)}`);
    return `{ ${pairs.join(", ")} }`;
  }
  // A number in quotes stays a text.
  return typeof value === "string" &&
    (value === "" || value.startsWith("#") || /^[\d.*]+$|: |^\*|^\d[\d ,*/-]+$/.test(value))
    ? JSON.stringify(value)
    : String(value);
}

function listed(items: readonly string[], word: string): string {
  const [last = "", ...before] = [...items].reverse();
  return before.length === 0 ? last : `${before.reverse().join(", ")} ${word} ${last}`;
}

/** Broken at blanks that are not in a piece of code. */
function wrapped(text: string, indent: string): string {
  const hanging = text.startsWith("- ") ? `${indent}  ` : indent;
  const lines: string[] = [];
  let line = indent;
  for (const word of text.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
    if (line.trim() !== "" && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = hanging;
    }
    line = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}
