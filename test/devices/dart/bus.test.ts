import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tempFolder } from "../../support/temp.ts";
import {
  type Controller,
  certain,
  eagerCustomer,
  hasSocat,
  openController,
  openPty,
  openPump,
  type PluggedPump,
  type PtyPair,
  patiently,
  ready,
  side,
  Told,
  until,
} from "./rig.ts";

describe.skipIf(!hasSocat)("two DART pumps on one line", () => {
  let pty: PtyPair;
  let bench: PluggedPump;
  let controller: Controller;

  beforeEach(async () => {
    pty = await openPty(tempFolder(), "dart");
    bench = await openPump(pty.device, { addresses: [0x50, 0x51] });
    controller = openController(pty.host);
  });
  afterEach(async () => {
    await controller.bus.close();
    await bench.close();
    await pty.unplug();
  });

  it("both deliver at the same time, each what it is billed for", async () => {
    const limits = [7_340, 4_210];
    const leave = bench.sides.map((one) => eagerCustomer(one));
    const pumps = [controller.pump(), controller.pump({ address: 0x51 })];
    const differences = pumps.map(async (one, at) => {
      const before = await ready(one);
      const events = new Told(one);
      certain(await one.arm(limits[at] ?? 0));
      await until("it is finished", () => events.of("finished").length === 1);
      return certain(await patiently(() => one.totaliser())) - before;
    });
    expect(await Promise.all(differences)).toEqual(limits);
    expect(bench.sides.map((one) => one.releasedBase())).toEqual(limits);
    for (const one of leave) one();
  });

  it("one is not held up by the other that is dead", async () => {
    bench.act("51/silent");
    const dead = new Told(controller.pump({ address: 0x51 }));
    const pump = controller.pump();
    const told = new Told(pump);
    const start = await ready(pump);
    certain(await pump.arm(500));
    side(bench).act("lift");
    side(bench).act("squeeze");
    await until("it is finished", () => told.of("finished").length === 1);
    expect(certain(await patiently(() => pump.totaliser())) - start).toBe(500);
    expect(told.fault).toBeNull();
    await until("the dead one is told of", () => dead.fault !== null);
  });

  it.each([
    ["an address that is taken", { address: 0x50 }],
    ["an address of nobody", { address: 0x70 }],
    ["no nozzle", { address: 0x51, nozzles: [] }],
    ["a nozzle without a counter", { address: 0x51, nozzles: [9] }],
    ["a nozzle twice", { address: 0x51, nozzles: [1, 1] }],
  ])("none is taken up with %s", async (_what, settings) => {
    controller.pump();
    expect(() => controller.pump(settings)).toThrow(RangeError);
  });
});
