import { join } from "node:path";
import { createGenerator } from "ts-json-schema-generator";
import { TOPICS, type Topic } from "../../src/core/operator/topics.ts";
import { DECIMALS, FRACTIONS, MEANINGS, TIMES } from "./fields.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** As much of JSON Schema as the generator uses. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly properties?: Properties;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

type Properties = Readonly<Record<string, Schema>>;

export const topics: readonly (readonly [string, Topic])[] = Object.entries(TOPICS);
export const MESSAGES: readonly string[] = [...new Set(topics.map(([, { message }]) => message))];

const DECIMAL = "^[0-9]+([.][0-9]+)?$";

/** The schema of every message, by the name of its type, from the types and their comments. */
export function messageSchemas(): Readonly<Record<string, Schema>> {
  const generator = createGenerator({
    path: join(ROOT, "src/core/operator/messages.ts"),
    tsconfig: join(ROOT, "tsconfig.json"),
    expose: "none",
    topRef: false,
    sortProps: false,
    // The compiler is run by itself; what it would have found shows here as a field without a type.
    skipTypeCheck: true,
  });
  return Object.fromEntries(
    MESSAGES.map((name) => {
      const { $schema, definitions: _none, ...schema } = JSON.parse(JSON.stringify(generator.createSchema(name)));
      const $comment = "Generated from src/core/operator/messages.ts.";
      return [name, { $schema, $comment, title: name, ...refined(schema, [name]) }];
    }),
  );
}

/** Adds what the types cannot say: which texts are times and decimals, which numbers are whole, what fields mean. */
function refined(schema: Schema, path: readonly string[]): Schema {
  const { type, properties, items, anyOf, description, ...rest } = schema;
  const name = path.at(-1) ?? "";
  if (type === undefined && anyOf === undefined && schema.const === undefined && schema.enum === undefined) {
    throw new Error(`${path.join(".")} has no type`);
  }
  const place = [...path, ...(typeof schema.const === "string" ? [schema.const] : [])].join(".");
  const meaning = description ?? MEANINGS[place] ?? (path.length > 1 ? MEANINGS[name] : undefined);
  return {
    ...(meaning !== undefined && { description: meaning }),
    ...(type !== undefined && { type: wholeNumbers(type, name) }),
    ...format(type, name),
    ...(properties !== undefined && { properties: refinedProperties(properties, path) }),
    ...rest,
    ...(items !== undefined && { items: refinedPart(items, path) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((each) => refinedPart(each, path)) }),
  };
}

/** A part of a field needs no meaning of its own. */
function refinedPart(schema: Schema, path: readonly string[]): Schema {
  const { description, ...rest } = refined(schema, path);
  return schema.description === undefined || description === undefined ? rest : { description, ...rest };
}

function refinedProperties(properties: Properties, path: readonly string[]): Properties {
  const { seq, ...others } = properties;
  const ordered = seq === undefined ? others : { seq, ...others };
  return Object.fromEntries(Object.entries(ordered).map(([name, each]) => [name, refined(each, [...path, name])]));
}

function wholeNumbers(type: string | readonly string[], name: string): string | readonly string[] {
  if (FRACTIONS.includes(name)) return type;
  const whole = (each: string): string => (each === "number" ? "integer" : each);
  return typeof type === "string" ? whole(type) : type.map(whole);
}

function format(type: Schema["type"], name: string): Schema {
  const isText = [type].flat().includes("string");
  if (isText && TIMES.includes(name)) return { format: "date-time" };
  if (isText && DECIMALS.includes(name)) return { pattern: DECIMAL };
  return name === "seq" ? { minimum: 1 } : {};
}
