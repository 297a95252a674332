import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { DispenserEvent } from "../../../src/ports/dispenser.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { FAST, hasSocat, type MeterRig, meterRig, type RigOptions, START_WH, saysWhatToDo, until } from "./rig.ts";

knowEachTest();

const STEADY_MS = 1_500;
const SETTINGS = { timing: { ...FAST.timing, silentMs: 1_000, steadyMs: STEADY_MS } };

async function start(options: RigOptions = {}): Promise<MeterRig> {
  const rig = await meterRig({ settings: SETTINGS, ...options });
  atEnd(rig.remove);
  return rig;
}

function told<T extends DispenserEvent["type"]>({ events }: MeterRig, type: T): Extract<DispenserEvent, { type: T }>[] {
  return events.filter((event): event is Extract<DispenserEvent, { type: T }> => event.type === type);
}

async function sells(rig: MeterRig): Promise<void> {
  const before = await rig.totaliserWh();
  const released = rig.device.releasedBase();
  const finished = told(rig, "finished").length;
  expect(await rig.dispenser.arm(60)).toEqual({ kind: "done", value: null });
  await until(() => told(rig, "finished").length > finished);
  expect((await rig.totaliserWh()) - before).toBe(rig.device.releasedBase() - released);
}

describe.skipIf(!hasSocat)("a meter that still starts", { concurrent: true }, () => {
  it.each([
    ["boot", /tells 0 Wh, as meters do while they start/],
    ["no-value", /holds no number that can be meant/],
  ])("is no meter to begin with (%s), and sells as soon as it tells where it stands", async (act, detail) => {
    const rig = await meterRig({ settings: { timing: { ...SETTINGS.timing, steadyMs: 60_000 } } });
    atEnd(rig.remove);
    rig.device.act(act);
    await rig.dispenser.stop();
    const reading = await rig.dispenser.totaliser();
    expect(reading).toMatchObject({ kind: "unknown", detail: expect.stringMatching(detail) });
    if (reading.kind === "unknown") expect(reading.detail).toSatisfy(saysWhatToDo);
    await until(() => told(rig, "fault-raised").length > 0);
    rig.device.act("mend");
    await until(() => told(rig, "fault-cleared").length > 0);
    expect(await rig.totaliserWh()).toBe(START_WH);
    await sells(rig);
    expect(told(rig, "unaccounted")).toEqual([]);
  });

  it("is believed at 0 when it stays there, as a new one does", async () => {
    const rig = await start({ device: { startWh: 0 } });
    expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
    let reading = await rig.dispenser.totaliser();
    for (let tries = 0; tries < 40 && reading.kind === "unknown"; tries++) {
      await sleep(100);
      reading = await rig.dispenser.totaliser();
    }
    expect(reading).toEqual({ kind: "done", value: 0 });
    expect(told(rig, "unaccounted")).toEqual([]);
  });

  it("keeps what is known of it when it starts again between two sales", async () => {
    const rig = await start();
    expect(await rig.totaliserWh()).toBe(START_WH);
    rig.device.act("boot");
    await until(() => told(rig, "fault-raised").length > 0);
    rig.device.act("mend");
    await until(() => told(rig, "fault-cleared").length > 0);
    await sells(rig);
    expect(told(rig, "unaccounted")).toEqual([]);
  });
});

describe.skipIf(!hasSocat)("a meter that goes on from elsewhere", { concurrent: true }, () => {
  it.each(["jump", "go-back", "reset", "exchange"])(
    "(%s) between two sales sells again after a while, and the step is noted",
    async (act) => {
      const rig = await start();
      expect(await rig.totaliserWh()).toBe(START_WH);
      await sells(rig);
      const beforeWh = await rig.totaliserWh();
      rig.device.act(act);
      await until(() => told(rig, "unaccounted").length > 0);
      const [note] = told(rig, "unaccounted");
      expect(note).toMatchObject({
        quantityBase: null,
        detail: expect.stringContaining(`after ${beforeWh} Wh: write down`),
      });
      await until(() => rig.events.at(-1)?.type === "fault-cleared" || told(rig, "fault-raised").length === 0);
      expect(await rig.totaliserWh()).not.toBe(beforeWh);
      await sells(rig);
      expect(told(rig, "unaccounted")).toHaveLength(1);
    },
  );

  it("is known by its number when it was exchanged while it was silent, though it stands a little higher", async () => {
    const rig = await start({ settings: { ...SETTINGS, maxPowerW: 100_000_000 } });
    await sells(rig);
    await until(() => rig.device.state()["contactor"] === "open");
    rig.device.act("be-silent");
    await sleep(4_000);
    rig.device.act("exchange");
    rig.device.act("jump");
    rig.device.act("mend");
    await until(() => told(rig, "unaccounted").length > 0);
    await until(() => rig.events.at(-1)?.type === "fault-cleared");
    await sells(rig);
  });

  it.each(["jump", "go-back", "reset"])("(%s) in a delivery is not believed until that is settled", async (act) => {
    const rig = await start();
    await rig.totaliserWh();
    await rig.dispenser.arm(100_000);
    await until(() => rig.device.releasedBase() > 20);
    rig.device.act(act);
    await until(() => told(rig, "fault-raised").length > 0);
    // Longer than a new course must go on: somebody is owed the old one.
    await sleep(2 * STEADY_MS);
    expect(told(rig, "unaccounted")).toEqual([]);
    expect(await rig.dispenser.totaliser()).toMatchObject({ kind: "declined" });
    await until(() => told(rig, "unaccounted").length > 0);
    await until(() => told(rig, "fault-cleared").length > 0);
    await sells(rig);
  });
});
