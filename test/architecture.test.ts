import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { describe, expect, it } from "vitest";
import { tempFolder } from "./support/temp.ts";

const ROOT = join(import.meta.dirname, "..");
const { forbidden, options } = createRequire(import.meta.url)("../.dependency-cruiser.cjs");

async function cruised(baseDir: string): Promise<ICruiseResult> {
  const { tsConfig: _withoutProject, ...rest } = options;
  const { output } = await cruise(["src"], { ...rest, baseDir, ruleSet: { forbidden }, validate: true });
  return output as ICruiseResult;
}

describe("the import rule", () => {
  it("holds, and was held against the whole tree", async () => {
    const { summary, modules } = await cruised(ROOT);
    const looked = modules.filter(({ source }) => source.startsWith("src/"));
    expect(looked.length).toBeGreaterThanOrEqual(sourceFiles(join(ROOT, "src"), ["ts", "tsx"]).length);
    expect(looked.length).toBeGreaterThan(60);
    expect(summary.violations).toEqual([]);
  });

  it.each([
    ["core-is-pure", "src/core/a.ts", "node:fs"],
    ["core-is-pure", "src/core/a.ts", "../engine/target.ts"],
    ["ports-know-only-the-core", "src/ports/a.ts", "../engine/target.ts"],
    ["engine-knows-core-and-ports", "src/engine/a.ts", "../displays/web/target.ts"],
    ["engine-knows-core-and-ports", "src/engine/a.ts", "node:timers"],
    ["time-knows-only-ports", "src/platform/time/a.ts", "../journal/target.ts"],
    ["config-knows-no-plug-in", "src/config/a.ts", "../engine/target.ts"],
    ["config-knows-no-plug-in", "src/config/a.ts", "../displays/web/target.ts"],
    ["platform-knows-no-plug-in", "src/platform/journal/sqlite/a.ts", "../../../engine/target.ts"],
    ["platform-knows-no-plug-in", "src/platform/http/a.ts", "../../displays/web/target.ts"],
    ["payments-stay-apart", "src/payments/seqr/a.ts", "../../displays/web/target.ts"],
    ["payments-stay-apart", "src/payments/vipps/a.ts", "../seqr/target.ts"],
    ["payments-stay-apart", "src/payments/seqr/a.ts", "../../config/target.ts"],
    ["registries-only-list", "src/devices/registry.ts", "../engine/target.ts"],
    ["devices-stay-apart", "src/devices/dart/a.ts", "../../engine/target.ts"],
    ["devices-stay-apart", "src/devices/mdb/a.ts", "../dart/target.ts"],
    ["simulators-share-only-codecs", "src/payments/seqr/simulator/a.ts", "../../../platform/journal/target.ts"],
    ["simulators-share-only-codecs", "src/payments/seqr/simulator/a.ts", "../target.ts"],
    ["simulators-share-only-codecs", "src/devices/dart/simulator/a.ts", "../target.ts"],
    ["wire-words-know-no-driver", "src/payments/seqr/codes.ts", "./target.ts"],
    ["wire-words-know-no-driver", "src/devices/dart/codec.ts", "./target.ts"],
    ["displays-stay-apart", "src/displays/terminal/a.ts", "../web/target.ts"],
    ["displays-know-no-other-family", "src/displays/a.ts", "../engine/target.ts"],
    ["telemetry-stays-apart", "src/telemetry/mqtt/a.ts", "../../displays/web/target.ts"],
    ["telemetry-knows-no-other-family", "src/telemetry/a.ts", "../engine/target.ts"],
    ["operator-knows-ports", "src/operator/a.ts", "../engine/target.ts"],
    ["wiring-knows-no-command", "src/wiring/a.ts", "../cli/target.ts"],
    ["no-cycles", "src/engine/a.ts", "./a.ts"],
    ["resolvable", "src/cli/a.ts", "./nowhere.ts"],
  ])("%s catches %s importing %s", async (rule, file, target) => {
    const folder = tempFolder();
    for (const room of ["engine", "displays/web", "platform/journal", "payments/seqr", "devices/dart", "config", "cli"])
      plant(folder, `src/${room}/target.ts`, "export const x = 1;\n");
    plant(folder, file, `import * as y from "${target}";\nexport const z = y;\n`);
    const { summary } = await cruised(folder);
    expect(summary.violations.map(({ rule: { name } }) => name)).toContain(rule);
  });
});

describe("the size of things", () => {
  // A file is one thing; where it ends is a question of meaning. Longer than this it is rarely one.
  it("stays under 400 lines a file", () => {
    const files = ["src", "test"].flatMap((folder) => sourceFiles(join(ROOT, folder), ["ts", "tsx", "css"]));
    const long = files.filter((file) => readFileSync(file, "utf8").split("\n").length > 401);
    expect(files.length).toBeGreaterThan(100);
    expect(long).toEqual([]);
  });
});

describe("the core and the engine", () => {
  it("take chance from nobody", () => {
    const files = ["src/core", "src/engine"].flatMap((folder) => sourceFiles(join(ROOT, folder), ["ts"]));
    expect(files.filter((file) => /Math\.random|randomUUID|crypto/.test(readFileSync(file, "utf8")))).toEqual([]);
  });
});

function plant(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

function sourceFiles(folder: string, endings: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(`.${ending}`)))
    .map((entry) => join(entry.parentPath, entry.name));
}
