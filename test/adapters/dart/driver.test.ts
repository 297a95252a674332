import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DartDispenser, DartPumpSettings } from "../../../src/adapters/dispenser/dart/driver.ts";
import type { BenchDevice } from "../../../src/simulators/bench/device.ts";
import type { DartPumpOptions } from "../../../src/simulators/dart/pump.ts";
import { tempFolder } from "../../support/temp.ts";
import {
  type Controller,
  certain,
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

describe.skipIf(!hasSocat)("a DART pump", () => {
  let folder: string;
  let pty: PtyPair;
  let bench: PluggedPump;
  let controller: Controller;
  let pump: DartDispenser;
  let told: Told;
  let start: number;

  async function begin(options: DartPumpOptions = {}, settings: Partial<DartPumpSettings> = {}): Promise<void> {
    bench = await openPump(pty.device, options);
    controller = openController(pty.host);
    pump = controller.pump(settings);
    told = new Told(pump);
    start = await ready(pump);
  }

  const shows = (device: BenchDevice = side(bench)): string => String(device.state()["status"]);
  const volume = (device: BenchDevice = side(bench)): number => Number(device.state()["volumeMl"]);
  const total = async (): Promise<number> => certain(await patiently(() => pump.totaliser()));

  async function fill(limitBase: number): Promise<void> {
    certain(await pump.arm(limitBase));
    bench.act("lift");
    bench.act("squeeze");
    await until("it flows", () => bench.releasedBase() > 0);
  }

  beforeEach(async () => {
    folder = tempFolder();
    pty = await openPty(folder, "dart");
  });
  afterEach(async () => {
    await controller.bus.close();
    await bench.close();
    await pty.unplug();
  });

  describe("in a delivery", () => {
    it("is preset to the limit, rounded down to what it can measure, and shows the price", async () => {
      await begin({ price: 1_500 });
      certain(await pump.arm(20_009));
      expect(side(bench).state()).toMatchObject({ presetMl: 20_000, price: 1_989, status: "authorized" });
    });

    it("shows another price from the next delivery on", async () => {
      await begin();
      pump.setPrice(2_049);
      certain(await pump.arm(10_000));
      expect(side(bench).state()["price"]).toBe(2_049);
    });

    it("gets its first price before its first delivery", async () => {
      await begin({ price: null });
      expect(shows()).toBe("notProgrammed");
      certain(await pump.arm(10_000));
      expect(shows()).toBe("authorized");
    });

    it("tells what flows while it flows, and ends when the nozzle is hung up", async () => {
      await begin({ speed: 5 });
      await fill(10_000);
      await until("readings rise", () => new Set(told.of("reading").map((one) => one.totaliserBase)).size > 5);
      bench.act("hang-up");
      await until("it is finished", () => told.of("finished").length === 1);
      expect((await total()) - start).toBe(bench.releasedBase());
      expect(told.of("reading").at(-1)?.totaliserBase).toBe(await total());
      expect(told.fault).toBeNull();
    });

    it("stops when told to, in the middle", async () => {
      await begin({ speed: 5 });
      await fill(10_000);
      certain(await pump.stop());
      expect(shows()).toBe("fillingCompleted");
      expect((await total()) - start).toBe(bench.releasedBase());
      expect(bench.releasedBase()).toBeLessThan(10_000);
      expect(told.fault).toBeNull();
    });

    it("is not armed by an order that a stop has overtaken", async () => {
      await begin();
      const [armed, stopped] = await Promise.all([pump.arm(10_000), pump.stop()]);
      expect(armed.kind).not.toBe("done");
      expect(stopped.kind).toBe("done");
      bench.act("lift");
      bench.act("squeeze");
      await sleep(100);
      expect(bench.releasedBase()).toBe(0);
    });

    it.each([[0], [9], [-500]])("cannot be preset to %i ml", async (limitBase) => {
      await begin();
      expect((await patiently(() => pump.arm(limitBase))).kind).toBe("declined");
      expect(shows()).not.toBe("authorized");
    });
  });

  describe("when things fail", () => {
    /** What is done to it in the middle of a delivery; then the engine stops it and reads. */
    const TROUBLE: readonly [string, { billed: "released" | "declined"; fault: RegExp | null; heals: boolean }][] = [
      ["pulser-error", { billed: "released", fault: /pulser/, heals: true }],
      ["emergency-stop", { billed: "released", fault: /emergency/, heals: true }],
      ["power-failure", { billed: "released", fault: /power|restarted/, heals: true }],
      ["silent", { billed: "released", fault: /no answer/, heals: true }],
      ["late", { billed: "released", fault: /no answer/, heals: true }],
      ["refuses", { billed: "released", fault: null, heals: true }],
      ["total-jumps", { billed: "declined", fault: /register/, heals: false }],
    ];

    it.each(TROUBLE)("%s", async (what, { billed, fault, heals }) => {
      await begin({ speed: 5 });
      await fill(30_000);
      await sleep(100);
      bench.act(what);
      if (fault !== null && billed === "released") await until("there is a fault", () => told.fault !== null);
      if (billed === "released" && fault !== null) expect(told.fault).toMatch(fault);
      await sleep(200);
      bench.act("hang-up");
      bench.act("mend");
      certain(await patiently(() => pump.stop()));
      const end = await patiently(() => pump.totaliser());
      if (billed === "released") expect(certain(end) - start).toBe(bench.releasedBase());
      else expect(end.kind).toBe("declined");
      if (heals) {
        await until("the fault is cleared", () => told.fault === null);
        bench.act("hang-up");
        certain(await patiently(() => pump.arm(500)));
      } else {
        expect(told.fault).toMatch(fault ?? /./);
        expect((await patiently(() => pump.arm(500))).kind).toBe("declined");
      }
    });

    it("a register that loses pulses fails the audit, and is billed from all the same", async () => {
      await begin();
      bench.act("total-loses");
      await fill(4_000);
      await until("it is finished", () => told.of("finished").length === 1);
      expect((await total()) - start).toBe(2_000);
      expect(told.fault).toMatch(/does not add up.*rose by 2000, it shows 4000/);
      expect((await patiently(() => pump.arm(500))).kind).toBe("declined");
    });

    it("a register that went back between deliveries is not believed any more", async () => {
      await begin();
      bench.act("total-goes-back");
      expect((await patiently(() => pump.totaliser())).kind).toBe("declined");
      bench.act("total-jumps");
      expect((await patiently(() => pump.totaliser())).kind).toBe("declined");
      expect(told.fault).toMatch(/register.*went back/);
      expect((await patiently(() => pump.arm(500))).kind).toBe("declined");
    });

    it("a pump that goes on beyond its preset is stopped, and billed with all that flowed", async () => {
      await begin({ speed: 5 });
      bench.act("ignores-preset");
      await fill(500);
      await until("there is a fault", () => told.fault !== null);
      await until("it was stopped", () => shows() === "fillingCompleted");
      expect(bench.releasedBase()).toBeGreaterThan(500);
      expect((await total()) - start).toBe(bench.releasedBase());
      expect(told.fault).toMatch(/more than it was preset to|does not add up/);
    });

    it("a pump that does not stop is never taken for stopped, and read only once it has", async () => {
      await begin({ speed: 2 });
      bench.act("does-not-stop");
      await fill(10_000);
      expect((await pump.stop()).kind).toBe("unknown");
      expect(bench.releasedBase()).toBeLessThan(10_000);
      expect((await pump.totaliser()).kind).toBe("unknown");
      await until("it reaches its preset", () => bench.releasedBase() === 10_000);
      certain(await patiently(() => pump.stop()));
      expect((await total()) - start).toBe(10_000);
    });

    it("what leaks while it is not armed is told, and nobody pays for it", async () => {
      await begin({ speed: 1 });
      certain(await pump.stop());
      bench.act("leaks");
      await until("there is a fault", () => told.fault !== null);
      expect((await pump.arm(500)).kind).not.toBe("done");
      bench.act("mend");
      const end = await total();
      await until("it is told", () => told.of("unaccounted").length > 0);
      expect(told.of("unaccounted").reduce((sum, { quantityBase }) => sum + (quantityBase ?? 0), 0)).toBe(end - start);
      expect(end - start).toBe(bench.releasedBase());
      expect(told.fault).toMatch(/not armed/);
    });

    it("shows a price that nobody set: the delivery is not to go on", async () => {
      await begin({ price: 1_500 }, { priceDigits: null });
      certain(await pump.arm(10_000));
      expect(told.fault).toBeNull();
      pump.setPrice(1_600);
      bench.act("lift");
      await until("there is a fault", () => told.fault !== null);
      expect(told.fault).toMatch(/1500 instead of 1600/);
      certain(await pump.stop());
      await total();
      bench.act("hang-up");
      await until("the fault is cleared", () => told.fault === null);
    });

    it("a pump without a price cannot sell, as a listener that comes later learns too", async () => {
      await begin({ price: null }, { priceDigits: null });
      await until("there is a fault", () => told.fault !== null);
      expect(told.fault).toMatch(/no price/);
      expect(new Told(pump).fault).toMatch(/no price/);
    });
  });

  describe("when the daemon or the cable fails in the middle", () => {
    it("another life of the daemon stops it and reads what flowed", async () => {
      await begin({ speed: 5 });
      await fill(30_000);
      await controller.bus.close();
      await sleep(100);
      expect(shows()).toBe("filling");
      controller = openController(pty.host);
      pump = controller.pump();
      told = new Told(pump);
      certain(await patiently(() => pump.stop()));
      expect(shows()).toBe("fillingCompleted");
      expect((await total()) - start).toBe(bench.releasedBase());
      expect(bench.releasedBase()).toBeLessThan(30_000);
      expect(told.of("unaccounted")).toEqual([]);
      expect(told.fault).toBeNull();
    });

    it("the pump keeps to its preset without the cable, and is read once it is back", async () => {
      await begin({ speed: 5 });
      await fill(2_000);
      await pty.unplug();
      await until("there is a fault", () => told.fault !== null);
      expect((await pump.stop()).kind).toBe("unknown");
      await until("it reaches its preset", () => bench.releasedBase() === 2_000);
      expect(volume()).toBe(2_000);
      pty = await openPty(folder, "dart");
      await bench.plug(pty.device);
      certain(await patiently(() => pump.stop()));
      expect((await total()) - start).toBe(2_000);
      await until("the fault is cleared", () => told.fault === null);
    });
  });
});
