import { closeSync, copyFileSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openRegister, type RegisterState } from "../../../src/adapters/dispenser/mdb/register.ts";
import { tempFolder } from "../../support/temp.ts";

const PENDING = { priceBase: 1550, item: 1289 };

function read(path: string): RegisterState {
  const register = openRegister(path);
  const { totalBase, pending } = register.state;
  register.close();
  return { totalBase, pending };
}

it("begins at 0 and keeps what was saved", () => {
  const path = `${tempFolder()}/register`;
  expect(read(path)).toEqual({ totalBase: 0, pending: null });
  const register = openRegister(path);
  for (const [totalBase, pending] of [
    [0, PENDING],
    [1550, null],
    [2 ** 50, PENDING],
  ] as const) {
    expect(register.save({ totalBase, pending }).kind).toBe("done");
    expect(read(path)).toEqual({ totalBase, pending });
  }
  register.close();
});

it("holds the state before a write that was cut off, or the one after it, and never another", () => {
  const folder = tempFolder();
  const path = `${folder}/register`;
  const register = openRegister(path);
  const before = { totalBase: 7, pending: PENDING };
  const after = { totalBase: 1557, pending: null };
  register.save(before);
  const old = readFileSync(path);
  register.save(after);
  register.close();
  const whole = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(whole.length), fc.boolean(), (at, fromFront) => {
      const torn = fromFront
        ? Buffer.concat([whole.subarray(0, at), old.subarray(at)])
        : Buffer.concat([old.subarray(0, at), whole.subarray(at)]);
      writeFileSync(`${folder}/torn`, torn);
      expect([before, after]).toContainEqual(read(`${folder}/torn`));
    }),
  );
});

it("survives any damage to the newest record with the one before, and refuses with both damaged", () => {
  const folder = tempFolder();
  const path = `${folder}/register`;
  const register = openRegister(path);
  register.save({ totalBase: 100, pending: null });
  register.save({ totalBase: 200, pending: null });
  register.close();
  const damaged = `${folder}/damaged`;
  for (let at = 0; at < 32; at++) {
    copyFileSync(path, damaged);
    const file = openSync(damaged, "r+");
    writeSync(file, Uint8Array.of((readFileSync(path)[at] ?? 0) ^ 0x10), 0, 1, at);
    closeSync(file);
    expect(read(damaged)).toEqual({ totalBase: 100, pending: null });
    writeFileSync(damaged, readFileSync(damaged).fill(0, 4096));
    expect(() => openRegister(damaged)).toThrow("both its records are damaged");
  }
  truncateSync(path, 10);
  expect(() => openRegister(path)).toThrow("is no register of a vending machine");
});

it("says why it cannot be made", () => {
  expect(() => openRegister(`${tempFolder()}/missing/register`)).toThrow("ENOENT");
});
