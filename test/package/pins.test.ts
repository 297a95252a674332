import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HEADERS, NODE } from "../../packaging/node.ts";
import { supportedUntil, version } from "../../src/platform/version.ts";
import { tempFolder } from "../support/temp.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "dist/main.js");
const DEBIAN = join(ROOT, "packaging/debian");

describe("the package", () => {
  it("promises mends no longer than its Node gets them", () => {
    expect(supportedUntil <= NODE.endsOn).toBe(true);
    expect(execFileSync(MAIN, ["--version"], { cwd: ROOT, encoding: "utf8" })).toBe(
      `${version}\nmended until ${supportedUntil}\n`,
    );
  });

  it("compiles with headers of the Node inside, and with none that abort", () => {
    const [major, minor] = HEADERS.version.split(".").map(Number);
    expect(major).toBe(Number(NODE.version.split(".", 1)[0]));
    expect(minor).toBeLessThan(19);
  });

  it.each(readdirSync(DEBIAN).filter((name) => !name.includes(".")))("%s is a shell's program", (name) => {
    expect(spawnSync("sh", ["-n", join(DEBIAN, name)], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it.each(["update", "rollback"])("says who has kioskd %s", (word) => {
    const ran = spawnSync(MAIN, [word], { cwd: ROOT, encoding: "utf8" });
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining("installation by the Debian package") });
  });

  it("is not packed by npm before it is built", () => {
    const folder = tempFolder();
    for (const name of ["package.json", "README.md", "LICENSE"]) cpSync(join(ROOT, name), join(folder, name));
    const ran = spawnSync("npm", ["pack"], { cwd: folder, encoding: "utf8" });
    expect(ran.status).not.toBe(0);
    expect(ran.stderr + ran.stdout).toContain("There is no build to pack: npm run build");
    expect(readdirSync(folder).filter((name) => name.endsWith(".tgz"))).toEqual([]);
  });

  it("restarts nothing behind the back of an open sale", () => {
    expect(readFileSync(join(DEBIAN, "needrestart.conf"), "utf8")).toContain("qr(^kioskd)} = 0");
    for (const script of ["preinst", "postinst", "prerm", "postrm"]) {
      expect(readFileSync(join(DEBIAN, script), "utf8")).not.toMatch(/systemctl (?:try-)?restart/);
    }
  });
});
