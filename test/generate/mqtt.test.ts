import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { readExamples, readSchemas, stabilised, validator, writeExamples } from "./examples.ts";
import { MESSAGES, ROOT, type Schema, topics } from "./schemas.ts";

const PAGE = readFileSync(join(ROOT, "docs/mqtt.md"), "utf8");
const examples = readExamples();
const problem = validator(readSchemas());

describe("docs/mqtt.md", () => {
  test.each(topics)("has the topic %s", (_name, { address, retained, qos, what }) => {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| \`${address}\` `));
    const cells = row?.split("|").map((cell) => cell.trim());
    expect(cells).toEqual(["", `\`${address}\``, retained ? "yes" : "no", String(qos), what, ""]);
  });

  test.each(MESSAGES)("has a section on %s with its example", (name) => {
    const [, section = ""] = PAGE.split(`\n### ${name}\n`);
    const [, example = ""] = /```json\n(.*?)```/s.exec(section) ?? [];
    expect(JSON.parse(example)).toEqual(examples[name]);
  });

  it("has tables that a terminal of 80 columns can show", () => {
    const rows = PAGE.split("\n").filter((line) => line.startsWith("|"));
    expect(rows.length).toBeGreaterThan(topics.length);
    expect(rows.filter((row) => row.length > 80)).toEqual([]);
  });
});

describe("the schemas", () => {
  it("say of every field what it means", () => {
    const all = Object.values(readSchemas()).flatMap((schema) => fieldsOf(schema));
    expect(all.length).toBeGreaterThan(150);
    const silent = all.filter(({ field }) => field.description === undefined && field.const === undefined);
    const streams = ["sales", "refunds", "reconciliations", "unaccounted"];
    expect(silent.map(({ name }) => name)).toEqual(streams);
  });

  it("are closed", () => {
    const open = Object.values(readSchemas()).flatMap((schema) => objectsOf(schema).filter(isOpen));
    expect(open.map(({ description }) => description)).toEqual(["What else the service said, as it said it."]);
  });

  test.each(MESSAGES)("%s: the example is valid, and not so when it is spoiled", (name) => {
    const example = examples[name] as Record<string, unknown>;
    expect(problem(name, example)).toBeNull();
    expect(problem(name, { ...example, extra: 1 })).not.toBeNull();
    expect(problem(name, [example])).not.toBeNull();
    for (const field of Object.keys(example)) {
      expect(problem(name, { ...example, [field]: { of: "another type" } }), field).not.toBeNull();
    }
  });

  test.each<[string, object]>([
    ["SaleMessage", { seq: 0 }],
    ["SaleMessage", { seq: 1.5 }],
    ["SaleMessage", { charged: "99,45" }],
    ["SaleMessage", { charged: 99.45 }],
    ["SaleMessage", { outcome: "lost" }],
    ["SaleMessage", { closedAt: "yesterday" }],
    ["SaleMessage", { reference: undefined }],
    ["StateMessage", { qr: "HTTP://SEQR.SE/R1" }],
    ["StatusMessage", { reason: "lost" }],
    ["SetPriceCommand", { unitPrice: "-1.00" }],
    ["RepublishCommand", { stream: "receipts" }],
    ["CommandReply", { refusal: "because" }],
  ])("%s refuses %j", (name, change) => {
    expect(problem(name, JSON.parse(JSON.stringify({ ...(examples[name] as object), ...change })))).not.toBeNull();
  });
});

describe("examples", () => {
  // Whoever makes the examples anew runs other tests beside this one.
  beforeEach(() => void vi.stubEnv("UPDATE_EXAMPLES", ""));
  afterEach(() => void vi.unstubAllEnvs());

  it("are taken as they stand", () => {
    expect(() => writeExamples(examples)).not.toThrow();
    expect(existsSync(join(ROOT, "docs/schemas/examples.json"))).toBe(true);
  });

  it("are refused when one is missing, of an unknown message, or not valid", () => {
    const { StatusMessage, ...others } = examples;
    expect(() => writeExamples(others)).toThrow("one payload for each message type");
    expect(() => writeExamples({ ...examples, OtherMessage: {} })).toThrow("one payload for each message type");
    expect(() => writeExamples({ ...others, StatusMessage: { state: "asleep" } })).toThrow(
      "StatusMessage as it arrived",
    );
  });

  it("are the same in every run, with times in their order", () => {
    const run = (atMs: number, saleId: string): unknown =>
      stabilised({
        saleId,
        reference: null,
        temperatureC: null,
        begun: { since: new Date(atMs).toISOString() },
        atMs: atMs + 7,
        closedAt: new Date(atMs + 9000).toISOString(),
        detail: `127.0.0.1:${40_000 + (atMs % 1000)} does not answer`,
      });
    expect(run(1_800_000_000_123, "one")).toEqual(run(1_900_000_000_456, "two"));
    expect(run(1_800_000_000_123, "one")).toEqual({
      saleId: "sale-1",
      reference: null,
      temperatureC: 48.5,
      begun: { since: "2026-01-01T10:00:00.000Z" },
      atMs: Date.UTC(2026, 0, 1, 10, 0, 20),
      closedAt: "2026-01-01T10:00:40.000Z",
      detail: "127.0.0.1:1883 does not answer",
    });
  });
});

function partsOf({ anyOf, items, properties }: Schema): readonly Schema[] {
  return [...(anyOf ?? []), ...(items === undefined ? [] : [items]), ...Object.values(properties ?? {})];
}

function objectsOf(schema: Schema): readonly Schema[] {
  return [...(schema.type === "object" ? [schema] : []), ...partsOf(schema).flatMap(objectsOf)];
}

function isOpen({ additionalProperties }: Schema): boolean {
  return additionalProperties !== false;
}

function fieldsOf(schema: Schema): readonly { readonly name: string; readonly field: Schema }[] {
  const own = Object.entries(schema.properties ?? {}).map(([name, field]) => ({ name, field }));
  return [...own, ...partsOf(schema).flatMap(fieldsOf)];
}
