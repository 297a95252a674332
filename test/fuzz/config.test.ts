import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Document, parse } from "yaml";
import { goodsOf } from "../../src/config/goods.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { limitBase } from "../../src/core/tariff.ts";
import { loadConfig } from "../../src/wiring/load.ts";
import { tempFolder } from "../support/temp.ts";
import { mutated, runs } from "./arbitraries.ts";

const HW = new URL("../../hw/", import.meta.url);
const ASSEMBLIES = readdirSync(HW, { withFileTypes: true }).flatMap(({ name }) => {
  try {
    return [readFileSync(new URL(`${name}/profile.yaml`, HW), "utf8")];
  } catch {
    return [];
  }
});
const BOMB = "abcdef"
  .split("")
  .map((name, level) => `${name}: &${name} [${`${level === 0 ? "x" : `*${"abcdef"[level - 1]}`},`.repeat(9)}]`)
  .join("\n");
const EXAMPLE = readFileSync(new URL("../../config/kioskd.yaml", import.meta.url), "utf8");

const PROTOTYPE = EXAMPLE.replace(
  /dispenser: .*/,
  "dispenser: { profile: vending-relay, __proto__: { maxVends: 20 } }",
);

/** What YAML gives a meaning to, what JavaScript's objects do, and values at the edge of what is taken. */
const PARTS = [
  ...[
    "&a ",
    "*a",
    "*b",
    "<<: *a",
    "!!binary ",
    "!x ",
    "%YAML 1.1\n---\n",
    "---\n",
    "...\n",
    "? ",
    ": ",
    "- ",
    "| ",
    ">-",
  ],
  ...[
    "[",
    "]",
    "{",
    "}",
    '"',
    "'",
    "#",
    ",",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "\u0000",
    "\uFEFF",
    "\uD800",
    "\r",
    "~",
    "null",
  ],
  ...[
    "__proto__: {id: x}",
    "constructor: {prototype: {}}",
    "toString: 1",
    "hasOwnProperty: 1",
    "[a, b]: 1",
    "{a: 1}: 2",
  ],
  ...[
    "9".repeat(400),
    "-1",
    "1e999",
    ".inf",
    ".nan",
    "0x10",
    "0o7",
    "1_000",
    "2001-01-01",
    "true",
    '"0"',
    '""',
    '"-1"',
  ],
  ...[
    "1s",
    "0ms",
    "999999999d",
    '"0.000001"',
    '"999999999.999999"',
    '"١٢"',
    "profile: fuel-dart",
    "profile: ../..",
    "driver: mdb",
  ],
  ...["[".repeat(50), "- ".repeat(50), "{a: ".repeat(50), "&a [*a]", "a:\n".repeat(1_100)],
];
const part = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...PARTS) }, fc.string({ unit: "binary" }));

/** The file, beside the secrets that the example names. */
function writer(): (text: string) => string {
  const folder = tempFolder();
  mkdirSync(join(folder, "secrets"));
  for (const name of ["reseller", "terminal-1"])
    writeFileSync(join(folder, "secrets", name), "12345678", { mode: 0o600 });
  const file = join(folder, "kioskd.yaml");
  return (text) => {
    writeFileSync(file, text.replace("/var/lib/kioskd/journal.db", "journal.db"));
    return file;
  };
}

/** Either it is in order, and stays so when it is written down and read again, or each problem says where it is. */
function expectVerdict(file: string, purpose: "serve" | "read"): void {
  try {
    const { config } = loadConfig(file, purpose);
    for (const position of config.positions) {
      const { tariff, reserveMinor } = goodsOf(config, position);
      for (const reservedMinor of reserveMinor) expect(limitBase(tariff, reservedMinor)).toBeGreaterThan(0);
    }
    expect(new Set(config.positions.map(({ id }) => id)).size).toBe(config.positions.length);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems).not.toEqual([]);
    expect(error.message.split("\n").length).toBeLessThan(2_000);
    for (const line of error.message.split("\n")) expect(line).not.toBe("");
    expect(error.message.startsWith(file)).toBe(true);
  }
  expect(Object.keys(Object.prototype)).toEqual([]);
}

