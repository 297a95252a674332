import { z } from "zod";

type Schema = z.core.$ZodType;

/** A part of the schema: a key, an entry of a list, or one kind of several that may stand in a place. */
export interface Part {
  /** `positions`, `*`, `terminal`, `passwordFile`: `*` stands for every entry of a list. */
  readonly way: readonly string[];
  /** Whether this is a key of its own, and no entry or kind. */
  readonly isKey: boolean;
  readonly schema: Schema;
  readonly about: Readonly<Record<string, unknown>>;
}

/** Everything that the schema has, at any depth, in every driver. */
export function partsOf(schema: Schema, way: readonly string[] = [], isKey = false): readonly Part[] {
  return [
    { way, isKey, schema, about: aboutOf(schema) },
    ...insideOf(schema).flatMap(({ name, inside }) =>
      partsOf(inside, name === null ? way : [...way, name], name !== null && name !== "*"),
    ),
  ];
}

/** What a schema says of itself, or else what is inside a default, a transformation or what may be left out. */
export function aboutOf(schema: Schema): Readonly<Record<string, unknown>> {
  const wrapped = wrappedIn(schema);
  return { ...(wrapped === null ? {} : aboutOf(wrapped)), ...z.globalRegistry.get(schema) };
}

/** The schema below all wrappers: what a person writes. */
export function written(schema: Schema): z.core.$ZodTypes {
  const wrapped = wrappedIn(schema);
  return wrapped === null ? (schema as z.core.$ZodTypes) : written(wrapped);
}

function wrappedIn(schema: Schema): Schema | null {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "pipe") return def.in;
  return def.type === "optional" || def.type === "default" || def.type === "prefault" ? def.innerType : null;
}

/** With the name of the key, `*` for an entry, or null for what stands in the same place. */
function insideOf(schema: Schema): readonly { readonly name: string | null; readonly inside: Schema }[] {
  const { def } = written(schema)._zod;
  switch (def.type) {
    case "object":
      return Object.entries(def.shape).map(([name, inside]) => ({ name, inside }));
    case "array":
      return [{ name: "*", inside: def.element }];
    case "record":
      return [{ name: "*", inside: def.valueType }];
    case "union":
      return def.options.map((inside) => ({ name: null, inside }));
    default:
      return [];
  }
}
