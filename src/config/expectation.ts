import { z } from "zod";
import { aboutOf, written } from "./keys.ts";
import { asYaml } from "./mended.ts";
import { listed, type Path } from "./problem.ts";

/** What stands at a place, as a message says it. */
export interface Expectation {
  readonly what: string;
  readonly example?: string | undefined;
  /** What a text of another form means here, where the place itself knows best. */
  readonly meant?: ((text: string) => string | null) | undefined;
}

/** The schema of the place; null where the configuration knows none. Of a union the branch that has the key. */
export function schemaAt(root: z.core.$ZodType, value: unknown, path: Path): z.core.$ZodType | null {
  let schema: z.core.$ZodType | null = root;
  let here = value;
  for (const key of path) {
    if (schema === null) return null;
    schema = below(schema, here, key);
    here = typeof here === "object" && here !== null ? (here as Record<string | number, unknown>)[key] : undefined;
  }
  return schema;
}

function below(schema: z.core.$ZodType, value: unknown, key: string | number): z.core.$ZodType | null {
  const bare = written(schema);
  if (bare instanceof z.ZodObject) return Object.hasOwn(bare.shape, key) ? bare.shape[key] : null;
  if (bare instanceof z.ZodArray) return typeof key === "number" ? bare.element : null;
  if (bare instanceof z.ZodRecord) return bare.valueType;
  if (!(bare instanceof z.ZodUnion)) return null;
  const branches = branchesFor(bare, value).map((branch) => below(branch, value, key));
  return branches.find((branch) => branch !== null) ?? null;
}

/** The branches of a union, of which the discriminator chooses where there is one. */
export function branchesFor(union: z.ZodUnion, value: unknown): readonly z.core.$ZodType[] {
  if (!(union instanceof z.ZodDiscriminatedUnion)) return union.options;
  const { discriminator } = union.def;
  const chosen = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[discriminator] : null;
  const fitting = union.options.filter((each) => valuesOf(shapeOf(each)?.[discriminator]).includes(chosen));
  return fitting.length > 0 ? fitting : union.options;
}

/** All that is allowed at the key by which a union chooses. */
export function choicesOf(union: z.ZodUnion, key: string): readonly string[] {
  return union.options.flatMap((each) => valuesOf(shapeOf(each)?.[key]).map(String));
}

export function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> | null {
  const bare = written(schema);
  return bare instanceof z.ZodObject ? bare.shape : null;
}

/** The values of a field that has a list of them. */
export function valuesOf(schema: z.core.$ZodType | undefined): readonly unknown[] {
  const bare = schema === undefined ? null : written(schema);
  if (bare instanceof z.ZodEnum) return bare.options;
  if (bare instanceof z.ZodLiteral) return [...bare.values];
  return bare instanceof z.ZodUnion ? bare.options.flatMap((each) => [...valuesOf(each)]) : [];
}

/** By what the schema says of itself, and else by what it is. */
export function expectationOf(schema: z.core.$ZodType): Expectation {
  const { form, examples, meant } = aboutOf(schema);
  const usual = usualOf(schema);
  const example = Array.isArray(examples) && examples.length > 0 ? asYaml(examples[0]) : usual.example;
  return { what: typeof form === "string" ? spoken(form) : usual.what, example, meant: meant as Expectation["meant"] };
}

/** A form as a sentence goes on with it: `duration, 1s to 60s` becomes "a duration, 1s to 60s". */
function spoken(form: string): string {
  const plain = form.replaceAll("`", "");
  return /^[a-z]/.test(form) ? `a ${plain}` : plain;
}

function usualOf(schema: z.core.$ZodType): Expectation {
  const bare = written(schema);
  const values = valuesOf(bare);
  if (values.length > 0) {
    return { what: `${values.length > 2 ? "one of " : ""}${listed(values.map(String), "or")}` };
  }
  if (bare instanceof z.ZodUnion) return ofUnion(bare);
  if (bare instanceof z.ZodArray) return ofList(bare);
  if (bare instanceof z.ZodObject) return ofKeys(bare);
  if (bare instanceof z.ZodNumber) return ofNumber(bare);
  if (bare instanceof z.ZodBoolean) return { what: "true or false" };
  return ofText(bare);
}

function ofUnion(union: z.ZodUnion): Expectation {
  if (union instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = union.def;
    const choices = choicesOf(union, discriminator);
    return {
      what: `keys, with ${discriminator} one of ${listed(choices, "or")}`,
      example: `${discriminator}: ${choices[0]}`,
    };
  }
  const branches = union.options.map(expectationOf);
  return { what: branches.map(({ what }) => what).join(", or "), example: branches[0]?.example };
}

function ofList(list: z.ZodArray): Expectation {
  const { what, example } = expectationOf(list.element);
  const { minItems, maxItems } = jsonOf(list);
  return {
    what: `a list of ${range(minItems ?? 0, maxItems)}, each ${what}`,
    example: example === undefined ? undefined : `[${example}]`,
  };
}

function ofKeys({ shape }: z.ZodObject): Expectation {
  const needed = Object.keys(shape).filter((key) => !isOptional(shape[key]));
  const told = needed.length === 0 ? Object.keys(shape) : needed;
  const which = needed.length === 0 && told.length > 1 ? "any of the keys" : told.length === 1 ? "the key" : "the keys";
  return { what: `${which} ${listed(told)}` };
}

/** Whether a key may be left out. */
export function isOptional(schema: z.core.$ZodType): boolean {
  return z.safeParse(schema, undefined).success;
}

function ofNumber(schema: z.ZodNumber): Expectation {
  const { minimum, maximum, multipleOf } = jsonOf(schema);
  const from = minimum === undefined ? " above 0" : ` from ${minimum}`;
  const to = maximum === undefined ? "" : ` to ${maximum}`;
  const decimals = multipleOf === undefined ? 0 : (String(multipleOf).split(".")[1]?.length ?? 0);
  const example = minimum === undefined ? undefined : String(minimum);
  const steps = decimals === 0 ? "" : ` with at most ${decimals} decimals`;
  return { what: `a ${schema.isInt ? "whole " : ""}number${from}${to}${steps}`, example };
}

/** Where a check says itself what it expects, its words count. */
function ofText(schema: z.core.$ZodType): Expectation {
  const issues = z.safeParse(schema, "\0").error?.issues ?? [];
  const told = issues.map(({ message }) => ownWords(message)).find((words) => words !== null);
  if (told !== undefined && told !== null) return told;
  const { minLength, maxLength, format } = jsonOf(schema);
  if (format === "uri") return { what: "an address with its scheme" };
  return { what: maxLength === undefined ? "text" : `text of ${range(minLength ?? 0, maxLength)} characters` };
}

/** "expected WHAT such as EXAMPLE"; null for a message of another form. */
export function ownWords(message: string): Expectation | null {
  const words = /^expected (.*?)(?:,? such as (.*))?$/.exec(message);
  return words === null ? null : { what: words[1] ?? "", example: words[2] };
}

/** What the schema says of lengths and bounds, in the words of JSON schema. */
function jsonOf(schema: z.core.$ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
}

function range(least: number, most: number | undefined): string {
  return most === undefined ? `at least ${least}` : least === most ? String(least) : `${least} to ${most}`;
}
