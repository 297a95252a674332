import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeliveryReadings } from "../../../src/engine/delivery/delivery-readings.ts";

function heard(startBase: number, readings: readonly number[]): DeliveryReadings {
  const meter = new DeliveryReadings(1_000);
  meter.begin(startBase, 0);
  for (const reading of readings) meter.take(reading, 0);
  return meter;
}

describe("the readings of a delivery", () => {
  it("are believed one behind the newest", () => {
    const meter = heard(100, [110, 120, 130]);
    expect(meter.newestBase).toBe(130);
    expect(meter.believedBase).toBe(120);
  });

  it("are none before the first, and after the end", () => {
    const meter = heard(100, []);
    expect([meter.newestBase, meter.believedBase]).toEqual([null, null]);
    meter.take(110, 0);
    meter.end();
    expect([meter.newestBase, meter.believedBase]).toEqual([null, null]);
  });

  it("believe no single wrong one, wherever it stands and however wrong it is", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 0, max: 10_000_000 }), (rises, place, wrong) => {
        let totalBase = 5_000;
        const right = rises.map((rise) => (totalBase += rise));
        const at = place % right.length;
        const meter = new DeliveryReadings(null);
        meter.begin(5_000, 0);
        right.forEach((reading, index) => {
          const { wentOn } = meter.take(index === at ? wrong : reading, 0);
          // A single low one looks like a meter that went backwards only when the ones around it stand for nothing.
          if (wrong >= 5_000) expect(wentOn || index === at || index === at + 1).toBe(true);
          expect(meter.believedBase).toBeLessThanOrEqual(reading);
        });
      }),
    );
  });

  it("of a meter that begins anew keep what was believed, and say so", () => {
    const meter = heard(1_000, [1_500, 1_600]);
    expect(meter.take(20, 0)).toEqual({ wentOn: false, dueBase: 1_500 });
    expect(meter.believedBase).toBe(1_500);
    expect(meter.take(40, 0)).toEqual({ wentOn: false, dueBase: 1_500 });
    expect(meter.believedBase).toBe(1_500);
  });

  it("bear the last one out when the device has finished", () => {
    const meter = heard(100, [700]);
    expect(meter.believedBase).toBe(100);
    meter.confirm();
    expect(meter.believedBase).toBe(700);
  });

  it("are due for the journal once a step", () => {
    const meter = heard(0, []);
    const due = [999, 1_000, 1_500, 2_000].map((nowMs) => meter.take(nowMs, nowMs).dueBase);
    expect(due).toEqual([null, 999, null, 1_500]);
  });
});
