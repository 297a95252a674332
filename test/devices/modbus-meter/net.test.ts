import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { dispenserContract } from "../../contract/dispenser.ts";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { NetPlug } from "./net-plug.ts";
import { FAST, type MeterRig, meterRig, type RigOptions, START_WH, saysWhatToDo, until } from "./rig.ts";

const FRAMINGS = ["tcp", "rtu"] as const;
type Framing = (typeof FRAMINGS)[number];

async function rigOn(framing: Framing, options: RigOptions = {}): Promise<{ rig: MeterRig; net: NetPlug }> {
  const net = new NetPlug(framing);
  return { net, rig: await meterRig({ ...options, net, framing }) };
}

for (const framing of FRAMINGS) {
  dispenserContract(`a Modbus meter on a network, ${framing}`, async () => {
    const { rig } = await rigOn(framing);
    return {
      dispenser: rig.dispenser,
      pass: (ms) => sleep(ms),
      patienceMs: 3_500,
      smallLimitBase: 50,
      lateMs: 500,
      shortfallBase: 20,
      remove: rig.remove,
    };
  });
}

describe.each(FRAMINGS)("a Modbus meter on a network, %s", { concurrent: true }, (framing) => {
  knowEachTest();

  async function trial(options: RigOptions = {}): Promise<{ rig: MeterRig; net: NetPlug }> {
    const made = await rigOn(framing, options);
    atEnd(() => made.rig.remove());
    return made;
  }

  const isFaulty = ({ events }: MeterRig): boolean => events.some(({ type }) => type === "fault-raised");

  it("goes on after the connection was lost in a delivery, and charges what flowed", async () => {
    const { rig } = await trial();
    expect((await rig.dispenser.arm(150)).kind).toBe("done");
    await until(() => rig.device.releasedBase() > 20);
    await rig.unplug();
    await sleep(500);
    await rig.plugIn();
    await until(() => rig.events.some(({ type }) => type === "finished"));
    while ((await rig.dispenser.stop()).kind !== "done");
    expect(await rig.totaliserWh()).toBe(START_WH + rig.device.releasedBase());
    expect(rig.device.releasedBase()).toBeLessThanOrEqual(150);
  });

  it("tells nothing while nobody answers, says what to do, and is well again afterwards", async () => {
    const { rig } = await trial();
    await rig.totaliserWh();
    await rig.unplug();
    expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
    await until(() => isFaulty(rig));
    const [fault] = rig.events.filter(({ type }) => type === "fault-raised");
    expect(fault?.type === "fault-raised" && saysWhatToDo(fault.detail)).toBe(true);
    await rig.plugIn();
    await until(() => rig.events.at(-1)?.type === "fault-cleared");
    expect(await rig.totaliserWh()).toBe(START_WH);
  });

  it("is one connection for all meters behind it", async () => {
    const { rig, net } = await trial({ units: 3 });
    for (const dispenser of rig.dispensers) expect((await dispenser.totaliser()).kind).toBe("done");
    expect([net.connections, net.most]).toEqual([1, 1]);
  });

  it.each(["be-silent", "answer-for-another"])("believes nothing of one that should %s", async (fault) => {
    const { rig } = await trial();
    await rig.totaliserWh();
    rig.device.act(fault);
    expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
    await until(() => isFaulty(rig));
    expect((await rig.dispenser.arm(50)).kind).not.toBe("done");
    expect(rig.device.releasedBase()).toBe(0);
  });

  it("another meter in its place is seen by its number, and nothing is charged across the two", async () => {
    const settings = { meter: "sdm230", timing: { ...FAST.timing, steadyMs: 500 } };
    const { rig } = await trial({ settings });
    await rig.dispenser.arm(50);
    await until(() => rig.events.some(({ type }) => type === "finished"));
    await rig.dispenser.stop();
    const soldBy = await rig.totaliserWh();
    await rig.unplug();
    rig.device.act("exchange");
    await sleep(3_500);
    await rig.plugIn();
    await until(() => rig.events.some(({ type }) => type === "unaccounted"));
    expect(rig.events.filter(({ type }) => type === "unaccounted")).toMatchObject([{ quantityBase: null }]);
    expect(Math.abs((await rig.totaliserWh()) - soldBy)).toBeGreaterThan(400_000);
  });
});

describe("answers of Modbus TCP that belong to another question", () => {
  it.each(["renumber", "late"] as const)("are none: %s", async (does) => {
    const { rig, net } = await rigOn("tcp");
    try {
      await rig.totaliserWh();
      net.does = does;
      await until(() => rig.events.some(({ type }) => type === "fault-raised"));
      expect((await rig.dispenser.totaliser()).kind).toBe("unknown");
      expect((await rig.dispenser.arm(50)).kind).not.toBe("done");
      net.does = "well";
      await until(() => rig.events.at(-1)?.type === "fault-cleared");
      expect(await rig.totaliserWh()).toBe(START_WH);
    } finally {
      await rig.remove();
    }
  });
});
