import { describe, expect, it } from "vitest";
import { CrossCheck } from "../../../src/devices/modbus-meter/cross-check.ts";
import type { Reading } from "../../../src/devices/modbus-meter/meter.ts";

/** 36 kW are 10 Wh a second. */
const SETTINGS = { maxPowerW: 36_000, lagMs: 1_000, stepWh: 10, isInverted: false, closedMs: 0 };
const SECOND_MS = 1_000;

interface Course {
  readonly seconds: number;
  readonly whPerSecond?: number;
  readonly exportedPerSecond?: number;
  readonly toldW: number | null | ((second: number) => number);
  /** The first reading that comes after each pause. */
  readonly everySeconds?: number;
  /** The register steps by so much at a time. */
  readonly stepWh?: number;
}

/** How a course ends: at once with the first contradiction. */
function run(course: Course): string | null {
  return lookAt(course).contradiction;
}

function lookAt({ seconds, whPerSecond = 0, exportedPerSecond = 0, toldW, everySeconds = 0.25, stepWh = 1 }: Course): {
  readonly check: CrossCheck;
  readonly contradiction: string | null;
} {
  const check = new CrossCheck(SETTINGS);
  for (let second = 0; second <= seconds; second += everySeconds) {
    const told = typeof toldW === "function" ? toldW(second) : toldW;
    const reading: Reading = {
      totaliserBase: 1_000 + stepWh * Math.floor((second * whPerSecond) / stepWh),
      reverseBase: 500 + Math.floor(second * exportedPerSecond),
      toldW: told,
      powerW: 0,
      isFlowing: false,
      atMs: second * SECOND_MS,
      tookMs: 40,
    };
    const contradiction = check.look(reading);
    if (contradiction !== null) return { check, contradiction };
  }
  return { check, contradiction: null };
}

describe("the figures of one delivery", () => {
  const HOUR = 3_600;
  it.each<[string, Course]>([
    ["agree at full power", { seconds: HOUR, whPerSecond: 10, toldW: 36_000 }],
    ["agree while the register steps by 10 Wh", { seconds: HOUR, whPerSecond: 2, toldW: 7_200, stepWh: 10 }],
    ["agree within a tenth", { seconds: HOUR, whPerSecond: 2, toldW: 7_900 }],
    ["agree while nothing flows", { seconds: HOUR, toldW: 0 }],
    ["agree on a standby that is hardly counted", { seconds: 60, toldW: 8 }],
    ["agree while the meter is read seldom", { seconds: HOUR, whPerSecond: 10, toldW: 36_000, everySeconds: 5 }],
    ["agree where no power is told", { seconds: HOUR, whPerSecond: 10, toldW: null }],
    ["agree when power is told late", { seconds: 60, whPerSecond: 10, toldW: (second) => (second < 2 ? 0 : 36_000) }],
    ["agree when power falls below 0 for a moment", { seconds: 60, toldW: (second) => (second === 3 ? -500 : 0) }],
    ["agree when a little noise is told below 0", { seconds: 60, toldW: -5 }],
  ])("%s", (_, course) => {
    expect(run(course)).toBeNull();
  });

  it.each<[string, Course, RegExp]>([
    ["power below 0", { seconds: 1, toldW: -7_000 }, /tells -7000 W.*wired the other way round/],
    [
      "rising export, whatever the power",
      { seconds: 10, exportedPerSecond: 2, toldW: 7_200 },
      /counted 1\d Wh as exported.*wired the other way round/,
    ],
    ["rising export where no power is told", { seconds: 10, exportedPerSecond: 2, toldW: null }, /as exported/],
    ["power without energy", { seconds: 20, toldW: 7_200 }, /at least \d+ Wh flowed .* only 0 Wh/],
    ["a third of the energy", { seconds: 60, whPerSecond: 0.67, toldW: 7_200 }, /at least \d+ Wh .* only \d+ Wh/],
    ["a thousand times the power", { seconds: 5, whPerSecond: 2, toldW: 7_200_000 }, /at least \d+ Wh .* only/],
    ["twice the energy", { seconds: 60, whPerSecond: 4, toldW: 7_200 }, /energy register \d+ Wh .* \d+ Wh at the most/],
    ["a thousandth of the power", { seconds: 60, whPerSecond: 2, toldW: 7 }, /energy register \d+ Wh .* at the most/],
    ["energy without power", { seconds: 60, whPerSecond: 2, toldW: 0 }, /energy register \d+ Wh .* 0 Wh at the most/],
  ])("contradict each other by %s", (_, course, text) => {
    expect(run(course)).toMatch(text);
  });
});

