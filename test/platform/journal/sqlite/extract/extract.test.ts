import { createHash, createPublicKey, verify } from "node:crypto";
import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isoTime } from "../../../../../src/core/time.ts";
import { checkExtract, extractSale } from "../../../../../src/platform/journal/sqlite/extract/extract.ts";
import { openJournal } from "../../../../../src/platform/journal/sqlite/journal.ts";
import { Shop } from "../../../../support/archive-shop.ts";
import { T0_MS } from "../../../../support/sale-fixtures.ts";
import { soldJournal } from "../../../../support/spoiled-journal.ts";

const ABOUT = { kiosk: "demo-1", madeAtMs: T0_MS };

async function extracted() {
  const { folder, path } = await soldJournal();
  const made = extractSale(path, "s1", ABOUT);
  if (made === null) throw new Error("there is no sale s1");
  return { folder, path, ...made };
}

describe("an extract of a sale", () => {
  it("says what happened, holds each row with its hashes, and is right", async () => {
    const { path, text } = await extracted();
    expect(text).toMatch(/^kioskd extract 1\n\nsale {6}s1\nkiosk {5}demo-1\njournal {3}[0-9a-f-]{36}\n/);
    expect(text).toContain(`event 6      ${isoTime(T0_MS + 62_000)} captured capturedMinor=9945`);
    expect(text).toMatch(/sale 1 {7}\S+ record: paid, 5.000 L, reserved 300.00, charged 99.45 SEK, payment payment-s1/);
    expect(text).toMatch(/refunds 2 .* refund rf-1 made, 1000 minor units of SEK/);
    expect(checkExtract(text, null)).toEqual([]);
    expect(checkExtract(text, path)).toEqual([]);
  });

  it("is checked by hand as it says", async () => {
    const { text, publicKey } = await extracted();
    const signed = text.slice(0, text.indexOf("=== SIGNED ===\n") + "=== SIGNED ===\n".length);
    const key = createPublicKey({ key: Buffer.from(publicKey, "base64"), format: "der", type: "spki" });
    expect(verify(null, Buffer.from(signed), key, Buffer.from(text.slice(signed.length), "base64"))).toBe(true);
    const rows = [...text.matchAll(/^before (\w+)\nrow {4}(.*)\nhash {3}(\w+)$/gm)];
    expect(rows).toHaveLength(9);
    for (const [, before = "", row = "", hash] of rows) {
      expect(createHash("sha256").update(Buffer.from(before, "hex")).update(row).digest("hex")).toBe(hash);
    }
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ["an amount for people", (text) => text.replace("charged 99.45", "charged 19.45"), /signature.*\n.*says to people/],
    [
      "an amount in a row",
      (text) => text.replace('"capturedMinor\\":9945', '"capturedMinor\\":1945'),
      /event 6: its hash/,
    ],
    ["the signature", (text) => text.replace(/.{9}\n$/, "AAAAAAA=\n"), /^its signature is not/],
    [
      "the hash of a row",
      (text) => text.replace(/hash {3}(\w{4})/, "hash   0000"),
      /event 1: its hash.*\nevent 2 does not follow/,
    ],
    ["the key", (text) => text.replace(/^key .*$/m, "key       AAAA"), /^its signature is not/],
    [
      "a row is left out",
      (text) => text.replace(/^before \w+\nrow {4}\["event",4,.*\n.*\n/m, ""),
      /signature.*\n(.*\n)*.*do not give/,
    ],
    ["its end is cut", (text) => text.slice(0, 2_000), /is no extract/],
    ["it is another file", () => "hello", /is no extract/],
  ])("is not right when somebody changes it: %s", async (_what, change, wrong) => {
    const { text } = await extracted();
    expect(checkExtract(change(text), null).join("\n")).toMatch(wrong);
  });

  it("is held against the journal that it is said to be of", async () => {
    const { path, text } = await extracted();
    const other = await soldJournal();
    expect(checkExtract(text, other.path)[0]).toMatch(/it is of the journal/);
    const journal = openJournal({ path });
    await journal.note("refunds", "s1", () => ({
      type: "unclear",
      refundId: "rf-2",
      saleId: "s1",
      atMs: T0_MS,
      detail: "",
    }));
    await journal.close();
    expect(checkExtract(text, path)).toEqual(["the journal has 1 rows more of the sale by now"]);
    new Database(path)
      .exec("UPDATE event SET body = json_set(body, '$.atMs', 5), hash = zeroblob(32) WHERE seq = 3")
      .close();
    expect(checkExtract(text, path)[0]).toBe("event 3 is another one in the journal");
  });

  it("is signed with a key that only the kiosk may read, and with the same one again", async () => {
    const { folder, path, publicKey } = await extracted();
    const file = join(folder, "journal.extract-key");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(extractSale(path, "s2", ABOUT)?.publicKey).toBe(publicKey);
    chmodSync(file, 0o640);
    expect(() => extractSale(path, "s2", ABOUT)).toThrow(/can be read by others/);
  });

  it("has a key that is whole or not there, whenever the power goes", async () => {
    const { folder, path } = await soldJournal();
    const file = join(folder, "journal.extract-key");
    writeFileSync(`${file}.new`, "-----BEGIN PRIV", { mode: 0o600 });
    extractSale(path, "s1", ABOUT);
    expect(readdirSync(folder).filter((name) => name.includes("extract-key"))).toEqual(["journal.extract-key"]);
    expect(extractSale(path, "s2", ABOUT)?.publicKey).toBe(extractSale(path, "s1", ABOUT)?.publicKey);
  });

  it("is of a closed sale", async () => {
    const { path } = await soldJournal();
    expect(extractSale(path, "none", ABOUT)).toBeNull();
  });
});

describe("an extract of a sale that is in an archive", () => {
  it("is the one that it was in the journal", async () => {
    const shop = new Shop();
    await shop.sell("1", 6);
    const before = extractSale(shop.path, "s1", ABOUT)?.text;
    shop.day += 400;
    await shop.sell("1", 4);
    await shop.readAll();
    await shop.tidy();
    await shop.journal.close();
    const db = new Database(shop.path, { readonly: true });
    expect(db.prepare("SELECT count(*) AS count FROM event WHERE sale = 's1'").get()).toEqual({ count: 0 });
    db.close();
    expect(before).toContain("record:");
    expect(extractSale(shop.path, "s1", ABOUT)?.text).toBe(before);
    expect(extractSale(shop.path, "s0", ABOUT)).toBeNull();
  });
});
