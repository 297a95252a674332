import { describe, expect, it } from "vitest";
import { registerMap } from "../../../src/devices/modbus-meter/register-map.ts";
import { decodeFigure, stepWh } from "../../../src/devices/modbus-meter/registers.ts";

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
    ["uint32", "high-first", 1, "ffffffff", undefined],
    ["uint32", "high-first", 1, "fffffffe", 4_294_967_294],
    ["uint32", "high-first", 1, "7fffffff", undefined],
    ["uint32", "low-first", 1, "00008000", undefined],
    ["int32", "high-first", 1, "ffffffff", -1],
    ["int32", "high-first", 1, "7fffffff", undefined],
    ["int32", "high-first", 1, "80000000", undefined],
    ["uint64", "high-first", 1, "7fffffffffffffff", undefined],
    ["uint64", "high-first", 1, "8000000000000000", undefined],
    ["float32", "high-first", 1_000, "ffffffff", undefined],
    ["float32", "high-first", 1_000, "80000000", 0],
    ["uint64", "high-first", 1, "0000000000bc614e", 12_345_678],
    ["uint64", "low-first", 1, "614e00bc00000000", 12_345_678],
    ["uint64", "high-first", 1, "ffffffffffffffff", undefined],
    ["uint64", "high-first", 0.001, "0020000000000001", undefined],
    ["uint64", "high-first", 1, "001fffffffffffff", 9_007_199_254_740_991],
    ["int64", "high-first", 1, "0000000000bc614e", 12_345_678],
    ["int64", "high-first", 1, "ffffffffffffffff", -1],
    ["int64", "low-first", 1, "ffffffffffff7fff", undefined],
    ["int64", "high-first", 1, "8000000000000000", undefined],
    ["int64", "high-first", 0.001, "ffdfffffffffffff", undefined],
    ["float64", "high-first", 1, "41678c29dccccccd", 12_345_679],
    ["float64", "low-first", 1_000, "00000000c0004092", 1_200_000],
    ["float64", "high-first", 1, "7ff8000000000000", undefined],
    ["float64", "high-first", 1, "4340000000000000", undefined],
    ["uint32", "high-first", 0.5, "00000003", 2],
    ["uint32", "high-first", 1, "0000", undefined],
  ] as const)("reads %s %s times %s: %s as %s", (type, wordOrder, whPerCount, data, value) => {
    const { energy } = registerMap({ ...own, type, wordOrder, whPerCount });
    expect(decodeFigure(energy, hex(data))).toBe(value);
  });

  it("takes a maker's own pattern for no value, as it comes over the line", () => {
    const figure = registerMap({ ...own, type: "uint32", wordOrder: "low-first", whPerCount: 1 }).energy;
    const marked = { ...figure, noValue: ["fffe0000"] };
    expect([figure, marked].map((each) => decodeFigure(each, hex("fffe0000")))).toEqual([65_534, undefined]);
    expect(decodeFigure(marked, hex("0000fffe"))).toBe(4_294_836_224);
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

  it("takes what is exported for what is sold, and turns the power, of a meter wired the other way round", () => {
    const [right, inverted] = [registerMap("sdm630"), registerMap("sdm630", true)];
    const data = Buffer.alloc(8);
    data.writeFloatBE(1.5, 0);
    data.writeFloatBE(0.25, 4);
    const both = [right, inverted].map((map) =>
      [map.energy, map.reverse].map((each) => each && decodeFigure(each, data)),
    );
    expect(both).toEqual([
      [1_500, 250],
      [250, 1_500],
    ]);
    const watts = [right, inverted].map(({ power }) => power && decodeFigure(power, float32(-7_000).subarray(0, 4)));
    expect(watts).toEqual([-7_000, 7_000]);
    expect(inverted.energy).toMatchObject({ address: right.energy.address, count: right.energy.count });
  });

  it.each([
    ["int32", 4, 0.01, "fff55464", 2, -6_993],
    ["int16", 3, 10, "fd44", 1, -7_000],
    ["uint16", 3, 1, "1b58", 1, 7_000],
    ["uint16", 3, 1, "ffff", 1, undefined],
    ["float32", 3, 1_000, "40e00000", 3, 7_000],
  ] as const)(
    "has the power of a meter of one's own: %s by function %d times %d",
    (type, fn, wPerCount, data, count, watts) => {
      const power = { function: fn, address: 0x20, type, wordOrder: "high-first", wPerCount } as const;
      const map = registerMap({ ...own, type: "uint32", wordOrder: "high-first", whPerCount: 10, power });
      expect(map.power?.count).toBe(count);
      expect(map.power && decodeFigure(map.power, hex(data))).toBe(watts);
      // An answer must tell which of the two it is: by its function, or by its length.
      expect([map.power?.function, map.power?.count]).not.toEqual([map.energy.function, map.energy.count]);
    },
  );
});
