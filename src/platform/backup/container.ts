import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { decode, encode } from "tar-stream/headers.js";
import {
  BackupError,
  isSmall,
  LONGEST_MANIFEST_BYTES,
  MANIFEST,
  type Manifest,
  mostBytes,
  readManifest,
} from "./manifest.ts";

/**
 * A backup is a tar, which `tar -tvf` lists: first its manifest with its checksum, then members as the manifest has
 * them, in its order, each a plain file. Anything else in it is refused: links, folders, other names, other lengths.
 */
export interface Source {
  readonly name: string;
  /** Its contents, or the file that has them. */
  readonly from: Buffer | string;
}

const BLOCK_BYTES = 512;
const PIECE_BYTES = 1_024 * 1_024;
const CHECKSUM = "manifest.sha256";
const END = Buffer.alloc(2 * BLOCK_BYTES);

/**
 * Writes a backup into a file that is not there yet, and waits until the disk has it.
 * @throws Error of the system
 */
export async function pack(
  path: string,
  about: Omit<Manifest, "members">,
  sources: readonly Source[],
): Promise<Manifest> {
  const members: Manifest["members"] = [];
  for (const { name, from } of sources) {
    const { bytes, sha256 } = await measured(piecesOf(from));
    if (bytes > (mostBytes(name) ?? -1)) throw new BackupError(`${name} is too long for a backup: ${bytes} bytes.`);
    members.push({ name, bytes, sha256 });
  }
  const manifest = readManifest(JSON.stringify({ ...about, members }), path);
  const file = await open(path, "wx", 0o600);
  try {
    const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const sum = Buffer.from(checksumLine(text));
    await writeMember(file, MANIFEST, text.length, manifest, piecesOf(text));
    await writeMember(file, CHECKSUM, sum.length, manifest, piecesOf(sum));
    for (const [index, { name, from }] of sources.entries()) {
      await writeMember(file, name, members[index]?.bytes ?? 0, manifest, piecesOf(from));
    }
    await file.appendFile(END);
    await file.sync();
  } finally {
    await file.close();
  }
  return manifest;
}

async function writeMember(
  file: FileHandle,
  name: string,
  size: number,
  { madeAt }: Manifest,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const head = encode({ name, size, type: "file", mode: 0o600, uid: 0, gid: 0, mtime: new Date(madeAt) });
  if (head === null) throw new Error(`the name ${name} is too long`);
  await file.appendFile(head);
  let written = 0;
  for await (const piece of pieces) {
    await file.appendFile(piece);
    written += piece.length;
  }
  if (written !== size) throw new BackupError(`${name} changed while it was copied: try again.`);
  await file.appendFile(END.subarray(0, padding(size)));
}

/** A backup whose every member was read and is as its manifest says. */
export class Container {
  readonly path: string;
  readonly manifest: Manifest;
  readonly #file: FileHandle;
  readonly #starts: ReadonlyMap<string, number>;

  private constructor(path: string, manifest: Manifest, file: FileHandle, starts: ReadonlyMap<string, number>) {
    this.path = path;
    this.manifest = manifest;
    this.#file = file;
    this.#starts = starts;
  }

  /**
   * Reads all of it and holds it against its manifest.
   * @throws BackupError when it is not whole, or no backup; Error of the system when it cannot be read
   */
  static async open(path: string): Promise<Container> {
    const file = await open(path, "r");
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new BackupError(`${path} is no file.`);
      const { manifest, end } = await manifestOf(path, file);
      const starts = new Map<string, number>();
      let at = end;
      for (const member of manifest.members) {
        if (starts.has(member.name)) throw new BackupError(`${path} has ${member.name} twice.`);
        const { size, start } = await headAt(path, file, at, member.name);
        if (size !== member.bytes)
          throw new BackupError(`${path}: ${member.name} is not as long as its manifest says.`);
        await verify(path, member, piecesIn(file, start, size));
        starts.set(member.name, start);
        at = await endOf(path, file, member.name, start + size);
      }
      const rest = await exactly(file, at, END.length);
      if (rest === null) throw truncated(path);
      if (!rest.equals(END)) throw new BackupError(`${path} has more in it than its manifest says.`);
      return new Container(path, manifest, file, starts);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#starts.has(name);
  }

