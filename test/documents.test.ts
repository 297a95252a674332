import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const NOT_OURS = ["node_modules", "dist", "coverage", ".git", ".tmp"];
const ROOMS = readdirSync(join(ROOT, "src"));
const FOLDERS = ["src", "test", "docs", "hw", "systemd", "packaging"];
const documents = markdownIn("");

describe("the documents", () => {
  it("are all looked at", () => {
    expect(documents).toEqual(expect.arrayContaining(["README.md", "docs/architecture.md", "hw/rig/README.md"]));
    expect(documents.flatMap(linksOf).length).toBeGreaterThan(100);
    expect(documents.flatMap(pathsOf).length).toBeGreaterThan(100);
  });

  it.each(documents)("%s links to what is there", (document) => {
    expect(linksOf(document).filter((link) => !isThere(document, link))).toEqual([]);
  });

  it.each(documents)("%s names files that are there", (document) => {
    expect(pathsOf(document).filter((path) => !matches(path))).toEqual([]);
  });

  it("name npm's commands as package.json has them", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const named = documents.flatMap((document) => [...read(document).matchAll(/npm run (?:-- )?([a-z:]+)/g)]);
    expect(named.length).toBeGreaterThan(20);
    expect(named.map(([, name = ""]) => name).filter((name) => !(name in scripts))).toEqual([]);
  });

  it("stand in the list of docs/README.md, each of docs, its decisions and the root", () => {
    const listed = linksOf("docs/README.md").map((link) => join("docs", link.split("#")[0] ?? ""));
    const ours = documents.filter((document) => /^(?:docs\/(?:[^/]+\/)*)?[^/]+\.md$/.test(document));
    const missing = ours.filter((document) => document !== "docs/README.md" && !listed.includes(document));
    expect(missing).toEqual([]);
  });

  it("say of a sale only names that stand in the files beside them", () => {
    const rows = read("docs/a-sale.md")
      .split("\n")
      .filter((line) => line.startsWith("| ") && line.includes("`"));
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.flatMap(unknownNames)).toEqual([]);
  });
});

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownIn(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

function read(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

/** Relative ones; pictures are links too. */
function linksOf(document: string): readonly string[] {
  const text = withoutBlocks(read(document));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link).filter((link) => !/^[a-z]+:/.test(link));
}

function isThere(document: string, link: string): boolean {
  const [file = "", heading] = link.split("#");
  const target = file === "" ? document : join(dirname(document), file);
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || headingsOf(target).includes(heading);
}

function headingsOf(document: string): readonly string[] {
  return [...withoutBlocks(read(document)).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** What stands in backquotes and begins with a folder of ours, or ends in `.ts` below a room of `src`. */
function pathsOf(document: string): readonly string[] {
  return [...withoutBlocks(read(document)).matchAll(/`([\w./{},*-]+\/[\w./{},*-]*)`/g)]
    .flatMap(([, path = ""]) => expanded(path))
    .flatMap((path) => {
      const [first = ""] = path.split("/");
      if (FOLDERS.includes(first)) return [path];
      if (!ROOMS.includes(first)) return [];
      // `config` is a folder of the root and a room of `src`.
      return path.endsWith(".ts") ? [`src/${path}`] : existsSync(join(ROOT, first)) ? [path] : [];
    })
    .filter((path) => !isPattern(path));
}

/** `src/devices/NAME/open.ts` tells where a thing of that name stands, and names no file. */
function isPattern(path: string): boolean {
  return path.split("/").some((part) => part === "x" || (/^[A-Z]+(?:\.|$)/.test(part) && part !== "README.md"));
}

/** `a/{b,c}.ts` names two files. */
function expanded(path: string): readonly string[] {
  const braces = /^([^{]*)\{([^}]*)\}(.*)$/.exec(path);
  if (braces === null) return [path];
  const [, before = "", inside = "", after = ""] = braces;
  return inside.split(",").flatMap((each) => expanded(`${before}${each}${after}`));
}

function matches(path: string): boolean {
  const upTo = path.split("/").findIndex((part) => part.includes("*"));
  if (upTo < 0) return existsSync(join(ROOT, path));
  const folder = join(ROOT, ...path.split("/").slice(0, upTo));
  const part = path.split("/")[upTo] ?? "";
  if (part === "**") return existsSync(folder);
  const pattern = new RegExp(`^${part.replaceAll(".", "\\.").replaceAll("*", ".*")}$`);
  return existsSync(folder) && readdirSync(folder).some((name) => pattern.test(name));
}

function unknownNames(row: string): readonly string[] {
  const quoted = [...row.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
  const places = quoted.filter((text) => /(?:\.tsx?|\/)$/.test(text));
  const sources = places
    .flatMap((place) => (place.endsWith("/") ? codeIn(`src/${place}`) : [`src/${place}`]))
    .map(read);
  return quoted
    .filter((text) => !places.includes(text))
    .flatMap((text) => text.replace(/\(.*\)$/, "").split("."))
    .filter((name) => !sources.some((source) => source.includes(name)))
    .map((name) => `${places.join(", ")}: ${name}`);
}

function codeIn(folder: string): readonly string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => /\.tsx?$/.test(file)).map((file) => join(folder, file));
}

/** Neither what stands in fences nor what a comment hides. */
function withoutBlocks(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "").replace(/<!--[\s\S]*?-->/g, "");
}
