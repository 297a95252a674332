import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isHere, needs } from "./support/components.ts";
import { takesAll } from "./support/sample.ts";

const ROOT = join(import.meta.dirname, "..");
const NODE = process.execPath;

/** Debian's smallest installation has them, or they come with this program. */
const ALWAYS = [
  ...["process.execPath", "NODE", "MAIN", '"node"', '"sh"', '"/bin/sh"', '"npm"', "MKFIFO"],
  ...['"env"', '"mkfifo"', '"mount"', '"script"', '"umount"', '"unshare"'],
  // What fails there is caught.
  ...['"git"', '"strace"'],
  // In the rig's own guest.
  '"mkfs.ext4"',
];

/** How the component is named that a test must ask for before it starts this program. */
const COMPONENTS: Readonly<Record<string, RegExp>> = {
  '"/usr/bin/python3"': /^python3/,
  '"mosquitto_passwd"': /^mosquitto$/,
  '"openssl"': /^openssl$/,
  '"ps"': /^procps$/,
  '"socat"': /^socat$/,
  '"systemd-analyze"': /^systemd$/,
  OPENSSL: /^openssl$/,
  POSTGRES: /^postgresql$/,
  PROGRAM: /^mosquitto$/,
  PROMTOOL: /^prometheus$/,
  PROTOC: /^protobuf-compiler$/,
  PYTHON: /^python3/,
  XMLLINT: /^xmllint$/,
  ZBARIMG: /^zbarimg$/,
  "chromium.launch": /^Chromium$/,
  openPty: /^socat$/,
  program: /^ZXingReader$/,
};

const TEST_FILES = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".test.ts"))
  .map((name) => join("test", name))
  .sort();

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("a component", () => {
  const here = process.execPath;

  it.each([
    ["", here, true],
    ["", "/no/such/program", false],
    ["all", here, false],
    ["socat, some", here, false],
    ["something,socat", here, true],
  ])("with KIOSKD_WITHOUT=%j and the path %s is there: %j", (without, path, expected) => {
    vi.stubEnv("KIOSKD_WITHOUT", without);
    expect(isHere("some", path)).toBe(expected);
  });

  it("that is missing is named, and is an error in CI", () => {
    const told = vi.spyOn(console, "warn").mockReturnValue();
    vi.stubEnv("KIOSKD_WITHOUT", "");
    vi.stubEnv("CI", "");
    expect(needs("some", "/no/some")).toBe(false);
    expect(told).toHaveBeenCalledWith("Skipped without some: there is no /no/some.");
    vi.stubEnv("CI", "true");
    expect(() => needs("some", "/no/some")).toThrow("some is missing: there is no /no/some.");
  });

  it("that is declared absent is named, in CI too", () => {
    const told = vi.spyOn(console, "warn").mockReturnValue();
    vi.stubEnv("KIOSKD_WITHOUT", "some");
    vi.stubEnv("CI", "true");
    expect(needs("some", here)).toBe(false);
    expect(told).toHaveBeenCalledWith("Skipped without some: KIOSKD_WITHOUT declares it absent.");
  });
});

interface Collected {
  readonly file: string;
  readonly tests: number;
  readonly errors: readonly string[];
}

describe("the tests, with every component declared absent", () => {
  const outer = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  /** One that asks for no component is the same without any, and the suite itself runs it. */
  const files = takesAll() ? TEST_FILES : TEST_FILES.filter((file) => needsOf(withItsImports(file)).length > 0);
  const told = { KIOSKD_WITHOUT: "all", KIOSKD_COLLECT: JSON.stringify(files), CI: "true" };
  const env = { ...Object.fromEntries(outer), ...told };
  // One process reads them all, and runs none.
  const collect = `
    import { createVitest } from "vitest/node";
    const options = { watch: false, isolate: false, maxWorkers: 1, disableConsoleIntercept: true };
    const vitest = await createVitest("test", options);
    const { testModules } = await vitest.collect(JSON.parse(process.env.KIOSKD_COLLECT));
    const told = testModules.map((module) => ({
      file: module.relativeModuleId,
      tests: [...module.children.allTests()].length,
      errors: module.errors().map(({ message }) => message),
    }));
    await vitest.close();
    console.log("\\nCOLLECTED " + JSON.stringify(told));
  `;

  it("are still there in every file, and every component is named", { timeout: 600_000 }, () => {
    const args = ["--input-type=module", "-e", collect];
    const { stdout, stderr } = spawnSync(NODE, args, { cwd: ROOT, env, encoding: "utf8", maxBuffer: 100e6 });
    const found = JSON.parse(/^COLLECTED (.*)$/m.exec(stdout)?.[1] ?? "[]") as readonly Collected[];
    expect(found.map(({ file }) => file).sort(), stderr).toEqual(files);
    expect(found.filter(({ tests, errors }) => tests === 0 || errors.length > 0)).toEqual([]);
    const others = TEST_FILES.filter((file) => file !== "test/components.test.ts");
    const asked = new Set(others.flatMap((file) => needsOf(withItsImports(file))));
    const told = [...stderr.matchAll(/^Skipped without (.+): /gm)].map(([, name]) => name ?? "");
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told)).toEqual(asked);
  });
});

describe("a test that starts a program", () => {
  const starts = /(?:\b(?:spawn|spawnSync|execFile|execFileSync)\)?\(|\b(openPty|chromium\.launch)\()\s*([^,()\s]*)/g;

  it.each(TEST_FILES)("asks for it first: %s", (file) => {
    const text = withItsImports(file);
    const programs = [...text.matchAll(starts)].map(([, named, argument]) => named ?? argument ?? "");
    const wanted = programs.filter((program) => !ALWAYS.includes(program) && program !== "join" && program !== "");
    const asked = needsOf(text);
    expect(wanted.filter((program) => !asked.some((name) => COMPONENTS[program]?.test(name)))).toEqual([]);
  });
});

function needsOf(text: string): readonly string[] {
  return [...text.matchAll(/\bneeds\("([^"]+)"/g)].map(([, name]) => name ?? "");
}

/** The text of a test and of all that it imports from other tests' folders. */
function withItsImports(file: string, seen: Set<string> = new Set()): string {
  const path = join(ROOT, file);
  if (seen.has(file) || !file.startsWith("test/") || !existsSync(path)) return "";
  seen.add(file);
  const text = readFileSync(path, "utf8");
  // A type alone brings nothing that runs.
  const run = text.replaceAll(/^import type .*;$/gm, "");
  const imports = [...run.matchAll(/\bfrom "(\.[^"]+\.ts)"/g)].map(([, target]) => join(dirname(file), target ?? ""));
  return [text, ...imports.map((target) => withItsImports(target, seen))].join("\n");
}
