import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Exchange } from "../../src/cli/backup/put.ts";
import { explainedTrouble } from "../../src/cli/backup/trouble.ts";
import { tempFolder } from "../support/temp.ts";

/** Everything below a folder, with its contents. */
function below(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const entries = names.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(entries.map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]));
}

function site(): { folder: string; at: (name: string) => string } {
  const folder = tempFolder();
  return { folder, at: (name) => join(folder, name) };
}

describe("files that are put in place of others", () => {
  it("are all there at the end, and what was there is kept with its log", async () => {
    const { folder, at } = site();
    writeFileSync(at("journal.db"), "old");
    writeFileSync(at("journal.db-wal"), "log");
    writeFileSync(at("journal-2025.db"), "archive");
    const exchange = new Exchange(".before");
    await exchange.write(at("new/deep/mark"), 0o600, (draft) => writeFileSync(draft, "mark"));
    await exchange.write(at("journal.db"), 0o600, (draft) => writeFileSync(draft, "new"));
    expect(below(folder)).toMatchObject({ "journal.db": "old", "journal.db-wal": "log" });
    expect(exchange.finish([at("journal.db"), at("journal-2025.db")])).toEqual([
      ...[at("journal.db.before"), at("journal-2025.db.before")],
    ]);
    exchange.discard();
    expect(below(folder)).toEqual({
      ...{ "journal.db": "new", "new/deep/mark": "mark", "journal-2025.db.before": "archive" },
      ...{ "journal.db.before": "old", "journal.db.before-wal": "log" },
    });
  });

  it("leave nothing behind when one of them cannot be written", async () => {
    const { folder, at } = site();
    writeFileSync(at("journal.db"), "old");
    const exchange = new Exchange(".before");
    await exchange.write(at("new/mark"), 0o600, (draft) => writeFileSync(draft, "mark"));
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const failing = exchange.write(at("journal.db"), 0o600, (draft) => {
      writeFileSync(draft, "ha");
      throw full;
    });
    await expect(failing).rejects.toThrow(`The disk of ${at("journal.db")} is full`);
    exchange.discard();
    expect(below(folder)).toEqual({ "journal.db": "old" });
    expect(existsSync(at("new"))).toBe(false);
  });

  it("are all taken back when one of them cannot be renamed", async () => {
    const { folder, at } = site();
    writeFileSync(at("journal.db"), "old");
    writeFileSync(at("register"), "1");
    writeFileSync(at("register.before"), "from an earlier time");
    const before = below(folder);
    const exchange = new Exchange(".before");
    await exchange.write(at("mark"), 0o600, (draft) => writeFileSync(draft, "mark"));
    await exchange.write(at("register"), 0o600, (draft) => writeFileSync(draft, "2"));
    expect(() => exchange.finish([at("journal.db")])).toThrow(/register.before is there already/);
    exchange.discard();
    expect(below(folder)).toEqual(before);
  });

  it("keep a folder that somebody else has put something into", async () => {
    const { folder, at } = site();
    const exchange = new Exchange(".before");
    exchange.makeFolderOf(at("one/two/file"), 0o700);
    mkdirSync(at("one/other"));
    exchange.discard();
    expect(readdirSync(folder, { recursive: true })).toEqual(["one", "one/other"]);
  });
});

describe("what a disk says", () => {
  it.each([
    ["ENOSPC", undefined, "The disk of /m/b.tar is full: make room, or take another one. Nothing was changed."],
    ["SQLITE_FULL", undefined, "The disk of /m/b.tar is full: make room, or take another one. Nothing was changed."],
    ["ENOENT", "/m/b.tar.part-x", "There is no folder /m: make it first, or mount its disk. Nothing was changed."],
    ["EROFS", "/m/b.tar.part-x", "The disk of /m/b.tar can only be read. Nothing was changed."],
    [
      "EACCES",
      "/var/lib/kioskd/terminals",
      "/var/lib/kioskd/terminals cannot be read or written by this user: run it as root, or look at its owner and mode. Nothing was changed.",
    ],
  ])("%s becomes a sentence", (code, path, sentence) => {
    const error = Object.assign(new Error(code), path === undefined ? { code } : { code, path });
    expect(explainedTrouble("/m/b.tar", error)).toMatchObject({ name: "CliError", message: sentence });
  });

  it("is left alone when it is something else", () => {
    const error = new TypeError("a mistake of ours");
    expect(explainedTrouble("/m/b.tar", error)).toBe(error);
  });
});
