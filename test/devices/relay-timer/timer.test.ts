import { describe, expect, it } from "vitest";
import { BAY, Bay } from "../../support/simulated-bay.ts";

const WITH_START = { lines: { ...BAY.lines, start: { line: "start" } } };
const BLIND = { lines: { ...BAY.lines, running: null } };

describe("time sold by the second", () => {
  it("charges what was bought, and never more than the relay was on and the machine ran", async () => {
    for (const limitS of [1, 7, 60, 301]) {
      const bay = await Bay.open();
      expect(await bay.deliver(limitS)).toBe(limitS);
      expect(bay.ranMs).toBeGreaterThanOrEqual(limitS * 1_000 - 100);
      expect(bay.relayOnMs).toBeLessThanOrEqual(limitS * 1_000 + 500);
      expect(bay.lines.level("power")).toBe(false);
    }
  });

  const ends: readonly { name: string; settings?: object; act: (bay: Bay) => Promise<void>; chargedS: number }[] = [
    {
      name: "the stop button after ten and a half seconds",
      act: async (bay) => {
        await bay.pass(10_500);
        await bay.press("stop");
      },
      chargedS: 10,
    },
    { name: "a start button that nobody presses", settings: WITH_START, act: async () => {}, chargedS: 0 },
    {
      name: "a start button pressed after a while",
      settings: WITH_START,
      act: async (bay) => {
        await bay.pass(9_000);
        await bay.press("start");
      },
      chargedS: 60,
    },
    {
      name: "stop before start",
      settings: WITH_START,
      act: async (bay) => {
        await bay.pass(2_000);
        await bay.press("stop");
      },
      chargedS: 0,
    },
    {
      name: "a pause of five seconds",
      settings: { pauseMs: 8_000 },
      act: async (bay) => {
        await bay.pass(10_500);
        await bay.press("stop");
        await bay.pass(5_000);
        await bay.press("stop");
      },
      chargedS: 60,
    },
    {
      name: "a pause that is not ended",
      settings: { pauseMs: 8_000 },
      act: async (bay) => {
        await bay.pass(10_500);
        await bay.press("stop");
      },
      chargedS: 10,
    },
    {
      name: "a pause in the last second",
      settings: { pauseMs: 8_000 },
      act: async (bay) => {
        await bay.pass(59_700);
        await bay.press("stop");
        await bay.pass(7_000);
        await bay.press("stop");
      },
      chargedS: 60,
    },
    {
      name: "a stop in a pause, where start goes on",
      settings: { ...WITH_START, pauseMs: 8_000 },
      act: async (bay) => {
        await bay.press("start");
        await bay.pass(10_500);
        await bay.press("stop");
        await bay.pass(1_000);
        await bay.press("stop");
      },
      chargedS: 10,
    },
    {
      name: "a start that goes on",
      settings: { ...WITH_START, pauseMs: 8_000 },
      act: async (bay) => {
        await bay.press("start");
        await bay.pass(10_500);
        await bay.press("stop");
        await bay.pass(1_000);
        await bay.press("start");
      },
      chargedS: 60,
    },
    { name: "the longest that a sale may run", settings: { longestS: 25 }, act: async () => {}, chargedS: 25 },
    { name: "blocks: only whole ones", settings: { blockS: 25 }, act: async () => {}, chargedS: 50 },
    {
      name: "blocks: no stop button",
      settings: { blockS: 25 },
      act: async (bay) => {
        await bay.pass(10_000);
        await bay.press("stop");
      },
      chargedS: 50,
    },
    {
      name: "blocks: a pause",
      settings: { blockS: 25, pauseMs: 8_000 },
      act: async (bay) => {
        await bay.pass(10_000);
        await bay.press("stop");
        await bay.pass(3_000);
        await bay.press("stop");
      },
      chargedS: 50,
    },
  ];
  it.each(ends)("$name", async ({ settings = {}, act, chargedS }) => {
    const bay = await Bay.open(settings);
    expect(await bay.deliver(60, () => act(bay))).toBe(chargedS);
    expect(bay.ranMs).toBeGreaterThanOrEqual(chargedS * 1_000 - 100);
    expect(bay.all("unaccounted")).toEqual([]);
    expect(bay.all("fault-raised")).toEqual([]);
    expect(bay.all("finished")).toHaveLength(1);
  });

  it("a start button pressed a moment before it is armed counts, one pressed long before does not", async () => {
    for (const [ms, relayOn] of [
      [1_000, true],
      [5_000, false],
    ] as const) {
      const bay = await Bay.open(WITH_START);
      bay.lines.drive("start", true);
      await bay.pass(ms);
      await bay.dispenser.arm(30);
      await bay.pass(1_000);
      expect(bay.lines.level("power")).toBe(relayOn);
    }
  });

  it("a customer's stop at the display charges what ran, of a block too", async () => {
    for (const settings of [{}, { blockS: 60 }]) {
      const bay = await Bay.open(settings);
      await bay.dispenser.arm(60);
      await bay.pass(20_700);
      expect((await bay.dispenser.stop()).kind).toBe("done");
      expect(await bay.totaliser()).toBe(20);
    }
  });

  it("refuses what it cannot keep", async () => {
    const bay = await Bay.open({ blockS: 30 });
    for (const limitS of [29, 0, -1, 1.5, Number.NaN]) expect((await bay.dispenser.arm(limitS)).kind).toBe("declined");
    await bay.dispenser.arm(30);
    expect((await bay.dispenser.arm(30)).kind).toBe("declined");
    bay.lines.drive("stop", true);
    await bay.dispenser.stop();
    expect((await bay.dispenser.arm(30)).kind).toBe("declined");
  });

  it("beats only while it runs, and warns before the end", async () => {
    const bay = await Bay.open();
    const warned: number[] = [];
    await bay.dispenser.arm(60);
    for (let tenths = 0; tenths < 700; tenths++) {
      await bay.pass(100);
      if (bay.lines.level("warning")) warned.push(tenths);
    }
    expect(bay.beats).toBeGreaterThan(1_000);
    expect(bay.beats).toBeLessThan(1_300);
    expect(bay.lines.level("alive")).toBe(false);
    const [first = 0] = warned;
    expect([first >= 300 && first <= 306, warned.filter((tenths) => tenths < 400).length]).toEqual([true, 10]);
    expect(warned.filter((tenths) => tenths >= 500).length).toBeGreaterThanOrEqual(99);
    expect(bay.lines.level("warning")).toBe(false);
  });
});

