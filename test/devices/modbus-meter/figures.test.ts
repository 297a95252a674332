import { describe, expect, it } from "vitest";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { FAST, hasSocat, type MeterRig, meterRig, START_WH, until } from "./rig.ts";

knowEachTest();

const LIMIT_WH = 2_000;
const DISPUTED = { kind: "declined", reason: "disputed" };

async function start(): Promise<MeterRig> {
  const rig = await meterRig();
  atEnd(rig.remove);
  expect(await rig.totaliserWh()).toBe(START_WH);
  return rig;
}

function faults({ events }: MeterRig): readonly string[] {
  return events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
}

describe.skipIf(!hasSocat)("a meter that contradicts itself in a delivery", { concurrent: true }, () => {
  it.each([
    ["reverse", /tells -72000 W, power below 0.*wired the other way round.*invert: true/, 30],
    ["stand-still", /by its power register at least \d+ Wh flowed .* by its energy register only 0 Wh.*compare/, 60],
    ["count-slowly", /by its power register at least \d+ Wh flowed .* by its energy register only \d+ Wh/, 120],
    ["milliwatts", /by its power register at least \d+ Wh flowed .* by its energy register only \d+ Wh/, 60],
    ["kilowatts", /by its energy register \d+ Wh flowed .* by its power register \d+ Wh at the most/, 120],
    ["count-fast", /rose faster|by its energy register \d+ Wh flowed/, 120],
  ])("(%s) stops, and says which figures differ and what to do", async (act, detail, mostWh) => {
    const rig = await start();
    rig.device.act(act);
    expect((await rig.dispenser.arm(LIMIT_WH)).kind).toBe("done");
    await until(() => faults(rig).length > 0);
    await until(() => rig.device.state()["contactor"] === "open");
    expect(faults(rig)).toEqual([expect.stringMatching(detail)]);
    expect(rig.device.releasedBase()).toBeLessThan(mostWh);
    await rig.dispenser.stop();
    const end = act === "reverse" ? { kind: "done", value: START_WH } : DISPUTED;
    expect(await rig.dispenser.totaliser()).toMatchObject(end);
    rig.device.act("mend");
    expect((await rig.dispenser.arm(LIMIT_WH)).kind).toBe("declined");
  });

  it("disputes a small delivery that ended before its power told of it, three times too fast", async () => {
    const rig = await meterRig({
      settings: { maxPowerW: 40_000, timing: { ...FAST.timing, lagMs: 1_000 } },
      device: { powerW: 36_000 },
    });
    atEnd(rig.remove);
    rig.device.act("count-fast");
    expect((await rig.dispenser.arm(60)).kind).toBe("done");
    await until(() => rig.events.some(({ type }) => type === "finished"));
    expect(faults(rig)).toEqual([]);
    expect(await rig.dispenser.totaliser()).toMatchObject(DISPUTED);
    expect(faults(rig)).toEqual([expect.stringMatching(/by its energy register \d+ Wh flowed/)]);
  });

  it("says so to whom asks first, through a restart too, and to nobody after that", async () => {
    const rig = await start();
    rig.device.act("stand-still");
    await rig.dispenser.arm(LIMIT_WH);
    await until(() => faults(rig).length > 0);
    await until(() => rig.device.state()["contactor"] === "open");
    const second = await rig.again();
    expect(await second.totaliser()).toMatchObject({ ...DISPUTED, detail: faults(rig)[0] });
    expect((await second.totaliser()).kind).toBe("done");
    await second.close();
    const third = await rig.again();
    expect((await third.totaliser()).kind).toBe("done");
    await third.close();
  });

  it("says so of one that nobody has asked of when the daemon died of the answer", async () => {
    const rig = await start();
    rig.device.act("stand-still");
    await rig.dispenser.arm(LIMIT_WH);
    await until(() => faults(rig).length > 0);
    await rig.dispenser.stop();
    expect(await rig.dispenser.totaliser()).toMatchObject(DISPUTED);
    const second = await rig.again();
    expect(await second.totaliser()).toMatchObject(DISPUTED);
    await second.close();
  });

  it("sells again once a person has looked, not before it was told, and disputes anew what was not mended", async () => {
    const rig = await start();
    rig.device.act("stand-still");
    await rig.dispenser.arm(LIMIT_WH);
    await until(() => faults(rig).length > 0);
    rig.dispenser.looked?.();
    await rig.dispenser.stop();
    expect((await rig.dispenser.arm(LIMIT_WH)).kind).toBe("declined");
    expect(await rig.dispenser.totaliser()).toMatchObject(DISPUTED);
    rig.dispenser.looked?.();
    expect(rig.events.at(-1)).toEqual({ type: "fault-cleared" });
    expect((await rig.dispenser.arm(LIMIT_WH)).kind).toBe("done");
    await until(() => faults(rig).length > 1);
    await rig.dispenser.stop();
    expect(await rig.dispenser.totaliser()).toMatchObject(DISPUTED);
    rig.device.act("mend");
    rig.dispenser.looked?.();
    const [told, released, before] = [rig.events.length, rig.device.releasedBase(), await rig.totaliserWh()];
    expect((await rig.dispenser.arm(60)).kind).toBe("done");
    await until(() => rig.events.slice(told).some(({ type }) => type === "finished"));
    // What each has counted of a whole watt-hour may differ since the meter stood still.
    const counted = (await rig.totaliserWh()) - before;
    expect(Math.abs(counted - (rig.device.releasedBase() - released))).toBeLessThanOrEqual(1);
    expect(faults(rig)).toHaveLength(2);
  });

  it("wired the right way round, says so when it was said to be turned", async () => {
    const rig = await meterRig({ settings: { invert: true }, device: { exportWh: 7_000 } });
    atEnd(rig.remove);
    expect((await rig.dispenser.arm(LIMIT_WH)).kind).toBe("done");
    await until(() => faults(rig).length > 0);
    expect(faults(rig)).toEqual([expect.stringMatching(/power below 0.*take `invert` out of the configuration/)]);
  });

  it("wired the other way round, notes what it gave away as exported", async () => {
    const rig = await start();
    rig.device.act("reverse");
    await rig.dispenser.arm(LIMIT_WH);
    await until(() => faults(rig).length > 0);
    await rig.dispenser.stop();
    expect(await rig.totaliserWh()).toBe(START_WH);
    const notes = rig.events.filter(({ type }) => type === "unaccounted");
    expect(notes).toMatchObject([{ detail: expect.stringContaining("counted by the meter the other way") }]);
    const quantityBase = notes.reduce((sum, note) => sum + ("quantityBase" in note ? (note.quantityBase ?? 0) : 0), 0);
    expect(rig.device.releasedBase() - quantityBase).toBeLessThan(12);
  });

  it("wired the other way round, sells what it exports when it was said to be", async () => {
    const rig = await meterRig({ settings: { invert: true }, device: { exportWh: 7_000 } });
    atEnd(rig.remove);
    rig.device.act("reverse");
    const before = await rig.totaliserWh();
    expect(before).toBe(7_000);
    expect((await rig.dispenser.arm(60)).kind).toBe("done");
    await until(() => rig.events.some(({ type }) => type === "finished"));
    expect((await rig.totaliserWh()) - before).toBe(rig.device.releasedBase());
    expect(rig.device.releasedBase()).toBeLessThanOrEqual(60);
    expect(faults(rig)).toEqual([]);
  });
});
