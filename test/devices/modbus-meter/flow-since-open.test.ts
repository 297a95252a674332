import { describe, expect, it } from "vitest";
import { FlowSinceOpen } from "../../../src/devices/modbus-meter/flow-since-open.ts";

/** When, where the register stands, whether power is told. */
type Row = readonly [atMs: number, totaliserBase: number, isFlowing: boolean];

describe("a contactor that was opened at 0 ms, with a meter that lags 1000 ms", () => {
  const table: readonly [string, readonly Row[], readonly string[]][] = [
    [
      "is open when the meter stands still and tells no power",
      [
        [900, 7, false],
        [1_000, 8, false],
        [1_250, 8, false],
      ],
      ["not-yet-known", "not-yet-known", "still"],
    ],
    [
      "is not found open by a register that has yet to step while power is told",
      [
        [1_000, 8, true],
        [1_250, 8, true],
        [1_500, 8, true],
        [1_750, 8, true],
        [2_000, 8, false],
      ],
      ["not-yet-known", "not-yet-known", "not-yet-known", "not-yet-known", "still"],
    ],
    [
      "is stuck when power is told for long, though the register has yet to step",
      [
        [2_750, 8, true],
        [3_000, 8, true],
        [3_250, 8, true],
        [3_500, 8, true],
      ],
      ["not-yet-known", "not-yet-known", "not-yet-known", "flows"],
    ],
    [
      "is not stuck by power that was told now and then",
      [
        [3_000, 8, true],
        [3_250, 8, true],
        [3_500, 8, false],
        [3_750, 8, true],
        [4_000, 8, true],
      ],
      ["not-yet-known", "not-yet-known", "still", "not-yet-known", "not-yet-known"],
    ],
    [
      "is stuck when the register goes on in the end, whatever was thought before",
      [
        [1_000, 8, false],
        [1_250, 8, false],
        [5_000, 9, false],
        [6_000, 9, false],
        [9_000, 10, false],
        [12_000, 11, false],
      ],
      ["not-yet-known", "still", "not-yet-known", "still", "not-yet-known", "flows"],
    ],
  ];
  it.each(table)("%s", (_, rows, expected) => {
    const flowSinceOpen = new FlowSinceOpen(0, 1_000);
    const seen = rows.map(([atMs, totaliserBase, isFlowing]) =>
      flowSinceOpen.look({ totaliserBase, reverseBase: null, toldW: null, powerW: 0, isFlowing, atMs, tookMs: 0 }),
    );
    expect(seen).toEqual(expected);
  });
});
