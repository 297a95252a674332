import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { writeAnswer, writeCoilRequest } from "../../../src/devices/modbus-meter/codec.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { hasSocat, type MeterRig, meterRig, type RigOptions, START_WH, until } from "./rig.ts";

knowEachTest();

const MUCH_WH = 100_000;
/** 4 Wh a second: the register is read five times before it steps. */
const SLOW_W = 14_400;

async function start(options: RigOptions = {}): Promise<MeterRig> {
  const rig = await meterRig(options);
  atEnd(rig.remove);
  expect(await rig.totaliserWh()).toBe(START_WH);
  return rig;
}

async function startFlowing(): Promise<MeterRig> {
  const rig = await start();
  expect(await rig.dispenser.arm(MUCH_WH)).toEqual({ kind: "done", value: null });
  await until(() => rig.device.releasedBase() > 5);
  return rig;
}

function told({ events }: MeterRig, type: string): readonly unknown[] {
  return events.filter((event) => event.type === type);
}

describe.skipIf(!hasSocat)("a meter whose answers cannot be used while energy flows", { concurrent: true }, () => {
  it.each(["be-silent", "answer-for-another", "break-checksums", "answer-late"])(
    "%s: stops, says so, and tells the true quantity once it is mended",
    async (fault) => {
      const rig = await startFlowing();
      rig.device.act(fault);
      await until(() => told(rig, "fault-raised").length > 0);
      await until(() => rig.device.state()["contactor"] === "open");
      const released = rig.device.releasedBase();
      expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
      expect((await rig.dispenser.arm(10)).kind).toBe("declined");
      rig.device.act("mend");
      await until(() => told(rig, "fault-cleared").length > 0);
      expect(rig.device.releasedBase()).toBe(released);
      expect(await rig.totaliserWh()).toBe(START_WH + released);
      expect(told(rig, "unaccounted")).toEqual([]);
    },
  );

  it.each([
    ["jump", /rose faster than 100000 W allow/],
    ["go-back", /went back/],
  ])("%s: stops, says so, and is believed no more", async (fault, detail) => {
    const rig = await startFlowing();
    rig.device.act(fault);
    await until(() => told(rig, "fault-raised").length > 0);
    expect(told(rig, "fault-raised")).toEqual([{ type: "fault-raised", detail: expect.stringMatching(detail) }]);
    await until(() => rig.device.state()["contactor"] === "open");
    expect(await rig.dispenser.totaliser()).toMatchObject({ kind: "declined", detail: expect.stringMatching(detail) });
    const readings = rig.events.flatMap((event) => (event.type === "reading" ? [event.totaliserBase] : []));
    expect(Math.max(...readings)).toBeLessThanOrEqual(START_WH + rig.device.releasedBase());
    expect((await rig.dispenser.arm(10)).kind).toBe("declined");
  });
});

describe.skipIf(!hasSocat)("a contactor that does not open", { concurrent: true }, () => {
  it("is found at the limit, and what flows beyond is told", async () => {
    const rig = await start();
    rig.device.act("weld");
    await rig.dispenser.arm(20);
    await until(() => told(rig, "fault-raised").length > 0);
    expect(told(rig, "fault-raised")).toEqual([
      { type: "fault-raised", detail: expect.stringContaining("it is stuck") },
    ]);
    expect(told(rig, "finished")).toEqual([]);
    await rig.dispenser.stop();
    const charged = await rig.totaliserWh();
    expect(charged).toBeGreaterThan(START_WH);
    await sleep(300);
    rig.device.act("unplug");
    await until(() => told(rig, "unaccounted").length > 0);
    const quantityBase = START_WH + rig.device.releasedBase() - charged;
    expect(told(rig, "unaccounted")).toEqual([{ type: "unaccounted", quantityBase, detail: expect.any(String) }]);
    expect((await rig.dispenser.arm(10)).kind).toBe("declined");
  });

  it("is found although the register is read many times before it steps", async () => {
    const rig = await start({ device: { powerW: SLOW_W } });
    rig.device.act("weld");
    await rig.dispenser.arm(13);
    await until(() => told(rig, "fault-raised").length > 0);
    expect(told(rig, "fault-raised")).toEqual([
      { type: "fault-raised", detail: expect.stringContaining("it is stuck") },
    ]);
    expect(told(rig, "finished")).toEqual([]);
  });

  it("is found by the register alone where the meter tells no power, though nobody asks for it any more", async () => {
    const meter = { function: 4, address: 72, type: "float32", wordOrder: "high-first", whPerCount: 1_000 } as const;
    const rig = await start({ device: { powerW: SLOW_W }, settings: { meter } });
    rig.device.act("weld");
    await rig.dispenser.arm(13);
    await until(() => told(rig, "fault-raised").length > 0);
    expect(told(rig, "fault-raised")).toEqual([
      { type: "fault-raised", detail: expect.stringContaining("it is stuck") },
    ]);
  });

  it("or that closes while not armed is a fault, and what flowed is told", async () => {
    const rig = await start();
    const close = writeCoilRequest(1, 0, true);
    await rig.line.ask(close, writeAnswer(close), 500);
    await until(() => told(rig, "fault-raised").length > 0);
    expect((await rig.dispenser.stop()).kind).toBe("done");
    await until(() => told(rig, "unaccounted").length > 0);
    expect(told(rig, "unaccounted")).toMatchObject([{ quantityBase: rig.device.releasedBase() }]);
    expect(told(rig, "reading")).toEqual([]);
  });
});