  /** The contents of a small member. */
  async read(name: string): Promise<Buffer> {
    if (!isSmall(name)) throw new Error(`${name} is not read into memory`);
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces(name)) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }

  /** The contents of a member, checked once more; a piece is good until the next one is asked for. */
  async *pieces(name: string): AsyncGenerator<Buffer> {
    const member = this.manifest.members.find((each) => each.name === name);
    const start = this.#starts.get(name);
    if (member === undefined || start === undefined) throw new BackupError(`${this.path} has no ${name} in it.`);
    const hash = createHash("sha256");
    for await (const piece of piecesIn(this.#file, start, member.bytes)) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest("hex") !== member.sha256) throw changed(this.path, name);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function manifestOf(path: string, file: FileHandle): Promise<{ manifest: Manifest; end: number }> {
  const { size, start } = await headAt(path, file, 0, MANIFEST);
  if (size > LONGEST_MANIFEST_BYTES) throw new BackupError(`${path} is no backup of kioskd: its manifest is too long.`);
  const text = await exactly(file, start, size);
  if (text === null) throw truncated(path);
  const sum = await headAt(path, file, await endOf(path, file, MANIFEST, start + size), CHECKSUM);
  const expected = Buffer.from(checksumLine(text));
  const found = await exactly(file, sum.start, expected.length);
  if (found === null) throw truncated(path);
  if (sum.size !== expected.length || !found.equals(expected)) throw changed(path, MANIFEST);
  const end = await endOf(path, file, CHECKSUM, sum.start + sum.size);
  return { manifest: readManifest(text.toString("utf8"), path), end };
}

/** As `sha256sum` writes and checks it. */
function checksumLine(manifest: Buffer): string {
  return `${createHash("sha256").update(manifest).digest("hex")}  ${MANIFEST}\n`;
}

/** Where the next member begins. */
async function endOf(path: string, file: FileHandle, name: string, at: number): Promise<number> {
  const rest = await exactly(file, at, padding(at));
  if (rest === null) throw truncated(path);
  if (rest.some((byte) => byte !== 0)) throw changed(path, name);
  return at + rest.length;
}

async function headAt(
  path: string,
  file: FileHandle,
  at: number,
  name: string,
): Promise<{ size: number; start: number }> {
  const block = await exactly(file, at, BLOCK_BYTES);
  if (block === null) throw at === 0 ? new BackupError(`${path} is no backup of kioskd.`) : truncated(path);
  const head = headIn(path, block, name);
  if (head.name !== name) throw new BackupError(`${path} has "${head.name}" where its manifest has ${name}.`);
  if (head.type !== "file") throw new BackupError(`${path}: ${name} is no plain file (${head.type}).`);
  const { size } = head;
  if (size === null || !Number.isSafeInteger(size) || size < 0) throw changed(path, name);
  return { size, start: at + BLOCK_BYTES };
}

function headIn(path: string, block: Buffer, name: string): NonNullable<ReturnType<typeof decode>> {
  let head: ReturnType<typeof decode>;
  try {
    head = decode(block, "utf8");
  } catch {
    throw name === MANIFEST ? new BackupError(`${path} is no backup of kioskd.`) : changed(path, name);
  }
  if (head === null) throw new BackupError(`${path} ends before ${name}: it is not whole.`);
  return head;
}

async function verify(
  path: string,
  { name, bytes, sha256 }: Manifest["members"][number],
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const found = await measured(pieces);
  if (found.bytes !== bytes) throw truncated(path);
  if (found.sha256 !== sha256) throw changed(path, name);
}

async function measured(pieces: AsyncIterable<Buffer>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

async function* piecesOf(from: Buffer | string): AsyncGenerator<Buffer> {
  if (typeof from !== "string") {
    yield from;
    return;
  }
  const file = await open(from, "r");
  try {
    yield* piecesIn(file, 0, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Ends early where the file does. */
async function* piecesIn(file: FileHandle, start: number, bytes: number): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(Math.min(bytes, PIECE_BYTES));
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, bytes - done), start + done);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}

/** Null when the file ends before. */
async function exactly(file: FileHandle, at: number, bytes: number): Promise<Buffer | null> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, at);
  return bytesRead === bytes ? buffer : null;
}

function padding(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

function truncated(path: string): BackupError {
  return new BackupError(`${path} is not whole: it ends too early. Take another backup.`);
}

function changed(path: string, name: string): BackupError {
  return new BackupError(`${path} is damaged: ${name} is not as it was written. Take another backup.`);
}
