import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../support/temp.ts";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");

/** The built program where no package is near. */
function alone(): string {
  const folder = tempFolder();
  for (const name of ["dist", "hw", "package.json"]) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  return join(folder, "dist/main.js");
}

/** What the code reads at run time: neither code, nor words for people, nor examples, nor the pages, which have builds of their own. */
function assets(): string[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && !/\.(?:tsx?|md)$|^example\.yaml$/.test(each.name))
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(ROOT, "src/").length))
    .filter((path) => !/^(?:displays\/web|operator)\/page\//.test(path));
}

describe("the bundle", () => {
  it("sells where there is no tree of packages", () => {
    const { status, stdout } = spawnSync(process.execPath, [alone(), "demo", "--auto"], { encoding: "utf8" });
    expect([stdout.match(/The books balance/)?.[0], status], stdout).toEqual(["The books balance", 0]);
  });

  it("has every file that its code reads, where the code looks for it", () => {
    expect(assets().length).toBeGreaterThan(5);
    for (const path of assets()) {
      expect(readFileSync(join(DIST, path)).equals(readFileSync(join(ROOT, "src", path))), path).toBe(true);
    }
    expect(readdirSync(join(DIST, "displays/fonts"))).toHaveLength(4);
  });

  it("has nothing of what soap would bring for calls and signatures that nobody here makes", () => {
    const code = readdirSync(DIST).filter((name) => name.endsWith(".js"));
    const text = code.map((name) => readFileSync(join(DIST, name), "utf8")).join("\n");
    const brought = new Set(Array.from(text.matchAll(/"node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g), ([, name]) => name));
    expect(brought).toContain("soap");
    const leftOut = ["axios", "axios-ntlm", "formidable", "xml-crypto"];
    expect(leftOut.filter((name) => brought.has(name))).toEqual([]);
    expect(leftOut.filter((name) => !text.includes(`"absent:${name}"`))).toEqual([]);
  });
});