describe("a configuration, whatever it is", () => {
  it("is taken, or refused with file and place: the example, changed", () => {
    const write = writer();
    fc.assert(
      fc.property(mutated(EXAMPLE, part), fc.constantFrom("serve", "read"), (text, purpose) =>
        expectVerdict(write(text), purpose),
      ),
      runs(250),
    );
  });

  it("is taken, or refused with file and place: an assembly's part, changed", () => {
    const write = writer();
    const dispensers = fc.constantFrom(...ASSEMBLIES).chain((text) => mutated(text, part));
    const [before = ""] = EXAMPLE.split("    dispenser:");
    const after = EXAMPLE.slice(EXAMPLE.indexOf("display:"));
    fc.assert(
      fc.property(dispensers, (text) => {
        const inside = text.replaceAll(/^/gm, "      ");
        expectVerdict(write(`${before}    dispenser:\n${inside}\n${after}`), "read");
      }),
      runs(150),
    );
  });

  it("is taken, or refused with file and place: any text", () => {
    const write = writer();
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => expectVerdict(write(parts.join("")), "read")),
      runs(300),
    );
  });

  it("is taken, or refused with file and place: any values in any places", () => {
    const write = writer();
    const value = fc.oneof(
      fc.constantFrom(
        "SEK",
        "XXX",
        "JPY",
        "1",
        "19.89",
        "0.00",
        "1h",
        "7d",
        "mdb",
        "L",
        "credit",
        "[::1]:1",
        "a/../b\0",
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const documents = fc.constantFrom(...ASSEMBLIES.map((text) => ({ dispenser: parse(text) })), {}).map((own) => {
      const example = parse(EXAMPLE);
      return { ...example, positions: [{ ...example.positions[0], ...own }] };
    });
    const edited = documents.chain((document) => {
      const edits = fc.tuple(fc.constantFrom(...placesIn(document)), value);
      return fc.tuple(fc.constant(document), fc.array(edits, { minLength: 1, maxLength: 3 }));
    });
    fc.assert(
      fc.property(edited, ([document, edits]) => {
        const made = new Document(document);
        for (const [path, given] of edits) if (made.hasIn(path)) made.setIn(path, made.createNode(given));
        expectVerdict(write(String(made)), "read");
      }),
      runs(150),
    );
  });

  it.each([
    ["an alias of nothing", "kiosk: 1\njournal: *x\n", "kioskd.yaml:2: found *x, expected &x before it"],
    ["an alias bomb", BOMB, "kioskd.yaml: found more repetitions by *name than"],
    [
      "a merge of what is no map",
      "%YAML 1.1\n---\nkiosk:\n  <<: 3\n",
      "kioskd.yaml: found a merge key (<<) of what has no keys",
    ],
    ["lists in lists", `kiosk:\n  ${"[".repeat(100_000)}`, "kioskd.yaml:2: found what stands more than 32 deep"],
    [
      "lists in lists, closed",
      `${"[".repeat(500)}${"]".repeat(500)}`,
      "kioskd.yaml:1: found what stands more than 32 deep",
    ],
    [
      "lists in lists of blocks",
      `kiosk:\n  ${"- ".repeat(2_000)}`,
      "kioskd.yaml:2: found what stands more than 32 deep",
    ],
    ["very many keys", `kiosk:\n${"  a:\n".repeat(40_000)}`, "kioskd.yaml:2: found more than 1000 entries"],
    ["too much", "#".repeat(300_000), "kioskd.yaml: found more than 262144 bytes"],
    ["a list for a key", "kiosk:\n  [a, b]: 1\n", "kioskd.yaml:2: "],
    ["the prototype of a profile's part", PROTOTYPE, "positions[0].dispenser.__proto__: found an unknown key"],
  ])("is refused soon with %s", (_what, text, message) => {
    const file = writer()(text);
    expect(() => loadConfig(file, "read")).toThrow(message);
  });

  it("is refused when it has no end", () => {
    expect(() => loadConfig("/dev/zero", "read")).toThrow("/dev/zero: found more than 262144 bytes");
  });
});

/** The path of all that is written in it. */
function placesIn(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, inner]) => [[...path, key], ...placesIn(inner, [...path, key])]);
}
