import { describe, expect, it } from "vitest";
import { type Seen, Trust } from "../../../src/devices/modbus-meter/trust.ts";

/** 36 kW are 10 Wh a second. */
const SETTINGS = {
  maxPowerW: 36_000,
  lagMs: 0,
  steadyMs: 60_000,
  stepBase: () => 1,
  isOwed: () => true,
  begunAnew: () => {
    throw new Error("begins anew although something is owed");
  },
};

function seen(base: number, second: number): Seen {
  return { base, askedMs: second * 1_000, answeredMs: second * 1_000 };
}

const YES = "believed";
const NO = "doubtful";

describe("whether a meter is believed", () => {
  const table: [string, readonly (readonly [number, string])[], RegExp | null][] = [
    [
      "only when two agree at first",
      [
        [100, NO],
        [100, YES],
        [105, YES],
      ],
      null,
    ],
    [
      "not by its first reading when the second is another",
      [
        [7, NO],
        [100, NO],
        [101, YES],
        [100, NO],
      ],
      null,
    ],
    [
      "as fast as the power allows",
      [
        [100, NO],
        [100, YES],
        [111, YES],
        [123, NO],
      ],
      null,
    ],
    [
      "again after a single leap",
      [
        [100, NO],
        [100, YES],
        [900, NO],
        [101, YES],
      ],
      null,
    ],
    [
      "again after two leaps that do not agree",
      [
        [100, NO],
        [100, YES],
        [900, NO],
        [50, NO],
        [70, NO],
        [102, YES],
      ],
      null,
    ],
    [
      "no more once it has gone back for good",
      [
        [100, NO],
        [100, YES],
        [50, NO],
        [50, NO],
        [51, NO],
        [51, NO],
      ],
      /went back, from 100 Wh to 51 Wh/,
    ],
    [
      "no more once it has jumped for good",
      [
        [100, NO],
        [100, YES],
        [900, NO],
        [900, NO],
        [901, NO],
      ],
      /rose faster than 36000 W allow/,
    ],
    [
      "again when it was 0 only while it started",
      [
        [100, NO],
        [100, YES],
        [0, NO],
        [0, NO],
        [0, NO],
        [103, YES],
      ],
      null,
    ],
  ];
  it.each(table)("%s", (_, readings, broken) => {
    const trust = new Trust(SETTINGS);
    expect(readings.map(([base], second) => trust.judge(seen(base, second)))).toEqual(readings.map(([, how]) => how));
    if (broken === null) expect(trust.broken).toBeNull();
    else expect(trust.broken).toMatch(broken);
  });

  it("does not come to believe a jump because time passes", () => {
    const trust = new Trust(SETTINGS);
    for (const second of [0, 1]) trust.judge(seen(100, second));
    for (let second = 2; second < 1_000; second++) expect(trust.judge(seen(5_100, second))).toBe(NO);
    expect(trust.broken).not.toBeNull();
  });

  describe("with nothing owed", () => {
    function watch(course: readonly (readonly [base: number, fromS: number, toS: number])[]) {
      const steps: [number, number][] = [];
      const settings = { ...SETTINGS, isOwed: () => false, begunAnew: (a: number, b: number) => steps.push([a, b]) };
      const trust = new Trust(settings);
      const believed = course.flatMap(([base, fromS, toS]) => {
        const seconds = Array.from({ length: toS - fromS + 1 }, (_, index) => fromS + index);
        return seconds.filter((second) => trust.judge(seen(base, second)) === YES);
      });
      return { steps, believed, trust };
    }

    it.each<[string, Parameters<typeof watch>[0], readonly [number, number][]]>([
      [
        "a jump",
        [
          [100, 0, 5],
          [90_000, 6, 70],
        ],
        [[100, 90_000]],
      ],
      [
        "a jump that time alone would explain",
        [
          [100, 0, 5],
          [650, 6, 70],
        ],
        [[100, 650]],
      ],
      [
        "a step back",
        [
          [100, 0, 5],
          [7, 6, 70],
        ],
        [[100, 7]],
      ],
      [
        "a reset",
        [
          [100, 0, 5],
          [0, 6, 70],
        ],
        [[100, 0]],
      ],
    ])("takes the new course after a minute, and tells the step: %s", (_, course, steps) => {
      const watched = watch(course);
      expect(watched.steps).toEqual(steps);
      expect(watched.believed).toEqual([1, 2, 3, 4, 5, 66, 67, 68, 69, 70]);
      expect(watched.trust.broken).toBeNull();
    });

    it.each<[string, Parameters<typeof watch>[0]]>([
      [
        "less than a minute of it",
        [
          [100, 0, 5],
          [90_000, 6, 60],
        ],
      ],
      [
        "courses of less than a minute each",
        [
          [100, 0, 5],
          [90_000, 6, 50],
          [7, 51, 90],
          [40_000, 91, 140],
        ],
      ],
      [
        "a meter that starts in between",
        [
          [100, 0, 5],
          [0, 6, 40],
          [100, 41, 45],
          [0, 46, 80],
        ],
      ],
    ])("does not take %s", (_, course) => {
      expect(watch(course).steps).toEqual([]);
    });

    it("begins at 0 only after a minute of it, and at once where it then tells that it stands", () => {
      expect(watch([[0, 0, 61]]).believed).toEqual([60, 61]);
      expect(
        watch([
          [0, 0, 59],
          [1_234_560, 60, 62],
        ]).believed,
      ).toEqual([61, 62]);
      expect(watch([[0, 0, 5]]).trust.doubt).toMatch(/tells 0 Wh, as meters do while they start/);
    });
  });
});