describe("a timer whose machine says what it does", () => {
  it("charges nothing before it runs, and ends when it never does", async () => {
    const bay = await Bay.open();
    bay.runUpMs = 1_500;
    expect(await bay.deliver(20)).toBe(20);
    bay.runUpMs = null;
    expect(await bay.deliver(20)).toBe(0);
    expect(bay.all("fault-raised")).toEqual([]);
  });

  it("ends when it stands still, and charges what ran", async () => {
    const bay = await Bay.open();
    const chargedS = await bay.deliver(60, async () => {
      await bay.pass(12_700);
      bay.runUpMs = null;
    });
    expect([chargedS, bay.lines.level("power")]).toEqual([12, false]);
  });

  it("is at fault after three sales in which nothing ran, until somebody has looked", async () => {
    const bay = await Bay.open();
    bay.runUpMs = null;
    for (let sale = 1; sale <= 3; sale++) {
      expect(await bay.deliver(20)).toBe(0);
      expect(bay.has("fault-raised")).toBe(sale === 3);
    }
    expect((await bay.dispenser.arm(20)).kind).toBe("declined");
    bay.runUpMs = 200;
    bay.raw.looked?.();
    expect(await bay.deliver(20)).toBe(20);
  });

  it("a welded relay: charged no more than was bought, told of, and nothing is sold any more", async () => {
    const bay = await Bay.open();
    await bay.dispenser.arm(20);
    await bay.pass(5_000);
    bay.welded = true;
    await bay.finish();
    expect((await bay.dispenser.stop()).kind).toBe("unknown");
    expect(await bay.totaliser()).toBe(20);
    expect(bay.all("fault-raised")).toMatchObject([{ detail: expect.stringMatching(/though the relay is off/) }]);
    await bay.pass(30_000);
    expect((await bay.dispenser.arm(20)).kind).toBe("declined");
    bay.welded = false;
    await bay.pass(5_000);
    const told = bay.all("unaccounted").reduce((sum, { quantityBase }) => sum + (quantityBase ?? 0), 0);
    expect(told).toBeGreaterThanOrEqual(25);
    expect(told).toBeLessThanOrEqual(40);
    expect(await bay.totaliser()).toBe(20 + told);
    expect(bay.has("fault-cleared")).toBe(true);
    expect(await bay.deliver(20)).toBe(20);
  });

  it("a feedback that says it runs all the time sells nothing", async () => {
    const bay = await Bay.open();
    bay.told = true;
    await bay.pass(6_000);
    expect(bay.has("fault-raised")).toBe(true);
    expect((await bay.dispenser.arm(20)).kind).toBe("declined");
    bay.told = null;
    await bay.pass(1_000);
    expect(await bay.deliver(20)).toBe(20);
  });

  it("a feedback that flickers is charged for no more than it said", async () => {
    const bay = await Bay.open();
    await bay.dispenser.arm(60);
    await bay.pass(1_000);
    let saidMs = 1_000;
    for (let n = 0; n < 400; n++) {
      bay.told = n % 2 === 0;
      const ms = 10 * (1 + ((n * 7) % 9));
      if (bay.told) saidMs += ms;
      await bay.pass(ms);
    }
    await bay.dispenser.stop();
    expect((await bay.totaliser()) * 1_000).toBeLessThanOrEqual(saidMs);
    expect((await bay.totaliser()) * 1_000).toBeGreaterThan(saidMs / 2);
  });

  it("a machine that runs down is waited for, and its running down is charged to nobody", async () => {
    const bay = await Bay.open();
    bay.runDownMs = 2_000;
    expect(await bay.deliver(20)).toBe(20);
    await bay.pass(20_000);
    expect(await bay.totaliser()).toBe(20);
    expect(bay.all("unaccounted")).toEqual([]);
  });
});

