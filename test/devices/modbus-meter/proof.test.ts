import { describe, expect, it } from "vitest";
import { atEnd, knowEachTest } from "../../support/at-end.ts";
import { FAST, hasSocat, type MeterRig, meterRig, type RigOptions, START_WH, until } from "./rig.ts";

knowEachTest();

const OFTEN = { timing: { ...FAST.timing, proveMs: 300 } };

async function start(acts: readonly string[], options: RigOptions = {}): Promise<MeterRig> {
  const rig = await meterRig(options);
  atEnd(rig.remove);
  for (const act of acts) rig.device.act(act);
  return rig;
}

function faults({ events }: MeterRig): readonly string[] {
  return events.flatMap((event) => (event.type === "fault-raised" ? [event.detail] : []));
}

const ADAPTERS: readonly (readonly string[])[] = [[], ["echo"], ["stray-bytes"], ["echo", "stray-bytes"]];
const BOARDS = ["mend", "hide-coil", "ignore-coil"];

describe.skipIf(!hasSocat)("a contactor that is a coil", { concurrent: true }, () => {
  const pairs = ADAPTERS.flatMap((adapter) => BOARDS.map((board) => ({ adapter, board })));
  it.each(pairs)("sells with $adapter and a board that is to $board", async ({ adapter, board }) => {
    const rig = await start([board, ...adapter]);
    expect(await rig.dispenser.stop()).toEqual({ kind: "done", value: null });
    expect(await rig.dispenser.arm(60)).toEqual({ kind: "done", value: null });
    await until(() => rig.events.some(({ type }) => type === "finished"));
    expect(rig.device.state()["contactor"]).toBe("open");
    expect(rig.device.releasedBase()).toBeGreaterThan(20);
    expect(rig.device.releasedBase()).toBeLessThanOrEqual(60);
    expect(await rig.totaliserWh()).toBe(START_WH + rig.device.releasedBase());
    expect(faults(rig)).toEqual([]);
  });

  it.each([
    ["dead", ["kill-relay"], /does not answer: .*no answer within 400 ms: check that the device is on/],
    ["dead behind an echo", ["echo", "kill-relay"], /does not answer: .*no answer within 400 ms.*own echo/],
    ["dead behind an echo with strays", ["echo", "stray-bytes", "kill-relay"], /does not answer: .*no answer within/],
    ["taking orders that it does not follow", ["stick-relay"], null],
  ])("is out of order from the start when its relay is %s", async (_, acts, detail) => {
    const rig = await start(acts);
    const stopped = await rig.dispenser.stop();
    if (detail === null) {
      // It stands open, as it was told.
      expect(stopped.kind).toBe("done");
      expect(await rig.dispenser.arm(60)).toMatchObject({
        kind: "unknown",
        detail: expect.stringMatching(/reads back as open after it was told to close/),
      });
    } else {
      expect(stopped).toMatchObject({ kind: "unknown", detail: expect.stringMatching(detail) });
      expect(faults(rig)).toEqual([expect.stringMatching(detail)]);
      expect((await rig.dispenser.arm(60)).kind).toBe("declined");
    }
    expect(rig.device.releasedBase()).toBe(0);
    rig.device.act("mend");
    await until(() => rig.events.at(-1)?.type !== "fault-raised");
    expect((await rig.dispenser.stop()).kind).toBe("done");
    expect((await rig.dispenser.arm(60)).kind).toBe("done");
  });

  it.each([
    ["without an echo", []],
    ["behind an echo", ["echo"]],
  ])("is out of order, and not taken for stuck, when its relay dies closed %s", async (_, acts) => {
    const rig = await start(acts);
    await rig.dispenser.arm(60);
    rig.device.act("kill-relay");
    await until(() => faults(rig).length > 0);
    expect(faults(rig)).toEqual([expect.stringMatching(/\(unit 1, coil 0\) does not answer/)]);
    expect((await rig.dispenser.stop()).kind).toBe("unknown");
    rig.device.act("mend");
    await until(() => rig.events.at(-1)?.type === "fault-cleared");
    expect(await rig.totaliserWh()).toBe(START_WH + rig.device.releasedBase());
  });

  it("is found dead while nobody pays, and alive again", async () => {
    const rig = await start(["echo"], { settings: OFTEN });
    expect((await rig.dispenser.stop()).kind).toBe("done");
    rig.device.act("kill-relay");
    await until(() => faults(rig).length > 0);
    expect((await rig.dispenser.arm(60)).kind).toBe("declined");
    rig.device.act("mend");
    await until(() => rig.events.at(-1)?.type === "fault-cleared");
  });

  it("gives no false fault at the start, while its port is being opened", async () => {
    const rig = await start([], { early: true });
    expect(await rig.dispenser.stop()).toEqual({ kind: "done", value: null });
    expect(await rig.totaliserWh()).toBe(START_WH);
    expect(rig.events).toEqual([]);
  });
});
