import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PumpRegister, SETTLING_MS, type Shown } from "../../../src/devices/dart/pump-register.ts";

const STEP_BASE = 10;
const START_BASE = 1_000_000;
const LIMIT_BASE = 5_000;
const LATER_MS = SETTLING_MS + 1;

/** At a price at which each millilitre is one step of the amount. */
function shown(volumeBase: number, amount = volumeBase): Shown {
  return { volumeBase, amount };
}

/** A delivery that ended, of which so much was seen while it flowed. */
function delivered(seenBase: readonly number[] = [], shownBase = 0): PumpRegister {
  const register = new PumpRegister(STEP_BASE);
  register.judge({ totalBase: START_BASE, ...shown(0) }, 0);
  register.begin(START_BASE, LIMIT_BASE, shown(shownBase));
  for (const volumeBase of seenBase) register.live(shown(volumeBase));
  register.end(0);
  return register;
}

type Expected = "believed" | "undecided" | "refused" | "audit" | "overrun" | "audit and overrun";

function verdict(register: PumpRegister, roseBase: number, volumeBase: number, nowMs: number): Expected {
  const judged = register.judge({ totalBase: START_BASE + roseBase, ...shown(volumeBase) }, nowMs);
  if (judged.kind !== "believed") return judged.kind;
  expect(judged.totalBase).toBe(START_BASE + roseBase);
  return (judged.complaints.map(({ about }) => about).join(" and ") || "believed") as Expected;
}

describe("the audit of a delivery", () => {
  it.each<[string, number[], number, number, number, Expected]>([
    ["nothing was taken", [], 0, 0, 0, "believed"],
    ["total and volume agree", [1_000, 1_500], 2_000, 2_000, 0, "believed"],
    ["they differ by one step of the meter", [], 2_000, 2_010, 0, "believed"],
    ["the limit was reached", [5_000, 5_000], 5_000, 5_000, 0, "believed"],
    ["the total lags behind, at first", [1_000, 1_500], 0, 2_000, 0, "undecided"],
    ["the total lags behind for good", [1_000, 1_500], 0, 2_000, LATER_MS, "audit"],
    ["the total rose by more than is shown, below the limit", [], 3_000, 2_000, LATER_MS, "audit"],
    ["the total jumped beyond the limit", [], 100_000, 2_000, LATER_MS, "refused"],
    ["the pump went beyond its preset, both say so", [], 6_000, 6_000, 0, "overrun"],
    ["the pump restarted and shows nothing", [1_000, 1_500], 2_000, 0, 0, "believed"],
    ["it restarted and its total forgot", [1_000, 1_500], 500, 0, LATER_MS, "audit"],
    ["it restarted and its total jumped", [1_000, 1_500], 100_000, 0, LATER_MS, "refused"],
    ["its total went back", [], -10, 0, 0, "refused"],
  ])("%s", (_what, seen, rose, shows, nowMs, expected) => {
    expect(verdict(delivered(seen), rose, shows, nowMs)).toBe(expected);
  });

  it("nothing was taken, and the pump still shows the delivery before", () => {
    expect(verdict(delivered([], 2_000), 0, 2_000, 0)).toBe("believed");
  });

  it.each<[string, number, Shown, boolean]>([
    ["what it showed before", 0, shown(2_000), true],
    ["what it showed before, though its total rose", 2_000, shown(2_000), false],
    ["another amount", 0, shown(2_000, 2_100), false],
    ["another volume", 0, shown(0), false],
  ])("it is one of nothing only if the pump shows %s", (_what, roseBase, shows, isNothing) => {
    const judged = delivered([], 2_000).judge({ totalBase: START_BASE + roseBase, ...shows }, LATER_MS);
    expect(judged).toMatchObject({ kind: "believed", isNothing });
  });

  it.each<[string, number, number, Expected]>([
    ["before anything was seen of it", 2_000, LATER_MS, "believed"],
    ["and its total jumped", 100_000, LATER_MS, "refused"],
  ])("the pump restarted %s", (_what, roseBase, nowMs, expected) => {
    const register = delivered();
    register.restarted();
    expect(verdict(register, roseBase, 0, nowMs)).toBe(expected);
  });

  it("a total once refused is refused for good", () => {
    const register = delivered();
    expect(verdict(register, -10, 0, 0)).toBe("refused");
    expect(verdict(register, 0, 0, LATER_MS)).toBe("refused");
  });

  it("never believes a total that went back, or rose beyond the limit without the volume saying so", () => {
    const amount = fc.integer({ min: -20_000, max: 20_000 });
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 8_000 })),
        amount,
        fc.nat({ max: 20_000 }),
        fc.nat(20_000),
        (seen, rose, shows, nowMs) => {
          const judged = verdict(delivered(seen), rose, shows, nowMs);
          if (rose < 0) expect(judged).toBe("refused");
          if (rose > LIMIT_BASE + STEP_BASE && Math.abs(rose - shows) > STEP_BASE) {
            expect(["refused", "undecided"]).toContain(judged);
          }
        },
      ),
    );
  });
});