describe("a timer in trouble", () => {
  it("lines lost while it runs: nothing is charged from then on, and it sells again when they are back", async () => {
    const bay = await Bay.open();
    await bay.dispenser.arm(60);
    await bay.pass(10_700);
    bay.lines.lose();
    await bay.pass(3_000);
    expect(bay.all("fault-raised").length).toBeGreaterThan(0);
    bay.lines.regain();
    expect((await bay.dispenser.stop()).kind).toBe("done");
    expect(await bay.totaliser()).toBe(10);
    await bay.pass(500);
    expect(await bay.deliver(10)).toBe(10);
  });

  it("switches nothing on when the register cannot be written, and off when it fails while it runs", async () => {
    const bay = await Bay.open();
    bay.register.fails = true;
    expect((await bay.dispenser.arm(30)).kind).toBe("declined");
    expect(bay.relayOnMs).toBe(0);
    bay.register.fails = false;
    await bay.pass(11_000);
    await bay.dispenser.arm(30);
    await bay.pass(5_500);
    bay.register.hangs = true;
    await bay.pass(5_000);
    expect(bay.lines.level("power")).toBe(false);
    expect(bay.all("fault-raised").length).toBeGreaterThan(0);
  });

  it("a stop button that stays pressed is a fault", async () => {
    const bay = await Bay.open();
    bay.lines.drive("stop", true);
    await bay.pass(11_000);
    expect(bay.all("fault-raised")).toMatchObject([{ detail: expect.stringMatching(/stop button/) }]);
    bay.lines.drive("stop", false);
    await bay.pass(500);
    expect(bay.has("fault-cleared")).toBe(true);
  });

  it("a stop overtakes an arm, and nothing was on", async () => {
    const bay = await Bay.open();
    bay.register.syncMs = 400;
    const arming = bay.raw.arm(30);
    const stopping = bay.raw.stop();
    expect((await bay.driven.settle(arming)).kind).toBe("declined");
    expect((await bay.driven.settle(stopping)).kind).toBe("done");
    await bay.pass(2_000);
    expect(bay.relayOnMs).toBe(0);
  });

  it("the wall clock moves: what is charged does not", async () => {
    const bay = await Bay.open(BLIND);
    const chargedS = await bay.deliver(60, async () => {
      await bay.pass(20_000);
      bay.driven.time.wallErrorMs += 3_600_000;
      await bay.pass(20_000);
      bay.driven.time.wallErrorMs -= 86_400_000;
    });
    expect(chargedS).toBe(60);
    expect(Math.abs(bay.relayOnMs - 60_000)).toBeLessThan(200);
  });
});
