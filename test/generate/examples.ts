import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { MESSAGES, ROOT, type Schema } from "./schemas.ts";

const FOLDER = join(ROOT, "docs/schemas");
const EXAMPLES = join(FOLDER, "examples.json");
const BASE_MS = Date.UTC(2026, 0, 1, 10, 0, 0);
const STEP_MS = 20_000;

type Examples = Readonly<Record<string, unknown>>;

/** Fields whose texts are times; `paidAt` stands as the payment service says it. */
const TIMES = ["at", "since", "closedAt", "deliveredAt", "expiresAt", "paidAt", "reservedAt", "selectedAt"];
/** What differs from run to run and from machine to machine, and what stands in the documents instead. */
const STABLE: Examples = {
  saleId: "sale-1",
  refundId: "refund-1",
  periodId: "period-1",
  reference: "payment-1",
  paymentReference: "payment-1",
  invoiceReference: "offer-1",
  version: "1.0.0",
  uptimeS: 86_400,
  residentBytes: 100_000_000,
  loopLagMs: 12.5,
  diskFreeBytes: 10_000_000_000,
  temperatureC: 48.5,
};
/** Of a machine: an example has them even where the test ran on one that cannot tell. */
const MEASURED = ["diskFreeBytes", "temperatureC"];

/**
 * Takes what really arrived, one payload for each message type. With UPDATE_EXAMPLES=1 it becomes
 * `docs/schemas/examples.json`, from which `npm run generate` makes the documents; otherwise the file must know the
 * same message types, and every payload, the file's and the arrived, must be valid by its schema.
 */
export function writeExamples(examples: Examples): void {
  const problem = validator(readSchemas());
  assert.deepEqual(new Set(Object.keys(examples)), new Set(MESSAGES), "one payload for each message type");
  const check = (from: string, all: Examples): void => {
    for (const name of MESSAGES) assert.equal(problem(name, all[name]), null, `${name} ${from}`);
  };
  check("as it arrived", examples);
  if (process.env["UPDATE_EXAMPLES"] === "1") {
    const stable = Object.fromEntries(MESSAGES.map((name) => [name, stabilised(examples[name])]));
    check("made stable", stable);
    writeFormatted({ "docs/schemas/examples.json": JSON.stringify(stable, null, 2) });
  }
  const written = readExamples();
  assert.deepEqual(new Set(Object.keys(written)), new Set(MESSAGES), "message types in examples.json");
  check("in examples.json", written);
}

export function readExamples(): Examples {
  return JSON.parse(readFileSync(EXAMPLES, "utf8"));
}

/** The schemas as they stand in `docs/schemas`, by message type. */
export function readSchemas(): Readonly<Record<string, Schema>> {
  return Object.fromEntries(
    MESSAGES.map((name) => [name, JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"))]),
  );
}

/** Says what is wrong with a payload, or null. */
export function validator(
  schemas: Readonly<Record<string, Schema>>,
): (name: string, payload: unknown) => string | null {
  const ajv = new Ajv({ allowUnionTypes: true });
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  return (name, payload) => {
    const schema = schemas[name];
    if (schema === undefined) return "there is no such message";
    return ajv.validate(schema, payload) ? null : ajv.errorsText(ajv.errors, { dataVar: name });
  };
}

/**
 * The payload with what changes by run made the same in every run: times keep their order and stand some seconds
 * apart, the fields of `STABLE` have its values, ports are 1883.
 */
export function stabilised(payload: unknown): unknown {
  const times = new Set<number>();
  mapped(payload, "", (value, name) => {
    const atMs = timeOf(value, name);
    if (atMs !== null) times.add(atMs);
    return value;
  });
  const ordered = [...times].sort((a, b) => a - b);
  return mapped(payload, "", (value, name) => {
    const atMs = timeOf(value, name);
    if (atMs !== null) {
      const stableMs = BASE_MS + ordered.indexOf(atMs) * STEP_MS;
      return typeof value === "number" ? stableMs : new Date(stableMs).toISOString();
    }
    if (name in STABLE && (value !== null || MEASURED.includes(name))) return STABLE[name];
    return typeof value === "string" ? value.replace(/(?<=[\w\]]):\d{4,5}\b/g, ":1883") : value;
  });
}

function timeOf(value: unknown, name: string): number | null {
  if (name === "atMs" && typeof value === "number") return value;
  return typeof value === "string" && TIMES.includes(name) ? Date.parse(value) : null;
}

function mapped(value: unknown, name: string, map: (value: unknown, name: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => mapped(each, name, map));
  if (typeof value !== "object" || value === null) return map(value, name);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each, key, map)]));
}

/** Writes files below the root as Biome would have them. */
export function writeFormatted(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) writeFileSync(join(ROOT, path), `${text.trimEnd()}\n`);
  const formatted = Object.keys(files).filter((path) => !path.endsWith(".yaml"));
  execFileSync(join(ROOT, "node_modules/.bin/biome"), ["format", "--write", ...formatted], {
    cwd: ROOT,
    stdio: "pipe",
  });
}
