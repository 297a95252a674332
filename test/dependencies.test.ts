import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { writeConfig } from "./support/config.ts";
import { DaemonProcess } from "./support/daemon.ts";
import { tempFolder } from "./support/temp.ts";

const ROOT = join(import.meta.dirname, "..");
const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const PINNED: Readonly<Record<string, string>> = {
  ...PACKAGE.dependencies,
  ...PACKAGE.optionalDependencies,
  ...PACKAGE.devDependencies,
};
const NAMES = Object.keys(PINNED).sort((one, other) => one.localeCompare(other));

/** Rows of the tables, cell by cell. */
const ROWS = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|") && !/^\| (package|-)/.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

function named(loaded: RegExp): string[] {
  const rows = ROWS.filter((cells) => cells.length === 7 && loaded.test(cells[5] ?? ""));
  return rows.map(([name = ""]) => name).sort((one, other) => one.localeCompare(other));
}

function licenceOf(name: string): string {
  const { license } = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
  return typeof license === "string" ? license : license.type;
}

/** The bundle has its packages inside: what it loads is seen in the program as it is written. */
const PROGRAM = ["--import", join(ROOT, "test/support/typescript.js"), join(ROOT, "src/main.ts")];

/** Writes down every package that the program itself imports, at once or later. */
const HOOK = `
  import { appendFileSync } from "node:fs";
  export function resolve(specifier, context, next) {
    const ours = context.parentURL?.includes("/src/") === true && !context.parentURL.includes("/node_modules/");
    if (ours && /^[@a-z][^:]*$/.test(specifier)) appendFileSync(process.env.IMPORTED, specifier + "\\n");
    return next(specifier, context);
  }`;
const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

function hooked(log: string): { IMPORTED: string; NODE_OPTIONS: string } {
  const register = `import { register } from "node:module"; register(${JSON.stringify(asModule(HOOK))});`;
  return { IMPORTED: log, NODE_OPTIONS: `--import ${asModule(register)}` };
}

function imported(log: string): string[] {
  const specifiers = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
  return NAMES.filter((name) => specifiers.some((each) => each === name || each.startsWith(`${name}/`)));
}

describe("the table of dependencies", () => {
  it("names exactly what is pinned, as it is installed", () => {
    const rows = ROWS.map(([name = "", version, licence]) => ({ name, version, licence }));
    rows.sort((one, other) => one.name.localeCompare(other.name));
    expect(rows).toEqual(NAMES.map((name) => ({ name, version: PINNED[name], licence: licenceOf(name) })));
    for (const [name, version] of Object.entries(PINNED)) expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("says of each when it was released, what it is for, and why this one", () => {
    for (const [name, , , released, ...prose] of ROWS) {
      expect(released, name).toMatch(/^(by )?20\d\d-\d\d-\d\d$|^not found$/);
      for (const cell of prose) expect(cell.length, name).toBeGreaterThan(4);
    }
  });
});

test("npm ci has nothing to warn of on this Node: no engine it is too old for, no install script left undecided", () => {
  const { status, stderr } = spawnSync("npm", ["ci", "--dry-run", "--offline"], { cwd: ROOT, encoding: "utf8" });
  expect([stderr, status]).toEqual(["", 0]);
});

describe("what is loaded", () => {
  it("by --help is what every command needs", () => {
    const log = join(tempFolder(), "imported");
    const { status } = spawnSync(process.execPath, [...PROGRAM, "--help"], {
      env: { ...process.env, ...hooked(log) },
    });
    expect(status).toBe(0);
    expect(imported(log)).toEqual(named(/^every command$/));
  });

  it("by the smallest kiosk is nothing that is loaded only when used", async () => {
    const folder = tempFolder();
    const log = join(folder, "imported");
    const daemon = new DaemonProcess(writeConfig(folder, { endpoint: "http://127.0.0.1:9/" }), hooked(log), PROGRAM);
    await daemon.serving();
    await daemon.kill("SIGTERM");
    expect(imported(log)).toEqual(named(/^every command|^`run`$/));
    expect(named(/^only/).length + imported(log).length).toBe(ROWS.filter(({ length }) => length === 7).length);
  });
});
