import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "tar-stream/headers.js";
import { describe, expect, it } from "vitest";
import { Container, pack, type Source } from "../../../src/platform/backup/container.ts";
import type { Manifest } from "../../../src/platform/backup/manifest.ts";
import { sealed, unsealed } from "../../../src/platform/backup/seal.ts";
import { tempFolder } from "../../support/temp.ts";

const ABOUT: Omit<Manifest, "members"> = {
  ...{ format: "kioskd backup", version: 1, kiosk: "test-1", kioskd: "1.0.0", madeAt: "2026-11-30T12:00:00.000Z" },
  ...{ isEnded: true, seal: null, leftOut: [] },
  journal: { id: "journal-1", layout: 3, streams: { sale: [2, "0".repeat(64)] }, lastSale: null },
};

const JOURNAL = Buffer.alloc(3_000_000, "the journal ");
const SOURCES: readonly Source[] = [
  { name: "journal.db", from: JOURNAL },
  { name: "registers/meter-1.register", from: Buffer.from("12") },
  { name: "kioskd.yaml", from: Buffer.alloc(1_024, "k") },
];

async function packed(): Promise<string> {
  const path = join(tempFolder(), "backup.tar");
  await pack(path, ABOUT, SOURCES);
  return path;
}

async function read(path: string): Promise<Container> {
  const container = await Container.open(path);
  await container.close();
  return container;
}

describe("a backup", () => {
  it("gives back what was put in, a file as well as bytes", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "journal"), JOURNAL);
    const path = join(folder, "backup.tar");
    const made = await pack(path, ABOUT, [{ name: "journal.db", from: join(folder, "journal") }, ...SOURCES.slice(1)]);
    const container = await Container.open(path);
    expect(container.manifest).toEqual(made);
    expect((await container.read("registers/meter-1.register")).toString()).toBe("12");
    const pieces: Buffer[] = [];
    for await (const piece of container.pieces("journal.db")) pieces.push(Buffer.from(piece));
    expect(Buffer.concat(pieces).equals(JOURNAL)).toBe(true);
    await container.close();
  });

  it("never replaces a file", async () => {
    const path = await packed();
    await expect(pack(path, ABOUT, SOURCES)).rejects.toThrow(/EEXIST/);
  });

  it("takes no member that could not be read back", async () => {
    const path = join(tempFolder(), "backup.tar");
    const long: Source = { name: "registers/meter-1.register", from: Buffer.alloc(70_000) };
    await expect(pack(path, ABOUT, [long])).rejects.toThrow(/meter-1.register is too long for a backup: 70000 bytes/);
    await expect(pack(path, ABOUT, [{ name: "other", from: Buffer.alloc(1) }])).rejects.toThrow(/other is too long/);
    expect(existsSync(path)).toBe(false);
  });

  it("is noticed at every length that is too short", async () => {
    const path = await packed();
    const whole = readFileSync(path);
    const manifestEnd = whole.indexOf("journal.db", 512) + 40;
    for (const length of [0, 100, 511, 512, 700, manifestEnd, 2_000_000, whole.length - 1_500, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(read(path), `${length} bytes`).rejects.toThrow(/is no backup of kioskd|is not whole/);
    }
  });

  it("is noticed when a bit of it is another one, wherever that is", async () => {
    const path = await packed();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += at < 6_000 ? 97 : 100_003) {
      const spoilt = Buffer.from(whole);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      if (isMeaningless(whole, at)) continue;
      writeFileSync(path, spoilt);
      await expect(read(path), `byte ${at}`).rejects.toThrow(/backup|damaged|manifest/i);
    }
  });

  it.each([
    ["a text", "just a text"],
    ["an empty tar", Buffer.alloc(1_024)],
  ])("is not %s", async (_what, bytes) => {
    const path = join(tempFolder(), "backup.tar");
    writeFileSync(path, bytes);
    await expect(read(path)).rejects.toThrow(/is no backup of kioskd|not whole/);
  });

  it("is not a folder", async () => {
    const path = join(tempFolder(), "folder");
    mkdirSync(path);
    await expect(read(path)).rejects.toThrow(/is no file/);
  });

  it("of a newer version is refused by its version", async () => {
    const path = join(tempFolder(), "backup.tar");
    writeTar(path, [["manifest.json", JSON.stringify({ ...ABOUT, version: 2, more: true })]]);
    await expect(read(path)).rejects.toThrow(/made by a newer kioskd/);
  });
});

/** A checksum in a header ends with a NUL and a space, whatever they are. */
function isMeaningless(whole: Buffer, at: number): boolean {
  const inBlock = at % 512;
  const isHead = whole.toString("latin1", at - inBlock + 257, at - inBlock + 262) === "ustar";
  return isHead && (inBlock === 154 || inBlock === 155);
}

type Member = readonly [name: string, contents: string, type?: string];

