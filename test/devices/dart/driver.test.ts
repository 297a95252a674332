import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { knowEachTest } from "../../support/at-end.ts";
import { certain, hasSocat, patiently, side, Told, until } from "./rig.ts";
import { begin } from "./scene.ts";

knowEachTest();

describe.skipIf(!hasSocat)("a DART pump", { concurrent: true }, () => {
  describe("in a delivery", () => {
    it("is preset to the limit, rounded down to what it can measure, and shows the price", async () => {
      const on = await begin({ price: 1_500 });
      certain(await on.pump.arm(20_009));
      expect(side(on.bench).state()).toMatchObject({ presetMl: 20_000, price: 1_989, status: "authorized" });
    });

    it("shows another price from the next delivery on", async () => {
      const on = await begin();
      on.pump.setPrice(2_049);
      certain(await on.pump.arm(10_000));
      expect(side(on.bench).state()["price"]).toBe(2_049);
    });

    it("gets its first price before its first delivery", async () => {
      const on = await begin({ price: null });
      expect(on.shows()).toBe("notProgrammed");
      certain(await on.pump.arm(10_000));
      expect(on.shows()).toBe("authorized");
    });

    it("tells what flows while it flows, and ends when the nozzle is hung up", async () => {
      const on = await begin({ speed: 5 });
      await on.fill(10_000);
      await until("readings rise", () => new Set(on.told.of("reading").map((one) => one.totaliserBase)).size > 5);
      on.bench.act("hang-up");
      await until("it is finished", () => on.told.of("finished").length === 1);
      expect((await on.total()) - on.start).toBe(on.bench.releasedBase());
      expect(on.told.of("reading").at(-1)?.totaliserBase).toBe(await on.total());
      expect(on.told.fault).toBeNull();
    });

    it("stops when told to, in the middle", async () => {
      const on = await begin({ speed: 5 });
      await on.fill(10_000);
      certain(await on.pump.stop());
      expect(on.shows()).toBe("fillingCompleted");
      expect((await on.total()) - on.start).toBe(on.bench.releasedBase());
      expect(on.bench.releasedBase()).toBeLessThan(10_000);
      expect(on.told.fault).toBeNull();
    });

    it("is not armed by an order that a stop has overtaken", async () => {
      const on = await begin();
      const [armed, stopped] = await Promise.all([on.pump.arm(10_000), on.pump.stop()]);
      expect(armed.kind).not.toBe("done");
      expect(stopped.kind).toBe("done");
      on.bench.act("lift");
      on.bench.act("squeeze");
      await sleep(100);
      expect(on.bench.releasedBase()).toBe(0);
    });

    it.each([[0], [9], [-500]])("cannot be preset to %i ml", async (limitBase) => {
      const on = await begin();
      expect((await patiently(() => on.pump.arm(limitBase))).kind).toBe("declined");
      expect(on.shows()).not.toBe("authorized");
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
      const on = await begin({ speed: 5 });
      await on.fill(30_000);
      await sleep(100);
      on.bench.act(what);
      if (fault !== null && billed === "released") await until("there is a fault", () => on.told.fault !== null);
      if (billed === "released" && fault !== null) expect(on.told.fault).toMatch(fault);
      await sleep(200);
      on.bench.act("hang-up");
      on.bench.act("mend");
      certain(await patiently(() => on.pump.stop()));
      const end = await patiently(() => on.pump.totaliser());
      if (billed === "released") expect(certain(end) - on.start).toBe(on.bench.releasedBase());
      else expect(end.kind).toBe("declined");
      if (heals) {
        await until("the fault is cleared", () => on.told.fault === null);
        on.bench.act("hang-up");
        certain(await patiently(() => on.pump.arm(500)));
      } else {
        expect(on.told.fault).toMatch(fault ?? /./);
        expect((await patiently(() => on.pump.arm(500))).kind).toBe("declined");
      }
    });

    it("a register that loses pulses fails the audit, and is billed from all the same", async () => {
      const on = await begin();
      on.bench.act("total-loses");
      await on.fill(4_000);
      await until("it is finished", () => on.told.of("finished").length === 1);
      expect((await on.total()) - on.start).toBe(2_000);
      expect(on.told.fault).toMatch(/does not add up.*rose by 2000, it shows 4000/);
      expect((await patiently(() => on.pump.arm(500))).kind).toBe("declined");
    });

    it("a register that went back between deliveries is not believed any more", async () => {
      const on = await begin();
      on.bench.act("total-goes-back");
      expect((await patiently(() => on.pump.totaliser())).kind).toBe("declined");
      on.bench.act("total-jumps");
      expect((await patiently(() => on.pump.totaliser())).kind).toBe("declined");
      expect(on.told.fault).toMatch(/register.*went back/);
      expect((await patiently(() => on.pump.arm(500))).kind).toBe("declined");
    });

    it("a pump that goes on beyond its preset is stopped, and billed with all that flowed", async () => {
      const on = await begin({ speed: 5 });
      on.bench.act("ignores-preset");
      await on.fill(500);
      await until("there is a fault", () => on.told.fault !== null);
      await until("it was stopped", () => on.shows() === "fillingCompleted");
      expect(on.bench.releasedBase()).toBeGreaterThan(500);
      expect((await on.total()) - on.start).toBe(on.bench.releasedBase());
      expect(on.told.fault).toMatch(/more than it was preset to|does not add up/);
    });

    it("a pump that does not stop is never taken for stopped, and read only once it has", async () => {
      const on = await begin({ speed: 2 });
      on.bench.act("does-not-stop");
      await on.fill(10_000);
      expect((await on.pump.stop()).kind).toBe("unknown");
      expect(on.bench.releasedBase()).toBeLessThan(10_000);
      expect((await on.pump.totaliser()).kind).toBe("unknown");
      await until("it reaches its preset", () => on.bench.releasedBase() === 10_000);
      certain(await patiently(() => on.pump.stop()));
      expect((await on.total()) - on.start).toBe(10_000);
    });

    it("what leaks while it is not armed is told, and nobody pays for it", async () => {
      const on = await begin({ speed: 1 });
      certain(await on.pump.stop());
      on.bench.act("leaks");
      await until("there is a fault", () => on.told.fault !== null);
      expect((await on.pump.arm(500)).kind).not.toBe("done");
      on.bench.act("mend");
      const end = await on.total();
      await until("it is told", () => on.told.of("unaccounted").length > 0);
      expect(on.told.of("unaccounted").reduce((sum, { quantityBase }) => sum + (quantityBase ?? 0), 0)).toBe(
        end - on.start,
      );
      expect(end - on.start).toBe(on.bench.releasedBase());
      expect(on.told.fault).toMatch(/not armed/);
    });

    it("shows a price that nobody set: the delivery is not to go on", async () => {
      const on = await begin({ price: 1_500 }, { priceDigits: null });
      certain(await on.pump.arm(10_000));
      expect(on.told.fault).toBeNull();
      on.pump.setPrice(1_600);
      on.bench.act("lift");
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/1500 instead of 1600/);
      certain(await on.pump.stop());
      await on.total();
      on.bench.act("hang-up");
      await until("the fault is cleared", () => on.told.fault === null);
    });

    it("a pump without a price cannot sell, as a listener that comes later learns too", async () => {
      const on = await begin({ price: null }, { priceDigits: null });
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/no price/);
      expect(new Told(on.pump).fault).toMatch(/no price/);
    });
  });

  describe("when the daemon or the cable fails in the middle", () => {
    it("another life of the daemon stops it and reads what flowed", async () => {
      const on = await begin({ speed: 5 });
      await on.fill(30_000);
      await on.controller.bus.close();
      await sleep(100);
      expect(on.shows()).toBe("filling");
      on.again();
      certain(await patiently(() => on.pump.stop()));
      expect(on.shows()).toBe("fillingCompleted");
      expect((await on.total()) - on.start).toBe(on.bench.releasedBase());
      expect(on.bench.releasedBase()).toBeLessThan(30_000);
      expect(on.told.of("unaccounted")).toEqual([]);
      expect(on.told.fault).toBeNull();
    });

    it("the pump keeps to its preset without the cable, and is read once it is back", async () => {
      const on = await begin({ speed: 5 });
      await on.fill(2_000);
      await on.pty.unplug();
      await until("there is a fault", () => on.told.fault !== null);
      expect((await on.pump.stop()).kind).toBe("unknown");
      await until("it reaches its preset", () => on.bench.releasedBase() === 2_000);
      expect(on.volume()).toBe(2_000);
      await on.replug();
      certain(await patiently(() => on.pump.stop()));
      expect((await on.total()) - on.start).toBe(2_000);
      await until("the fault is cleared", () => on.told.fault === null);
    });
  });
});
