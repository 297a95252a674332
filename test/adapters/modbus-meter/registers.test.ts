import { describe, expect, it } from "vitest";
import { decodeFigure, registerMap, stepWh } from "../../../src/adapters/dispenser/modbus-meter/registers.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function float32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat32(0, value);
  return new Uint8Array(view.buffer);
}

const own = { function: 3, address: 0x10 } as const;

describe("figures in registers", () => {
  it.each([
    ["float32", "high-first", 1_000, "43663334", 230_200],
    ["float32", "low-first", 1_000, "33344366", 230_200],
    ["float32", "high-first", 1_000, "7fc00000", undefined],
    ["float32", "high-first", 1_000, "7f800000", undefined],
    ["float32", "high-first", 1_000, "7f7fffff", undefined],
    ["uint32", "high-first", 10, "0001e240", 1_234_560],
    ["uint32", "low-first", 10, "e2400001", 1_234_560],
    ["uint32", "high-first", 1, "ffffffff", 4_294_967_295],
    ["int32", "high-first", 1, "ffffffff", -1],
    ["uint64", "high-first", 1, "0000000000bc614e", 12_345_678],
    ["uint64", "low-first", 1, "614e00bc00000000", 12_345_678],
    ["uint64", "high-first", 1, "ffffffffffffffff", undefined],
    ["uint32", "high-first", 0.5, "00000003", 2],
    ["uint32", "high-first", 1, "0000", undefined],
  ] as const)("reads %s %s times %s: %s as %s", (type, wordOrder, whPerCount, data, value) => {
    const { energy } = registerMap({ ...own, type, wordOrder, whPerCount });
    expect(decodeFigure(energy, hex(data))).toBe(value);
  });

  it("reads every watt-hour of an Eastron up to 16,384 kWh back as it was", () => {
    const { energy } = registerMap("sdm230");
    for (let wh = 1; wh < 16_384_000; wh = wh * 3 + 1) expect(decodeFigure(energy, float32(wh / 1_000))).toBe(wh);
  });

  it.each([
    [1_000, 10],
    [16_000_000, 10],
    [131_072_000, 16],
    [999_999_000, 63],
  ])("knows that at %s Wh a float32 steps by %s Wh", (wh, step) => {
    expect(stepWh(registerMap("sdm630"), wh)).toBe(step);
  });
});
