import { chmodSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPem, watchFiles } from "../../../src/platform/certificates/watch-files.ts";
import { DrivenTime } from "../../support/driven-time.ts";
import { tempFolder } from "../../support/temp.ts";

const MINUTE_MS = 60_000;

/** A pair fits when both texts begin alike. */
function follow() {
  const folder = tempFolder();
  const [cert, key] = [join(folder, "cert"), join(folder, "key")];
  writeFileSync(cert, "a cert");
  writeFileSync(key, "a key");
  const driven = new DrivenTime();
  const read = (): readonly string[] => [cert, key].map((path) => readFileSync(path, "utf8"));
  const files = watchFiles([cert, key], read, driven.clock);
  const taken: (readonly string[])[] = [];
  const refused: string[] = [];
  files.follow(
    (contents) => {
      if (contents[0]?.[0] !== contents[1]?.[0]) throw new Error("they do not fit");
      taken.push(contents);
    },
    (reason) => refused.push(reason),
  );
  return { folder, cert, key, files, driven, taken, refused };
}

describe("files that are watched", () => {
  it("are read at the start, and not again while nothing changes", async () => {
    const { files, driven, taken, refused } = follow();
    expect(files.first).toEqual(["a cert", "a key"]);
    await driven.pass(60 * MINUTE_MS);
    expect([taken, refused]).toEqual([[], []]);
  });

  it.each<[string, (cert: string, folder: string) => void]>([
    ["is written anew", (cert) => writeFileSync(cert, "again")],
    [
      "is written anew with the same length and time",
      (cert) => {
        writeFileSync(cert, "a CERT");
        utimesSync(cert, 1_000, 1_000);
      },
    ],
    [
      "is exchanged",
      (cert, folder) => {
        writeFileSync(join(folder, "next"), "another");
        renameSync(join(folder, "next"), cert);
      },
    ],
    [
      "becomes a link to another file",
      (cert, folder) => {
        writeFileSync(join(folder, "live"), "a live one");
        rmSync(cert);
        symlinkSync(join(folder, "live"), cert);
      },
    ],
    ["is allowed to others", (cert) => chmodSync(cert, 0o640)],
  ])("are told once, within a minute, when one %s", async (_case, change) => {
    const { cert, folder, driven, taken, refused } = follow();
    change(cert, folder);
    await driven.pass(MINUTE_MS);
    expect(taken).toEqual([[readFileSync(cert, "utf8"), "a key"]]);
    await driven.pass(5 * MINUTE_MS);
    expect([taken.length, refused]).toEqual([1, []]);
  });

  it("are refused once while only half of a pair is there, and taken when the other follows", async () => {
    const { cert, key, driven, taken, refused } = follow();
    writeFileSync(cert, "b cert");
    await driven.pass(5 * MINUTE_MS);
    expect([taken, refused]).toEqual([[], ["they do not fit"]]);
    writeFileSync(key, "b key");
    await driven.pass(MINUTE_MS);
    expect([taken, refused.length]).toEqual([[["b cert", "b key"]], 1]);
  });

  it("are refused once while one is gone, and taken when it is there again", async () => {
    const { cert, driven, taken, refused } = follow();
    rmSync(cert);
    await driven.pass(5 * MINUTE_MS);
    expect([taken, refused]).toEqual([[], [expect.stringContaining("ENOENT")]]);
    writeFileSync(cert, "a cert");
    await driven.pass(MINUTE_MS);
    expect([taken.length, refused.length]).toEqual([1, 1]);
  });

  it("are left alone after the end", async () => {
    const { cert, files, driven, taken } = follow();
    files.close();
    writeFileSync(cert, "again");
    await driven.pass(5 * MINUTE_MS);
    expect(taken).toEqual([]);
  });

  it("must be readable at the start", () => {
    const driven = new DrivenTime();
    const path = join(tempFolder(), "none");
    expect(() => watchFiles([path], () => readFileSync(path, "utf8"), driven.clock)).toThrow("ENOENT");
  });
});

describe("a file of certificates", () => {
  it("is read whole, and refused when it is longer than all authorities of a system together", () => {
    const path = join(tempFolder(), "ca.pem");
    writeFileSync(path, "A".repeat(1024 * 1024));
    expect(readPem(path)).toHaveLength(1024 * 1024);
    writeFileSync(path, "A".repeat(1024 * 1024 + 1));
    expect(() => readPem(path)).toThrow(`${path} is longer than 1048576 bytes`);
  });
});
