import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { partsOf } from "../../src/config/keys.ts";
import { DEVICES } from "../../src/devices/registry.ts";
import { configSchema, loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";
import { configurationPage } from "./configuration-page.ts";
import { ROOT } from "./schemas.ts";

const PAGE = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
const SECTIONS = new Map(PAGE.split(/^## /m).map((text) => [text.split("\n")[0] ?? "", text]));
/** The first example below each heading. */
const BLOCKS = PAGE.split(/^##+ /m)
  .slice(1)
  .flatMap((text) => {
    const [, example] = /```yaml\n(.*?)```/s.exec(text) ?? [];
    return example === undefined ? [] : [[text.split("\n")[0] ?? "", example] as const];
  });

describe("docs/configuration.md", () => {
  it("is what the schema says today", () => {
    const plain = (text: string): string => text.replace(/[\s|-]+/g, " ").trim();
    expect(plain(PAGE)).toBe(plain(configurationPage()));
  });

  it("has every key in its section, and lines in theirs", () => {
    const keys = partsOf(configSchema()).filter(({ isKey, way }) => isKey && way.length > 1);
    expect(keys.length).toBeGreaterThan(150);
    const missing = keys.filter(({ way }) => {
      const entry = `- \`${way.at(-1)}\` (`;
      const title = `### ${way.at(-1)}`;
      const section = SECTIONS.get(way[0] ?? "") ?? "";
      const isOfLine = ["line", "activeLow", "bias", "edge"].includes(way.at(-1) ?? "");
      return ![section, isOfLine ? SECTIONS.get("Lines") : ""].some(
        (text = "") => text.includes(entry) || text.includes(title),
      );
    });
    expect(missing.map(({ way }) => way.join("."))).toEqual([]);
  });

  it("can be read at 120 columns, as text too", () => {
    expect(PAGE.split("\n").filter((line) => line.length > 120)).toEqual([]);
  });

  it("writes examples as YAML has them", () => {
    const written = new Set([...PAGE.matchAll(/`([^`]*)`/g)].map(([, text = ""]) => text));
    const values = new Set([...written].map((text) => JSON.stringify(parsed(text))));
    const examples = partsOf(configSchema()).flatMap(({ about }) => (about["examples"] ?? []) as unknown[]);
    expect(examples.filter((example) => !values.has(JSON.stringify(example)))).toEqual([]);
  });

  it("leads to headings that there are", () => {
    const headings = [...PAGE.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...PAGE.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !headings.includes(link ?? ""))).toEqual([]);
  });
});

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

describe("the examples of the page", () => {
  it("are there for each section and each driver", () => {
    const sections = Object.keys(configSchema().shape).filter((name) => name !== "display");
    const drivers = partsOf(configSchema()).flatMap(({ way, about }) =>
      way.at(-1) === "driver" ? [`${way.at(-2)}: ${(about["examples"] as string[])[0]}`] : [],
    );
    expect(drivers).toHaveLength(DEVICES.length + 3);
    expect(new Set(BLOCKS.map(([title]) => title))).toEqual(new Set([...sections, "dispenser", ...drivers]));
  });

  test.each(BLOCKS)("%s: is taken", (_title, text) => {
    const { dispenser, ...said } = parse(text);
    const base = parse(readFileSync(join(ROOT, "config/kioskd.yaml"), "utf8"));
    const position = base.positions[0];
    const positions = dispenser === undefined ? base.positions : [{ ...position, ...sellingBy(dispenser), dispenser }];
    const config = { ...base, positions, ...said };
    expect(() => loadConfig(written(config))).not.toThrow();
    expect(complaintsOfEditor(config)).toEqual([]);
  });
});

test("an editor complains about what the daemon refuses", () => {
  const example = parse(readFileSync(join(ROOT, "config/kioskd.yaml"), "utf8"));
  expect(complaintsOfEditor(example)).toEqual([]);
  expect(complaintsOfEditor({ ...example, colour: "red" })).not.toEqual([]);
  expect(complaintsOfEditor({ ...example, journal: { path: "journal.db", keep: "2 years" } })).not.toEqual([]);
});

/** What an editor underlines. */
function complaintsOfEditor(config: object): readonly unknown[] {
  const schema = JSON.parse(readFileSync(join(ROOT, "config/kioskd.schema.json"), "utf8"));
  const isTaken = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  return isTaken(config) ? [] : (isTaken.errors ?? []);
}

/** A product in a unit that the dispenser counts. */
function sellingBy(dispenser: { driver?: string }): object {
  const unit = DEVICES.find(({ driver }) => driver === dispenser.driver)?.units?.[0] ?? "L";
  return { product: { name: "Goods", sku: "G", unit, unitPrice: unit === "credit" ? "1.00" : "2.50", taxRate: 25 } };
}

/** With all secrets that it names. */
function written(config: object): string {
  const folder = tempFolder();
  const file = join(folder, "kioskd.yaml");
  writeFileSync(file, stringify(config));
  for (const { file: name, isSecret } of loadConfig(file, "read").files) {
    if (!isSecret) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "a-secret-of-the-example", { mode: 0o600 });
  }
  return file;
}

describe("config/kioskd.yaml", () => {
  const TEXT = readFileSync(join(ROOT, "config/kioskd.yaml"), "utf8");

  it("names the schema, for editors", () => {
    expect(TEXT.split("\n")[0]).toBe("# yaml-language-server: $schema=kioskd.schema.json");
  });

  it("has every key that must be there, as it says", () => {
    expect(TEXT).toContain("every key that must be there");
    const example = parse(TEXT);
    const must = partsOf(configSchema()).filter(
      ({ isKey, way, schema }) =>
        isKey &&
        way.slice(0, -1).every((_, length) => isThere(example, way.slice(0, length + 1))) &&
        isRequired(schema),
    );
    const ways = must.map(({ way }) => way).filter((way) => !way.includes("dispenser") && !way.includes("display"));
    // Of the payment services one has its section.
    const { provider } = example.payment;
    const isOther = ([first, second]: readonly string[]): boolean =>
      first === "payment" && second !== undefined && !["provider", provider].includes(second);
    expect(ways.length).toBeGreaterThan(20);
    expect(ways.filter((way) => !isOther(way) && !isThere(example, way))).toEqual([]);
    expect(() => loadConfig(written(example))).not.toThrow();
  });
});

function isRequired(schema: z.core.$ZodType): boolean {
  return !z.safeParse(schema, undefined).success;
}

function isThere(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  const inside = (value as Readonly<Record<string, unknown>>)[first === "*" ? "0" : first];
  return inside !== undefined && isThere(inside, rest);
}
