import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileStore, type OpenStore, RegisterFile, SLOT_BYTES } from "../../../src/devices/parts/register-file.ts";
import { tempFolder } from "../../support/temp.ts";

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const openAt = (path: string): Promise<RegisterFile<number>> => RegisterFile.open(fileStore(path), 0, number);

async function written(path: string, values: readonly number[]): Promise<void> {
  const file = await openAt(path);
  for (const value of values) await file.save(value);
  await file.close();
}

describe("a register's file", () => {
  it("holds what was saved last, over any number of saves and openings", async () => {
    const path = join(tempFolder(), "register");
    for (const values of [[], [1], [2, 3], [4, 5, 6]]) {
      await written(path, values);
      const file = await openAt(path);
      expect(file.value).toBe(values.at(-1) ?? 0);
      await file.close();
    }
    expect(readFileSync(path).length).toBe(2 * SLOT_BYTES);
  });

  it("writes what waits once, and confirms it to all who asked", async () => {
    const path = join(tempFolder(), "register");
    const file = await openAt(path);
    await Promise.all([1, 2, 3, 4, 5].map((value) => file.save(value)));
    await file.close();
    expect(readFileSync(path, "utf8")).toMatch(/^kioskd register 1 2 [0-9a-f]{8} 5 /m);
  });

  it("gives the last confirmed value or the one being written, wherever the write was torn", async () => {
    const path = join(tempFolder(), "register");
    await written(path, [11, 22]);
    const before = readFileSync(path);
    await written(path, [33]);
    const after = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: SLOT_BYTES }), fc.boolean(), async (bytes, fromEnd) => {
        const torn = Buffer.from(before);
        for (let at = 0; at < 2 * SLOT_BYTES; at += SLOT_BYTES) {
          const [from, to] = fromEnd ? [at + bytes, at + SLOT_BYTES] : [at, at + bytes];
          after.copy(torn, from, from, to);
        }
        writeFileSync(path, torn);
        const file = await openAt(path);
        expect([22, 33]).toContain(file.value);
        await file.save(44);
        await file.close();
        const again = await openAt(path);
        expect(again.value).toBe(44);
        await again.close();
      }),
      { numRuns: 60 },
    );
  });

  it("survives the loss of either slot, and keeps the good one until the other is whole again", async () => {
    for (const slot of [0, 1]) {
      const path = join(tempFolder(), "register");
      await written(path, [1, 2, 3]);
      const bytes = readFileSync(path);
      bytes.fill(0xff, slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
      writeFileSync(path, bytes);
      const file = await openAt(path);
      expect([2, 3]).toContain(file.value);
      await file.save(9);
      await file.close();
      expect((await openAt(path)).value).toBe(9);
    }
  });

  it("never writes over the last confirmed value after a write that failed", async () => {
    const slots: number[] = [];
    let fails = false;
    const open: OpenStore = async (initial) => ({
      path: "memory",
      read: async () => initial,
      write: async (slot) => {
        slots.push(slot);
        if (fails) throw new Error("EIO");
      },
      close: async () => {},
    });
    const file = await RegisterFile.open(open, 0, number);
    await file.save(1);
    fails = true;
    for (const value of [2, 3]) await expect(file.save(value)).rejects.toThrow("EIO");
    fails = false;
    await file.save(4);
    expect(slots).toEqual([1, 0, 0, 0]);
  });

  const broken: readonly (readonly [string, (path: string) => void])[] = [
    ["another file", (path) => writeFileSync(path, "much")],
    ["an empty file", (path) => writeFileSync(path, "")],
    ["zeros", (path) => writeFileSync(path, Buffer.alloc(2 * SLOT_BYTES))],
    ["half a file", (path) => truncateSync(path, SLOT_BYTES)],
    ["one flipped bit in each slot", (path) => flip(path, [40, SLOT_BYTES + 40])],
  ];
  for (const [what, spoil] of broken) {
    it(`says that ${what} is no register, and what to do`, async () => {
      const path = join(tempFolder(), "register");
      await written(path, [111_111_111_111, 222_222_222_222]);
      spoil(path);
      await expect(openAt(path)).rejects.toThrow(/is no register of this kind.*Restore it; or remove it/s);
    });
  }

  it("says that the register of another kind is none, and where a register cannot be made", async () => {
    const path = join(tempFolder(), "register");
    await written(path, [1]);
    const other = RegisterFile.open(fileStore(path), "", (value) => (typeof value === "string" ? value : undefined));
    await expect(other).rejects.toThrow(/no register of this kind/);
    await expect(openAt("/proc/nowhere/register")).rejects.toThrow(/cannot be made: .*Its folder must be writable/);
  });
});

function flip(path: string, offsets: readonly number[]): void {
  const bytes = readFileSync(path);
  for (const offset of offsets) bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
