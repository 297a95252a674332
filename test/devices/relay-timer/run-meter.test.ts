import { describe, expect, it } from "vitest";
import { RunMeter } from "../../../src/devices/relay-timer/run-meter.ts";

describe("the meter of a timer", () => {
  const looks: readonly { name: string; looks: readonly (readonly [number, boolean])[]; seconds: number }[] = [
    {
      name: "counts from look to look",
      looks: [
        [0, true],
        [400, true],
        [800, true],
        [1_200, true],
      ],
      seconds: 1,
    },
    {
      name: "tells no second that is not whole",
      looks: [
        [0, true],
        [499, true],
        [998, true],
      ],
      seconds: 0,
    },
    {
      name: "counts nothing before it was so",
      looks: [
        [0, false],
        [400, true],
        [800, true],
      ],
      seconds: 0,
    },
    {
      name: "counts nothing up to a look at which it is so no more",
      looks: [
        [0, true],
        [499, false],
      ],
      seconds: 0,
    },
    {
      name: "counts half a second of a long silence",
      looks: [
        [0, true],
        [90_000, true],
        [90_499, true],
      ],
      seconds: 0,
    },
    {
      name: "stands at what was bought",
      looks: [0, 1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n * 500, true] as const),
      seconds: 3,
    },
  ];
  it.each(looks)("$name", ({ looks: all, seconds }) => {
    const meter = new RunMeter(100);
    meter.begin(3);
    for (const [ms, isSo] of all) meter.look(ms, isSo);
    expect(meter.totaliserS).toBe(100 + seconds);
  });

  it("leaves what is no whole second to the customer: two halves make no second", () => {
    const meter = new RunMeter(0);
    for (let sale = 0; sale < 2; sale++) {
      meter.begin(9);
      meter.look(0, true);
      meter.look(499, true);
      meter.look(900, true);
      meter.settle();
    }
    expect(meter.totaliserS).toBe(0);
  });
});
