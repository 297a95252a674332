import { describe, expect, it } from "vitest";
import type { OwnRegister } from "../../../src/devices/modbus-meter/register-map.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { FAST, hasSocat, type MeterRig, meterRig, until } from "./rig.ts";

knowEachTest();

const PLACE = { function: 4, type: "float32", wordOrder: "high-first" } as const;
const OWN: OwnRegister = {
  ...{ ...PLACE, address: 0x48, whPerCount: 1_000 },
  power: { ...PLACE, address: 0x34, registers: 4, wPerCount: 1 },
};
/** 72 kW are a step of 100 Wh in 5 s. */
const COARSE = { stepWh: 100, refreshMs: 2_000, startWh: 1_234_500 };
const TIMING = { restingPollMs: 100, openingMs: 150, silentMs: 3_000 };

async function start(meter: OwnRegister): Promise<MeterRig> {
  const rig = await meterRig({ device: COARSE, settings: { ...FAST, meter, timing: TIMING } });
  atEnd(rig.remove);
  expect(await rig.totaliserWh()).toBe(COARSE.startWh);
  return rig;
}

function faults({ events }: MeterRig): readonly string[] {
  return events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
}

describe.skipIf(!hasSocat)(
  "a register that steps by 100 Wh, and is written anew every 2 s",
  { concurrent: true },
  () => {
    it("raises no alarm once the configuration says so, and gives no more than the limit", async () => {
      const rig = await start({ ...OWN, stepWh: COARSE.stepWh, lag: 2_500 });
      expect((await rig.dispenser.arm(500)).kind).toBe("done");
      await until(() => rig.events.some(({ type }) => type === "finished"), 60_000);
      const counted = (await rig.totaliserWh()) - COARSE.startWh;
      const released = rig.device.releasedBase();
      expect(released).toBeLessThanOrEqual(500);
      expect(counted % COARSE.stepWh).toBe(0);
      expect(Math.abs(counted - released)).toBeLessThan(COARSE.stepWh);
      expect(counted).toBeGreaterThan(100);
      expect(faults(rig)).toEqual([]);
      expect(rig.events.filter(({ type }) => type === "unaccounted")).toEqual([]);
    });

    it("is out of order where the configuration does not", async () => {
      const rig = await start(OWN);
      expect((await rig.dispenser.arm(500)).kind).toBe("done");
      await until(() => faults(rig).length > 0, 60_000);
      expect(faults(rig)).toEqual([expect.stringMatching(/rose faster|by its (energy|power) register/)]);
    });
  },
);