describe.skipIf(!hasSocat)("a delivery that is interrupted", { concurrent: true }, () => {
  it("is stopped by a pulled plug as soon as it is back, and read in full", async () => {
    const rig = await startFlowing();
    await rig.unplug();
    await until(() => told(rig, "fault-raised").length > 0);
    expect((await rig.dispenser.stop()).kind).toBe("unknown");
    expect(rig.device.state()["contactor"]).toBe("closed");
    await rig.plugIn();
    await until(() => rig.device.state()["contactor"] === "open");
    await until(() => told(rig, "fault-cleared").length > 0);
    expect(await rig.totaliserWh()).toBe(START_WH + rig.device.releasedBase());
  });

  it("by the daemon's death is ended at its next start, and nothing of it is lost", async () => {
    const rig = await startFlowing();
    const second = await rig.again();
    expect((await second.stop()).kind).toBe("done");
    const released = rig.device.releasedBase();
    expect(await second.totaliser()).toEqual({ kind: "done", value: START_WH + released });
    await second.close();
  });

  it("before it began leaves the contactor open", async () => {
    const rig = await start();
    for (const waitMs of [0, 5, 20, 100, 200, 400]) {
      const armed = rig.dispenser.arm(MUCH_WH);
      await sleep(waitMs);
      expect((await rig.dispenser.stop()).kind).toBe("done");
      await armed;
      const stopped = rig.device.releasedBase();
      await sleep(50);
      expect(rig.device.state()["contactor"]).toBe("open");
      expect(rig.device.releasedBase()).toBe(stopped);
    }
  });
});

describe.skipIf(!hasSocat)("a meter in use", { concurrent: true }, () => {
  it("goes on telling where it stands while no car is there", async () => {
    const rig = await start({ device: { pluggedIn: false } });
    await rig.dispenser.arm(40);
    await sleep(1_000);
    expect(told(rig, "reading").length).toBeGreaterThan(5);
    expect(await rig.dispenser.arm(60)).toMatchObject({ kind: "declined", detail: "it is armed already" });
    rig.device.act("plug-in");
    await until(() => told(rig, "finished").length > 0);
    expect(rig.device.releasedBase()).toBeGreaterThan(15);
    expect(rig.device.releasedBase()).toBeLessThanOrEqual(40);
  });

  it("shares its line with others", async () => {
    const rig = await start({ units: 3 });
    const before = await Promise.all(rig.dispensers.map((dispenser) => dispenser.totaliser()));
    expect(before).toEqual(Array(3).fill({ kind: "done", value: START_WH }));
    const armed = await Promise.all(rig.dispensers.map((dispenser, index) => dispenser.arm(40 + 20 * index)));
    expect(armed).toEqual(Array(3).fill({ kind: "done", value: null }));
    await until(() => rig.devices.every((device) => device.state()["contactor"] === "open"));
    for (const [index, dispenser] of rig.dispensers.entries()) {
      const released = rig.devices[index]?.releasedBase() ?? 0;
      expect(await dispenser.totaliser()).toEqual({ kind: "done", value: START_WH + released });
      expect(released).toBeGreaterThan(20 * index);
      expect(released).toBeLessThanOrEqual(40 + 20 * index);
    }
  });
});