describe("between deliveries", () => {
  it("what the total rises by is unaccounted, each part of it once", () => {
    const register = delivered();
    let totalBase = START_BASE;
    const rises = [0, 0, 30, 0, 250].map((riseBase) => {
      totalBase += riseBase;
      const judged = register.judge({ totalBase, ...shown(0) }, 0);
      return judged.kind === "believed" ? (judged.unaccounted?.quantityBase ?? 0) : null;
    });
    expect(rises).toEqual([0, 0, 30, 0, 250]);
  });

  it("what flowed before the first look is nobody's", () => {
    const judged = new PumpRegister(STEP_BASE).judge({ totalBase: START_BASE, ...shown(4_000) }, 0);
    expect(judged).toMatchObject({ kind: "believed", unaccounted: null });
  });

  it.each<[string, number, number, number | null]>([
    ["a drop", 10, 5_000, 10],
    ["the greatest flow for five seconds", 33_000, 5_000, 33_000],
    ["more than that", 34_000, 5_000, null],
    ["the total of another pump", 90_000_000, 5_000, null],
    ["what could flow while it was silent", 90_000, 60_000, 90_000],
  ])("%s is nobody's, with an amount only where it can have flowed", (_what, roseBase, afterMs, quantityBase) => {
    const register = new PumpRegister(STEP_BASE);
    register.judge({ totalBase: START_BASE, ...shown(0) }, 1_000);
    const look = { totalBase: START_BASE + roseBase, ...shown(0) };
    expect(register.judge(look, 1_000 + afterMs)).toMatchObject({ kind: "believed", unaccounted: { quantityBase } });
    expect(register.judge(look, 2_000 + afterMs)).toMatchObject({ kind: "believed", unaccounted: null });
  });
});

describe("readings of a delivery that runs", () => {
  it("count what two looks in a row have shown, and never fall", () => {
    const register = delivered();
    const readings = [100, 200, 9_000_000, 300, 250, 400].map((volumeBase) => register.live(shown(volumeBase)));
    expect(readings.map((one) => (one?.kind === "reading" ? one.totaliserBase - START_BASE : one?.kind))).toEqual([
      0, 100, 200, 300, 300, 300,
    ]);
  });

  it("do not count what is shown of the delivery before", () => {
    const register = delivered([], 9_000);
    const readings = [9_000, 9_000, 9_000, 0, 100, 200].map((volumeBase) => register.live(shown(volumeBase)));
    expect(readings.map((one) => (one?.kind === "reading" ? one.totaliserBase - START_BASE : one?.kind))).toEqual([
      0, 0, 0, 0, 0, 100,
    ]);
  });

  it("tell that the limit is passed once two looks say so", () => {
    const register = delivered();
    expect([6_000, 6_020].map((volumeBase) => register.live(shown(volumeBase))?.kind)).toEqual(["reading", "overrun"]);
  });
});
