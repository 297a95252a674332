import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { DartPumpSettings } from "../../../src/devices/dart/driver.ts";
import type { DartPumpOptions } from "../../../src/devices/dart/simulator/pump.ts";
import { knowEachTest } from "../../support/at-end.ts";
import { certain, hasSocat, patiently, until } from "./rig.ts";
import { begin, beginUnread } from "./scene.ts";

knowEachTest();

describe.skipIf(!hasSocat)("a DART pump", { concurrent: true }, () => {
  describe("whose figures differ", () => {
    const DISPUTED = { kind: "declined", reason: "disputed" };
    const FIGURES = { priceDecimals: 2, currencyDecimals: 2, unitPriceE6: 19_890_000 };

    it.each<[string, DartPumpOptions, Partial<DartPumpSettings>, RegExp]>([
      ["its volume", {}, { volumeDecimals: 3 }, /has volumeDecimals 2, the configuration 3: set the configuration/],
      ["its price", { priceDecimals: 3 }, {}, /has priceDecimals 3, the configuration 2: set the configuration/],
      ["its amount", {}, { amountDecimals: 0 }, /has amountDecimals 2, the configuration 0: set the configuration/],
    ])("from the configuration in the decimals of %s sells nothing", async (_, options, settings, fault) => {
      const on = await beginUnread(options, { ...FIGURES, ...settings }, []);
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(fault);
      expect(await patiently(() => on.pump.totaliser())).toMatchObject(DISPUTED);
      expect((await patiently(() => on.pump.arm(5_000))).kind).toBe("declined");
      expect(on.shows()).not.toBe("authorized");
    });

    it("in mid-delivery, with decimals that it does not say, ends it for a person, and sells no more", async () => {
      const on = await begin({ speed: 2 }, { ...FIGURES, volumeDecimals: 3 }, ["decimals-unsaid"]);
      await on.fill(20_000);
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/shows \d+\.\d\d, but \d\.\d{3} L at 19\.89 are .*compare volumeDecimals/);
      certain(await patiently(() => on.pump.stop()));
      expect(on.shows()).toBe("fillingCompleted");
      expect(await patiently(() => on.pump.totaliser())).toMatchObject(DISPUTED);
      on.bench.act("hang-up");
      expect((await patiently(() => on.pump.arm(5_000))).kind).toBe("declined");
    });

    it("by a tenth ends the delivery, and is found again by another life of the daemon", async () => {
      const on = await begin({ speed: 2 }, FIGURES);
      on.bench.act("amount-off");
      await on.fill(20_000);
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/shows .* but .* L at 19\.89 are/);
      await on.controller.bus.close();
      on.again();
      certain(await patiently(() => on.pump.stop()));
      expect(await patiently(() => on.pump.totaliser())).toMatchObject(DISPUTED);
    });

    it("once it is back as another pump sells nothing", async () => {
      const on = await begin({}, FIGURES);
      on.bench.act("silent");
      await until("there is a fault", () => on.told.fault !== null);
      on.bench.act("decimals-differ");
      on.bench.act("mend");
      on.bench.act("decimals-differ");
      await until("it is compared anew", () => /has volumeDecimals 3/.test(on.told.fault ?? ""));
      expect((await patiently(() => on.pump.arm(5_000))).kind).toBe("declined");
    });

    it("in a price of its own, which is not what is charged, sells nothing", async () => {
      const own = { priceDigits: null, currencyDecimals: 2, unitPriceE6: 19_890_000 };
      const on = await begin({}, own);
      await on.total();
      expect(on.told.fault).toBeNull();
      on.bench.act("price-changes");
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/own price is 20\.89, the configuration's 19\.89: set that price/);
      expect((await patiently(() => on.pump.arm(5_000))).kind).toBe("declined");
    });

    it.each<[string, number]>([
      ["a little", 18_900],
      ["to more than double", 9_000],
    ])("by a price that was changed %s, on a display that keeps the last sale, sells", async (_, amount) => {
      const on = await beginUnread({ speed: 5, price: amount / 10, keeps: { volume: 1_000, amount } }, FIGURES, []);
      on.start = await on.total();
      certain(await on.pump.arm(5_000));
      certain(await patiently(() => on.pump.stop()));
      expect([await on.total(), on.volume(), on.told.fault]).toEqual([on.start, 10_000, null]);
      certain(await patiently(() => on.pump.arm(4_000)));
      on.bench.act("lift");
      // Longer than figures that contradict each other are watched.
      await sleep(300);
      expect(on.shows()).toBe("filling");
      expect(new Set(on.told.of("reading").map(({ totaliserBase }) => totaliserBase))).toEqual(new Set([on.start]));
      on.bench.act("squeeze");
      await until("it is finished", () => on.told.of("finished").length === 1);
      expect((await on.total()) - on.start).toBe(4_000);
      expect(on.told.fault).toBeNull();
    });

    it("once in a total of other electronics tells that nobody can say what flowed", async () => {
      const on = await begin({}, FIGURES);
      on.bench.act("total-jumps");
      await until("it is told", () => on.told.of("unaccounted").length > 0);
      expect(on.told.of("unaccounted")).toMatchObject([
        { quantityBase: null, detail: expect.stringMatching(/rose by 100000 ml/) },
      ]);
    });

    it.each([
      [
        "yen",
        { amountDecimals: 0, priceDecimals: 0, price: 182 },
        { priceDigits: 182, priceDecimals: 0, currencyDecimals: 0 },
      ],
      [
        "dinars",
        { amountDecimals: 3, priceDecimals: 3, price: 135 },
        { priceDigits: 135, priceDecimals: 3, currencyDecimals: 3 },
      ],
      ["litres with one decimal", { volumeDecimals: 1 as const }, { ...FIGURES, volumeDecimals: 1 as const }],
    ])("in nothing sells (%s)", async (_, options, settings) => {
      const on = await begin({ speed: 20, ...options }, settings);
      await on.fill(4_000);
      await until("it is finished", () => on.told.of("finished").length === 1);
      expect((await on.total()) - on.start).toBe(4_000);
      expect(on.told.fault).toBeNull();
    });
  });

  describe("on a wire that is disturbed", () => {
    it.each([["stray-bytes"], ["echo"]])("sells all the same (%s)", async (what) => {
      const on = await begin({}, {}, [what]);
      await on.fill(4_000);
      await until("it is finished", () => on.told.of("finished").length === 1);
      expect((await on.total()) - on.start).toBe(4_000);
      expect(on.told.fault).toBeNull();
    });

    it("says that bytes come, but nothing that can be read, and how many", async () => {
      const on = await beginUnread({}, {}, ["garbled"]);
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/: [1-9]\d* bytes came that make no message: check speed, parity/);
      on.bench.act("mend");
      await until("the fault is cleared", () => on.told.fault === null);
    });

    it("says of a silent pump another thing", async () => {
      const on = await beginUnread({}, {}, ["silent"]);
      await until("there is a fault", () => on.told.fault !== null);
      expect(on.told.fault).toMatch(/no answer within \d+ ms.*check that the device is on/);
    });
  });
});
