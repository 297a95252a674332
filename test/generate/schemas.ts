import { join } from "node:path";
import { z } from "zod";
import { SALE_ACK } from "../../src/telemetry/mqtt/acks.ts";
import { COMMANDS } from "../../src/telemetry/mqtt/command-schema.ts";
import { MESSAGES as PUBLISHED } from "../../src/telemetry/mqtt/message-schema.ts";
import { RECORDS } from "../../src/telemetry/mqtt/record-schema.ts";
import { TOPICS, type Topic } from "../../src/telemetry/mqtt/topics.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** As much of JSON Schema as the documents use. */
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

/** By the name of the message: what a topic carries is checked or made by the schema that stands here. */
const SOURCES: Readonly<Record<string, z.ZodType>> = {
  ...PUBLISHED,
  ...RECORDS,
  SaleAckMessage: SALE_ACK,
  ...Object.fromEntries(Object.entries(COMMANDS).map(([name, body]) => [messageOf(name), body])),
};

function messageOf(command: string): string {
  return topics.find(([name]) => name === command)?.[1].message ?? command;
}

/** The schema of every message, by its name. */
export function messageSchemas(): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    MESSAGES.map((name) => {
      const source = SOURCES[name];
      if (source === undefined) throw new Error(`no schema of ${name}`);
      const { $schema, ...schema } = z.toJSONSchema(source, { target: "draft-7" }) as Schema;
      const $comment = "Generated from src/telemetry/mqtt.";
      return [name, { $schema, $comment, title: name, ...readable(schema) }];
    }),
  );
}

/** The same for readers: meaning first, null beside a plain type, and no bound or pattern that says nothing more. */
function readable(schema: Schema): Schema {
  const { description, properties, items, anyOf, ...rest } = orNull(schema);
  const { propertyNames: _texts, maximum, minimum, pattern, required, additionalProperties, ...others } = rest;
  return {
    ...(description !== undefined && { description }),
    ...others,
    ...(minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER && { minimum }),
    ...(maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER && { maximum }),
    ...(pattern !== undefined && others["format"] === undefined && { pattern }),
    ...(properties !== undefined && { properties: readableProperties(properties) }),
    ...(items !== undefined && { items: readable(items) }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(readable) }),
    ...(required !== undefined && { required }),
    ...(additionalProperties !== undefined && { additionalProperties }),
  };
}

function readableProperties(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, readable(each)]));
}

function orNull({ anyOf, ...rest }: Schema): Schema {
  const [only, empty] = anyOf ?? [];
  if (anyOf === undefined) return rest;
  if (anyOf.length !== 2 || empty?.type !== "null" || typeof only?.type !== "string") return { ...rest, anyOf };
  // A list of words would not let null pass.
  return only.type === "object" || "enum" in only
    ? { ...rest, anyOf }
    : { ...only, ...rest, type: [only.type, "null"] };
}
