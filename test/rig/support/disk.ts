import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import type { Random } from "../../support/sim-chaos.ts";

/** What a power cut did to the disk. */
export interface Loss {
  readonly flushes: number;
  /** Writes since the last flush. */
  readonly unflushed: number;
  /** Those of them of which not all reached the disk. */
  readonly lost: number;
}

/** QEMU's blklogwrites writes what dm-log-writes does: Documentation/admin-guide/device-mapper/log-writes.rst. */
const MAGIC = 0x6a736677736872n;
const SECTOR = 512;
const FLUSH = 1n;
const DISCARD = 4n;

interface Entry {
  readonly sector: number;
  readonly sectors: number;
  readonly flags: bigint;
  /** Where its data stands in the log. */
  readonly at: number;
}

/** An empty file system. */
export function makeDisk(path: string, megabytes: number): void {
  writeFileSync(path, "");
  truncateSync(path, megabytes * 1_048_576);
  const options = ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
  execFileSync("mkfs.ext4", [...options, path], { stdio: ["ignore", "ignore", "inherit"] });
}

/**
 * Does to the disk what a power cut does to one with a cache that forgets: of a session's log, all that was written
 * before the last flush is on it, and of each later write as many sectors, from its first on, as chance will.
 */
export function cutPower(path: string, log: string, chance: Random): Loss {
  const [from, to] = [openSync(log, "r"), openSync(path, "r+")];
  try {
    const { flushed, later } = readLog(from);
    for (const entry of flushed) apply(from, to, entry, entry.sectors);
    let lost = 0;
    for (const entry of later) {
      const sectors = chance.int(0, entry.sectors);
      if (sectors < entry.sectors) lost++;
      apply(from, to, entry, sectors);
    }
    return { flushes: flushed.filter(isFlush).length, unflushed: later.length, lost };
  } finally {
    closeSync(from);
    closeSync(to);
  }
}

function readLog(log: number): { readonly flushed: readonly Entry[]; readonly later: readonly Entry[] } {
  const head = read(log, 0, 28);
  if (head.readBigUInt64LE(0) !== MAGIC) throw new Error("this is no log of writes");
  if (head.readUInt32LE(24) !== SECTOR) throw new Error("the log has sectors of another size");
  const end = fstatSync(log).size;
  const entries: Entry[] = [];
  for (let at = SECTOR; at + SECTOR <= end; ) {
    const [sector, sectors, flags] = [0, 8, 16].map((offset) => read(log, at, 24).readBigUInt64LE(offset)) as [
      bigint,
      bigint,
      bigint,
    ];
    if (sectors === 0n && flags === 0n) break;
    const bytes = (flags & DISCARD) === 0n ? Number(sectors) * SECTOR : 0;
    // The last one may have been under way.
    if (at + SECTOR + bytes > end) break;
    entries.push({ sector: Number(sector), sectors: Number(sectors), flags, at: at + SECTOR });
    at += SECTOR + bytes;
  }
  const last = entries.findLastIndex(isFlush);
  return { flushed: entries.slice(0, last + 1), later: entries.slice(last + 1) };
}

function isFlush({ flags }: Entry): boolean {
  return (flags & FLUSH) !== 0n;
}

function apply(log: number, disk: number, { sector, flags, at }: Entry, sectors: number): void {
  // What was discarded may hold anything: it stays as it is.
  if ((flags & DISCARD) !== 0n || sectors === 0) return;
  writeSync(disk, read(log, at, sectors * SECTOR), 0, sectors * SECTOR, sector * SECTOR);
}

function read(file: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  readSync(file, buffer, 0, bytes, at);
  return buffer;
}
