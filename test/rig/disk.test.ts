import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../support/sim-chaos.ts";
import { tempFolder } from "../support/temp.ts";
import { cutPower } from "./support/disk.ts";

const SECTOR = 512;
const SECTORS = 16;

/** A write of sectors full of one value, or a flush. */
type Request = { readonly sector: number; readonly sectors: number; readonly value: number } | "flush";

/** As dm-log-writes lays it out. */
function logOf(requests: readonly Request[]): Buffer {
  const head = Buffer.alloc(SECTOR);
  head.writeBigUInt64LE(0x6a736677736872n, 0);
  head.writeUInt32LE(SECTOR, 24);
  const entries = requests.map((request) => {
    const { sector, sectors, value } = request === "flush" ? { sector: 0, sectors: 0, value: 0 } : request;
    const entry = Buffer.alloc(SECTOR);
    entry.writeBigUInt64LE(BigInt(sector), 0);
    entry.writeBigUInt64LE(BigInt(sectors), 8);
    entry.writeBigUInt64LE(request === "flush" ? 1n : 0n, 16);
    return Buffer.concat([entry, Buffer.alloc(sectors * SECTOR, value)]);
  });
  return Buffer.concat([head, ...entries]);
}

const write = fc.record({
  sector: fc.nat(SECTORS - 4),
  sectors: fc.integer({ min: 1, max: 4 }),
  value: fc.integer({ min: 1, max: 255 }),
});
const requests = fc.array(fc.oneof({ weight: 3, arbitrary: write }, fc.constant("flush" as const)), { maxLength: 30 });

function cut(log: Buffer, seed: number): Buffer {
  const folder = tempFolder();
  const [disk, file] = [join(folder, "disk"), join(folder, "log")];
  writeFileSync(disk, Buffer.alloc(SECTORS * SECTOR));
  writeFileSync(file, log);
  cutPower(disk, file, new Random(seed));
  return readFileSync(disk);
}

function sectorsOf(disk: Buffer): number[] {
  return Array.from({ length: SECTORS }, (_, sector) => disk[sector * SECTOR] ?? -1);
}

/** What each sector may hold afterwards: what was flushed, or what was written to it later. */
function allowed(all: readonly Request[]): Set<number>[] {
  const sectors = Array.from({ length: SECTORS }, () => new Set([0]));
  const last = all.lastIndexOf("flush");
  for (const [index, request] of all.entries()) {
    if (request === "flush") continue;
    for (let sector = request.sector; sector < request.sector + request.sectors; sector++) {
      if (index < last) sectors[sector]?.clear();
      sectors[sector]?.add(request.value);
    }
  }
  return sectors;
}

describe("a disk whose power is cut", () => {
  it("has all that was flushed, and of the rest what chance will", () => {
    fc.assert(
      fc.property(requests, fc.nat(), fc.nat(SECTOR), (all, seed, torn) => {
        const log = logOf(all);
        const last = all.lastIndexOf("flush");
        // The last entry may be half written when the power goes, but never a flush that was answered.
        const end = last === all.length - 1 ? log.length : log.length - torn;
        const found = sectorsOf(cut(log.subarray(0, end), seed));
        for (const [sector, values] of allowed(all).entries()) expect([...values]).toContain(found[sector]);
      }),
      { numRuns: 200 },
    );
  });

  it("loses and keeps some of what was not", () => {
    const log = logOf(
      Array.from({ length: 4 }, (_, sector) => ({ sector: sector * 4, sectors: 4, value: sector + 1 })),
    );
    const kept = new Set(
      Array.from({ length: 50 }, (_, seed) => sectorsOf(cut(log, seed)).filter((value) => value > 0).length),
    );
    expect(kept.size).toBeGreaterThan(5);
  });

  it("refuses what is no log", () => {
    expect(() => cut(Buffer.alloc(SECTOR), 1)).toThrow("no log");
  });
});