describe("a delivery that is over, and whose power has been told", () => {
  it.each<[string, Course, RegExp | null]>([
    ["three times the energy", { seconds: 3, whPerSecond: 9, toldW: 10_800 }, /energy register 27 Wh .* 9 Wh at the/],
    ["twice the energy", { seconds: 12, whPerSecond: 4, toldW: 7_200, stepWh: 1 }, /energy register 48 Wh/],
    ["all that was told", { seconds: 3, whPerSecond: 10, toldW: 36_000 }, null],
    ["a step more than was told", { seconds: 4, whPerSecond: 2.5, toldW: 0, stepWh: 10 }, null],
    ["energy of a meter that tells no power", { seconds: 60, whPerSecond: 9, toldW: null }, null],
  ])("has %s", (_, course, text) => {
    const { check, contradiction } = lookAt(course);
    expect(contradiction).toBeNull();
    if (text === null) expect(check.unexplained).toBeNull();
    else expect(check.unexplained).toMatch(text);
  });
});

describe("a delivery that was counted the other way", () => {
  it.each<[string, Course, boolean]>([
    ["is known, whole on the other register", { seconds: 10, exportedPerSecond: 2, toldW: -7_200 }, true],
    ["is not known, in part on each", { seconds: 10, exportedPerSecond: 2, whPerSecond: 4, toldW: -7_200 }, false],
    ["is not known, with the power the right way", { seconds: 30, exportedPerSecond: 0.3, toldW: 36_000 }, false],
    ["is not turned", { seconds: 10, whPerSecond: 2, toldW: 7_200 }, false],
  ])("%s", (_, { seconds, ...course }, isKnown) => {
    // It goes on for as long as the contactor takes to open.
    const check = new CrossCheck(SETTINGS);
    const { whPerSecond = 0, exportedPerSecond = 0, toldW } = course;
    for (let second = 0; second <= seconds; second += 0.25) {
      check.look({
        totaliserBase: 1_000 + Math.floor(second * whPerSecond),
        reverseBase: 500 + Math.floor(second * exportedPerSecond),
        toldW: Number(toldW),
        powerW: 0,
        isFlowing: false,
        atMs: second * SECOND_MS,
        tookMs: 40,
      });
    }
    expect(check.isKnown).toBe(isKnown);
  });
});

it.each([3_600, 11_000, 22_000])(
  "energy three times too fast is seen from 40 Wh on, at %i W in steps of 10 Wh",
  (toldW) => {
    const hiddenWh: number[] = [];
    for (let openTenths = 2; openTenths < 120; openTenths++) {
      const openSeconds = openTenths / 10;
      const check = new CrossCheck({ ...SETTINGS, maxPowerW: 22_000 });
      let isFound = false;
      let energyWh = 0;
      for (let second = 0.15; second < openSeconds + 0.25; second += 0.25) {
        energyWh = 10 * Math.floor((3 * toldW * Math.min(second, openSeconds)) / 36_000);
        const contradiction = check.look({
          totaliserBase: energyWh,
          reverseBase: 0,
          toldW: second < openSeconds ? toldW : 0,
          powerW: 0,
          isFlowing: false,
          atMs: second * SECOND_MS,
          tookMs: 40,
        });
        isFound ||= contradiction !== null;
      }
      if (!isFound && check.unexplained === null) hiddenWh.push(energyWh);
    }
    expect(Math.max(...hiddenWh)).toBeLessThan(40);
  },
);
