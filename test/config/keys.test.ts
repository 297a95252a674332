import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { type Part, partsOf, written } from "../../src/config/keys.ts";
import { DEVICES } from "../../src/devices/registry.ts";
import { configJsonSchema, configSchema } from "../../src/wiring/load.ts";

const parts = partsOf(configSchema());
const objects = parts.filter(({ schema }) => written(schema)._zod.def.type === "object");
const leaves = parts.filter((part) => part.isKey && !isContainer(part.schema));

/** An object, a list of objects or a choice between objects: it has no value of its own. */
function isContainer(schema: z.core.$ZodType): boolean {
  const { def } = written(schema)._zod;
  if (def.type === "array") return isContainer(def.element);
  if (def.type === "union") return def.options.every(isContainer);
  return def.type === "object";
}

function nameOf({ way }: Part): string {
  return way.join(".");
}

describe("every key", () => {
  it("is found, in every driver", () => {
    const names = leaves.map(nameOf);
    expect(names.length).toBeGreaterThan(150);
    const some = ["kiosk.id", "positions.*.dispenser.lines.pulser.edge", "positions.*.dispenser.meter.whPerCount"];
    expect(some.filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => name === "positions.*.dispenser.driver")).toHaveLength(DEVICES.length);
    expect(names.filter((name) => name === "display.driver")).toHaveLength(3);
  });

  it("says what it is for, in a sentence or two", () => {
    const silent = [...leaves, ...objects, ...parts.filter(({ isKey }) => isKey)].filter(
      ({ about }) => !/^.{10,300}\.$/.test(String(about["description"])),
    );
    expect(silent.map(nameOf)).toEqual([]);
  });

  it("has an example that it takes", () => {
    const wrong = leaves.flatMap((leaf) => {
      const { examples = [] } = leaf.about;
      const refused = (examples as unknown[]).filter((example) => !z.safeParse(leaf.schema, example).success);
      return (examples as unknown[]).length === 0 || refused.length > 0 ? [[nameOf(leaf), ...refused]] : [];
    });
    expect(wrong).toEqual([]);
  });
});

/** As much of JSON Schema as the configuration's uses. */
interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function jsonKeys(schema: JsonSchema, way: readonly string[] = []): [string, JsonSchema][] {
  const same = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap<[string, JsonSchema]>(([name, inside]) => [
      [[...way, name].join("."), inside],
      ...jsonKeys(inside, [...way, name]),
    ]),
    ...(schema.items === undefined ? [] : jsonKeys(schema.items, [...way, "*"])),
    ...same.flatMap((each) => jsonKeys(each, way)),
  ];
}

describe("the JSON schema, by which editors help", () => {
  const keys = jsonKeys(configJsonSchema());

  it("says of every key what the schema says", () => {
    const said = new Map(leaves.map((leaf) => [nameOf(leaf), leaf.about["examples"]]));
    expect(new Set(keys.map(([name]) => name).filter((name) => said.has(name)))).toEqual(new Set(said.keys()));
    const silent = keys.filter(
      ([name, { description, examples }]) => description === undefined || (said.has(name) && examples === undefined),
    );
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it("has every default, as a person writes it", () => {
    const defaults = parts.filter(({ schema }) => ["default", "prefault"].includes(schema._zod.def.type));
    const names = new Set(keys.filter(([, key]) => key.default !== undefined).map(([name]) => name));
    expect(names).toEqual(new Set(defaults.map(nameOf)));
    for (const { schema, way } of defaults) {
      const written = keys.filter(([name, key]) => name === way.join(".") && key.default !== undefined);
      expect(
        written.some(([, key]) => z.safeParse(schema, key.default).success),
        way.join("."),
      ).toBe(true);
    }
  });

  test.each([
    ["payment.seqr.requestTimeout", "10s"],
    ["journal.keep", "2y"],
    ["mqtt.sessionExpiry", "0s"],
    ["positions.*.noFlowTimeout", "2m"],
    ["positions.*.formerly", []],
  ])("%s is %j unless told", (name, expected) => {
    expect(keys.find(([each]) => each === name)?.[1].default).toEqual(expected);
  });
});
