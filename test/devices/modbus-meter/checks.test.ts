import { describe, expect, it } from "vitest";
import { leastLimitWh, meterProblems } from "../../../src/devices/modbus-meter/checks.ts";

const OWN = { function: 3, address: 0x10, type: "uint32", wordOrder: "high-first", whPerCount: 10 } as const;

describe("a meter as it is configured", () => {
  it.each([
    ["a model", "sdm630", 0],
    ["one's own that is fine and prompt", OWN, 0],
    ["a model with steps of 100 Wh", "gavazzi-em300", 107],
    ["one's own with steps of 100 Wh", { ...OWN, stepWh: 100 }, 107],
    ["one's own that is 10 s late", { ...OWN, lag: 10_000 }, 72],
  ])("must be able to sell more than it may not show yet: %s", (_, meter, leastWh) => {
    expect(leastLimitWh(meter, 22_000)).toBe(leastWh);
  });

  it("may be coarse and late, short of a kilowatt-hour", () => {
    expect(meterProblems({ ...OWN, stepWh: 999, lag: 120_000 }, true)).toEqual([]);
    expect(meterProblems({ ...OWN, whPerCount: 999 }, false)).toEqual([]);
    expect(meterProblems({ ...OWN, type: "float32", whPerCount: 1_000 }, false)).toEqual([]);
    expect(meterProblems({ ...OWN, whPerCount: 1_000 }, false)).toHaveLength(1);
  });

  it("is turned only where its export is known", () => {
    expect(meterProblems("sdm630", true)).toEqual([]);
    expect(meterProblems("bg-ds100", false)).toEqual([]);
    expect(meterProblems("bg-ds100", true)).toHaveLength(1);
  });
});