/** A manifest has its checksum behind it. */
function writeTar(path: string, members: readonly Member[]): void {
  const all = members.flatMap((member): Member[] => {
    const [name, contents, type] = member;
    const sum = createHash("sha256").update(contents).digest("hex");
    const isManifest = name === "manifest.json" && type === undefined;
    return isManifest ? [member, ["manifest.sha256", `${sum}  manifest.json\n`]] : [member];
  });
  const blocks = all.flatMap(([name, contents, type = "file"]) => {
    const bytes = Buffer.from(contents);
    const mtime = new Date(0);
    const head = encode({ name, size: bytes.length, type, mode: 0o644, uid: 0, gid: 0, mtime });
    return [head ?? Buffer.alloc(0), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  writeFileSync(path, Buffer.concat([...blocks, Buffer.alloc(1_024)]));
}

const END = Buffer.alloc(1_024);
const HASH_OF_X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";

/** A manifest that says that its members are as they are. */
function manifestFor(members: readonly { name: string; bytes?: number }[]): Member {
  const all = members.map(({ name, bytes = 1 }) => ({ name, bytes, sha256: HASH_OF_X }));
  return ["manifest.json", JSON.stringify({ ...ABOUT, members: all })];
}

describe("somebody else's tar", () => {
  it("is taken when it says of itself what is in it", async () => {
    const path = join(tempFolder(), "backup.tar");
    writeTar(path, [manifestFor([{ name: "journal.db" }]), ["journal.db", "x"]]);
    expect((await read(path)).has("journal.db")).toBe(true);
  });

  it.each<[string, readonly Member[], RegExp]>([
    ["a way out in its names", [manifestFor([{ name: "../../etc/passwd" }]), ["../../etc/passwd", "x"]], /no member/],
    ["an absolute name", [manifestFor([{ name: "/etc/passwd" }]), ["/etc/passwd", "x"]], /no member/],
    [
      "a way out behind a folder",
      [manifestFor([{ name: "registers/../a-b.register" }]), ["registers/../a-b.register", "x"]],
      /no member/,
    ],
    [
      "a name that its manifest does not have",
      [manifestFor([{ name: "journal.db" }]), ["../journal.db", "x"]],
      /has "..\/journal.db" where its manifest has journal.db/,
    ],
    [
      "a member twice",
      [manifestFor([{ name: "journal.db" }, { name: "journal.db" }]), ["journal.db", "x"], ["journal.db", "x"]],
      /has journal.db twice/,
    ],
    [
      "more than its manifest says",
      [manifestFor([{ name: "journal.db" }]), ["journal.db", "x"], ["kioskd.yaml", "x"]],
      /has more in it/,
    ],
    ["a symbolic link", [manifestFor([{ name: "journal.db" }]), ["journal.db", "", "symlink"]], /no plain file/],
    ["a hard link", [manifestFor([{ name: "journal.db" }]), ["journal.db", "", "link"]], /no plain file/],
    ["a folder", [manifestFor([{ name: "journal.db" }]), ["journal.db", "", "directory"]], /no plain file/],
    [
      "a header of the other kind",
      [manifestFor([{ name: "journal.db" }]), ["journal.db", "x", "pax-header"]],
      /no plain file/,
    ],
    ["a manifest that is a link", [["manifest.json", "", "symlink"]], /no plain file/],
    [
      "a member that is too long",
      [manifestFor([{ name: "kioskd.yaml", bytes: 300_000 }]), ["kioskd.yaml", "x"]],
      /no member of a backup, or too long/,
    ],
    [
      "another length than it says",
      [manifestFor([{ name: "kioskd.yaml", bytes: 2 }]), ["kioskd.yaml", "x"]],
      /not as long as its manifest says/,
    ],
    ["a manifest that is too long", [["manifest.json", " ".repeat(600_000)]], /its manifest is too long/],
    ["no manifest", [["journal.db", "x"]], /has "journal.db" where its manifest/],
  ])("with %s is refused", async (_what, members, message) => {
    const path = join(tempFolder(), "backup.tar");
    writeTar(path, members);
    await expect(read(path)).rejects.toThrow(message);
  });

  it("whose header names a length of terabytes is refused without reading so much", async () => {
    const path = join(tempFolder(), "backup.tar");
    writeTar(path, [manifestFor([{ name: "journal.db", bytes: 8_000_000_000 }])]);
    const head = encode({
      ...{ name: "journal.db", size: 8_000_000_000, type: "file", mode: 0o600, uid: 0, gid: 0 },
      mtime: new Date(0),
    });
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole.subarray(0, whole.length - 1_024), head ?? Buffer.alloc(0), END]));
    await expect(read(path)).rejects.toThrow(/not whole/);
  });

  it("is read where a symbolic link to it is given", async () => {
    const path = await packed();
    symlinkSync(path, `${path}.link`);
    expect((await read(`${path}.link`)).has("journal.db")).toBe(true);
    truncateSync(path, 10);
    await expect(read(`${path}.link`)).rejects.toThrow(/no backup/);
  });
});

describe("the secrets of a backup", () => {
  const secrets = [{ name: "positions.1.terminal.passwordFile", bytes: Buffer.from("geheim") }];

  it("are opened by their passphrase only", () => {
    const { bytes, seal } = sealed(secrets, "correct horse", ABOUT);
    expect(bytes.includes("geheim")).toBe(false);
    expect(unsealed(bytes, seal, "correct horse", ABOUT)).toEqual(secrets);
    expect(() => unsealed(bytes, seal, "correct horsf", ABOUT)).toThrow(/passphrase is not the one/);
  });

  it("are not taken from the backup of another kiosk", () => {
    const { bytes, seal } = sealed(secrets, "correct horse", ABOUT);
    expect(() => unsealed(bytes, seal, "correct horse", { ...ABOUT, kiosk: "other" })).toThrow(/passphrase/);
  });

  it("look different each time", () => {
    const [one, other] = [sealed(secrets, "same", ABOUT), sealed(secrets, "same", ABOUT)];
    expect(one.bytes.equals(other.bytes)).toBe(false);
    expect(one.seal.nonce).not.toBe(other.seal.nonce);
  });
});
