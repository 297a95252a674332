import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { putInPlace, writeWhole } from "../../../src/platform/files/whole-file.ts";
import { tempFolder } from "../../support/temp.ts";

describe("a file that is written whole", () => {
  it("takes the place of the one before, with its mode, and leaves no draft", () => {
    const folder = tempFolder();
    const path = join(folder, "terminal");
    writeFileSync(path, "before", { mode: 0o644 });
    writeWhole(path, "after", 0o600);
    expect(readFileSync(path, "utf8")).toBe("after");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["terminal"]);
  });

  it("begins anew what a power cut left of a draft: neither its mode nor where it leads counts", () => {
    const folder = tempFolder();
    const path = join(folder, "terminal");
    writeFileSync(join(folder, "other"), "a stranger's");
    symlinkSync(join(folder, "other"), `${path}.new`);
    writeWhole(path, "after", 0o600);
    expect(readFileSync(join(folder, "other"), "utf8")).toBe("a stranger's");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("leaves all as it was when it cannot be put there", () => {
    const folder = tempFolder();
    const path = join(folder, "terminal");
    mkdirSync(path);
    expect(() => writeWhole(path, "after", 0o600)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(["terminal"]);
  });

  it("is not put anywhere when there is no draft of it", () => {
    const path = join(tempFolder(), "terminal");
    writeFileSync(path, "before");
    expect(() => putInPlace(`${path}.part`, path)).toThrow("ENOENT");
    expect(readFileSync(path, "utf8")).toBe("before");
  });
});
